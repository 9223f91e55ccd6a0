"""What SQLite says, in our words."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Final

from mien.errors import GalleryDamagedError, GalleryUnavailableError

_UNAVAILABLE: Final[Mapping[int, str]] = {
    sqlite3.SQLITE_BUSY: "another program has been writing to it for too long; try again",
    sqlite3.SQLITE_CANTOPEN: "cannot be opened; check its permissions and those of its folder",
    sqlite3.SQLITE_FULL: "the disk is full; nothing of this step was kept: make room and run it again",
    sqlite3.SQLITE_IOERR: "cannot be read or written, as on a full or failing disk; nothing of this step was kept",
    sqlite3.SQLITE_PERM: "may not be opened; check its permissions",
    sqlite3.SQLITE_READONLY: "read-only; copy it to where it can be written, or change its permissions",
}
_DAMAGED: Final[Mapping[int, str]] = {
    sqlite3.SQLITE_NOTADB: "is no gallery, not even an SQLite file; name another one",
    sqlite3.SQLITE_CORRUPT: "is damaged; restore a backup, or `mien gallery import` what was exported",
}
_PRIMARY: Final = 0xFF  # the rest of an error's number tells details


@contextmanager
def sqlite_errors(place: str) -> Iterator[None]:
    """Turns what SQLite raises on files that are unavailable or damaged into errors that name the gallery.

    Raises:
        GalleryUnavailableError: it cannot be read or written now.
        GalleryDamagedError: it cannot be read at all.
    """
    try:
        yield
    except sqlite3.DatabaseError as error:
        code = getattr(error, "sqlite_errorcode", -1) & _PRIMARY
        if code in _UNAVAILABLE:
            raise GalleryUnavailableError(f"{place}: {_UNAVAILABLE[code]} ({error})") from error
        if code in _DAMAGED:
            raise GalleryDamagedError(f"{place} {_DAMAGED[code]} ({error})") from error
        raise
