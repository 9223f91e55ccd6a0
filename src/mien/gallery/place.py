"""Where a gallery is: a file of this machine, or a PostgreSQL server."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

import platformdirs

from mien.errors import InputError
from mien.gallery.database import Database

_SERVERS: Final = ("postgresql://", "postgres://")


def default_place() -> str:
    """`MIEN_GALLERY`, or `people.db` in the user's data folder as the platform has it."""
    return os.environ.get("MIEN_GALLERY") or str(platformdirs.user_data_path("mien", appauthor=False) / "people.db")


def is_server(place: str) -> bool:
    """Whether that is a PostgreSQL address."""
    return place.lower().startswith(_SERVERS)


def open_database(place: str | os.PathLike[str], *, create: bool) -> Database:
    """The tables of a gallery.

    Args:
        place: a path, or `postgresql://user:password@host/name`.
        create: whether a gallery that is not there is made.

    Raises:
        InputError: `place` is neither.
        GalleryError: it is not there, cannot be opened, or is damaged.
        MissingExtraError: it is on a server, and psycopg is not installed.
    """
    text = os.fspath(place)
    if not isinstance(text, str) or not text:
        raise InputError(f"a gallery is a path or postgresql://…, got {place!r}")
    if is_server(text):
        from mien.gallery.postgres_database import PostgresDatabase

        return PostgresDatabase(text, create=create)
    if "://" in text:
        raise InputError(f"a gallery is a path or postgresql://…, got {text!r}")
    from mien.gallery.sqlite_database import SqliteDatabase

    return SqliteDatabase(Path(text), create=create)
