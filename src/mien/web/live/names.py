"""`stream_names`: what names the people of one live session."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from mien.gallery.gallery import Gallery
    from mien.gallery.stream_names import StreamNames

_LOG: Final = logging.getLogger(__name__)


def stream_names(gallery: Gallery | None) -> StreamNames | None:
    """Asks the app's gallery; a server that is gone for a while is in the log and ends no session.

    Args:
        gallery: of the app; None names nobody.

    Raises:
        GalleryError: the gallery is damaged, or of another network by now.
        InputError: it is too large for names that can be relied on.
    """
    if gallery is None:
        return None
    from mien.gallery.stream_names import StreamNames

    return StreamNames(gallery, tell=_LOG.warning)
