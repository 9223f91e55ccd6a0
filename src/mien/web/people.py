"""The gallery of people that the app was given: how it is opened, and what it is called."""

from __future__ import annotations

from pathlib import PurePath
from typing import TYPE_CHECKING

from mien.errors import OtherModelError
from mien.web.settings import Settings

if TYPE_CHECKING:
    from mien.gallery.gallery import Gallery


def open_people(settings: Settings) -> Gallery | None:
    """The gallery, made if it is not there, shared by all threads; None where none was asked for.

    It is used with the network that its templates are of.

    Args:
        settings: of the app.

    Raises:
        InputError: its address is neither a path nor one of a PostgreSQL server.
        GalleryError: it cannot be opened or made, or is damaged.
        OtherModelError: its templates are of another version of that network than this one.
        MissingExtraError: it is on a server, and psycopg is not installed.
    """
    if settings.gallery is None:
        return None
    from mien.gallery.gallery import Gallery
    from mien.media.images import ImageLimits

    limits = ImageLimits(max_pixels=settings.max_pixels, max_bytes=settings.max_image_bytes)
    gallery = Gallery(settings.gallery, limits=limits)
    own = gallery.store.model()
    gallery.close()  # the next call opens it again: in the process that serves, where that is forked from this one
    if own not in (None, gallery.model):
        raise OtherModelError(
            f"{gallery.place} holds templates of {own}, but the web app embeds faces by {gallery.model}; "
            f"bring it over: `mien gallery re-embed --embedding {gallery.model.name}`"
        )
    return gallery


def short_place(gallery: Gallery) -> str:
    """What a gallery is called to clients, whom the server's folders and machines do not concern.

    Args:
        gallery: such as one at `/srv/people.db`, which is called `people.db`.
    """
    return PurePath(gallery.place.partition("?")[0]).name
