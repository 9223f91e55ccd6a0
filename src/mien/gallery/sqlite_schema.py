"""The tables of a gallery in SQLite, one migration after the other, and the way from any version to the newest.

The version is in `PRAGMA user_version`; `PRAGMA application_id` tells a gallery from other SQLite files.
"""

from __future__ import annotations

import secrets
import sqlite3
from typing import Final

from mien.errors import GalleryDamagedError

APPLICATION_ID: Final = 0x6D69656E  # "mien"

_FIRST: Final = """
CREATE TABLE gallery (
    only_row INTEGER PRIMARY KEY CHECK (only_row = 1),
    id TEXT NOT NULL,
    model INTEGER REFERENCES model (number),
    calibration TEXT,
    templates INTEGER NOT NULL DEFAULT 0,
    changes INTEGER NOT NULL DEFAULT 0,
    removals INTEGER NOT NULL DEFAULT 0
);
CREATE TABLE model (
    number INTEGER PRIMARY KEY,
    name TEXT NOT NULL,
    sha256 TEXT NOT NULL,
    UNIQUE (name, sha256)
);
CREATE TABLE person (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    name TEXT,
    name_key TEXT UNIQUE,
    notes TEXT,
    consent TEXT,
    created_at TEXT NOT NULL
);
CREATE TABLE template (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    person INTEGER NOT NULL REFERENCES person (number) ON DELETE CASCADE,
    model INTEGER NOT NULL REFERENCES model (number),
    vector BLOB NOT NULL,
    quality REAL,
    photo TEXT NOT NULL,
    photo_sha256 TEXT NOT NULL,
    created_at TEXT NOT NULL
);
CREATE INDEX template_person ON template (person);
CREATE INDEX template_photo ON template (photo_sha256);
CREATE TABLE crop (
    template INTEGER PRIMARY KEY REFERENCES template (number) ON DELETE CASCADE,
    jpeg BLOB NOT NULL,
    keypoints BLOB NOT NULL
);
"""
_RECEIPTS: Final = """
CREATE TABLE forgotten (
    person_id TEXT PRIMARY KEY,
    templates INTEGER NOT NULL,
    crops INTEGER NOT NULL,
    forgotten_at TEXT NOT NULL,
    sha256 TEXT NOT NULL
);
"""
_INDEX_FILE: Final = """
CREATE TABLE index_file (
    only_row INTEGER PRIMARY KEY CHECK (only_row = 1),
    token TEXT NOT NULL
);
"""
MIGRATIONS: Final = (_FIRST, _RECEIPTS, _INDEX_FILE)
"""What takes a gallery from version i to i + 1."""


def migrate(connection: sqlite3.Connection, place: str) -> None:
    """Bring the tables to the newest version; where they have it, nothing is written.

    Args:
        connection: in autocommit mode.
        place: of the gallery, for messages.

    Raises:
        GalleryDamagedError: this is an SQLite file of something else, or a gallery of a newer version.
    """
    if check_version(connection, place) == len(MIGRATIONS):
        return
    connection.execute("BEGIN IMMEDIATE")
    try:
        for script in MIGRATIONS[check_version(connection, place) :]:  # asked again: now nobody else is at it
            for statement in filter(str.strip, script.split(";")):
                connection.execute(statement)
        connection.execute(f"PRAGMA user_version = {len(MIGRATIONS)}")
        connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        connection.execute(
            "INSERT OR IGNORE INTO gallery (only_row, id) VALUES (1, ?)",
            (secrets.token_hex(8),),
        )
        connection.execute("COMMIT")
    except BaseException:
        connection.execute("ROLLBACK")
        raise


def check_version(connection: sqlite3.Connection, place: str) -> int:
    """The version of a gallery, 0 of an empty file; nothing is written.

    Args:
        connection: to the file.
        place: of the gallery, for messages.

    Raises:
        GalleryDamagedError: this is an SQLite file of something else, or a gallery of a newer version.
    """
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    (application,) = connection.execute("PRAGMA application_id").fetchone()
    (tables,) = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
    if tables and application != APPLICATION_ID:
        raise GalleryDamagedError(f"{place} is an SQLite file, but no gallery; name another file")
    if version > len(MIGRATIONS):
        raise GalleryDamagedError(
            f"{place} is a gallery of version {version}, and this Mien knows {len(MIGRATIONS)}; upgrade Mien"
        )
    return int(version) if tables else 0
