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

    Args:
        settings: of the app.

    Raises:
        InputError: its address is neither a path nor one of a PostgreSQL server.
        GalleryError: it cannot be opened or made, is damaged, or its templates are of another network than the app's.
        MissingExtraError: it is on a server, and psycopg is not installed.
    """
    if settings.gallery is None:
        return None
    from mien.gallery.gallery import Gallery
    from mien.media.images import ImageLimits
    from mien.models.embedding import NAME

    limits = ImageLimits(max_pixels=settings.max_pixels, max_bytes=settings.max_image_bytes)
    gallery = Gallery(settings.gallery, embedding=NAME, limits=limits)
    own = gallery.store.model()
    gallery.close()  # the next call opens it again: in the process that serves, where that is forked from this one
    if own not in (None, gallery.model):
        raise OtherModelError(
            f"{gallery.place} holds templates of {own}, but the web app embeds faces by {gallery.model}; "
            f"bring it over: `mien gallery re-embed --embedding {NAME}`"
        )
    return gallery


def short_place(gallery: Gallery) -> str:
    """What a gallery is called to clients, whom the server's folders and machines do not concern.

    Args:
        gallery: such as one at `/srv/people.db`, which is called `people.db`.
    """
    return PurePath(gallery.place.partition("?")[0]).name
