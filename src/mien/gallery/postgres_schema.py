"""The tables of a gallery in PostgreSQL, one migration after the other, in a schema of their own."""

from __future__ import annotations

import secrets
from typing import Any, Final

from mien.errors import GalleryDamagedError, GalleryUnavailableError, UnknownPersonError
from mien.models.embedding import DIMENSIONS

SCHEMA: Final = "mien_gallery"
LEAST_PGVECTOR: Final = (0, 8)  # the first that goes on looking where too few neighbours were found
LINKS: Final = 16
BUILD: Final = 64
"""Graph of pgvector's HNSW (Malkov and Yashunin 2018): links a vector, and candidates while it is built."""
HNSW: Final = (
    "CREATE INDEX template_vector ON template "
    f"USING hnsw (vector vector_ip_ops) WITH (m = {LINKS}, ef_construction = {BUILD})"
)
"""The graph."""

_FIRST: Final = f"""
CREATE TABLE model (
    number integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name text NOT NULL,
    sha256 text NOT NULL,
    UNIQUE (name, sha256)
);
CREATE TABLE gallery (
    only_row integer PRIMARY KEY CHECK (only_row = 1),
    id text NOT NULL,
    model integer REFERENCES model (number),
    calibration text,
    templates bigint NOT NULL DEFAULT 0,
    changes bigint NOT NULL DEFAULT 0,
    removals bigint NOT NULL DEFAULT 0
);
CREATE TABLE person (
    number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    id text NOT NULL UNIQUE,
    name text,
    name_key text UNIQUE,
    notes text,
    consent text,
    created_at text NOT NULL
);
CREATE TABLE template (
    number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    person bigint NOT NULL REFERENCES person (number) ON DELETE CASCADE,
    model integer NOT NULL REFERENCES model (number),
    vector vector({DIMENSIONS}) NOT NULL,
    quality double precision,
    photo text NOT NULL,
    photo_sha256 text NOT NULL,
    created_at text NOT NULL
);
CREATE INDEX template_person ON template (person);
CREATE INDEX template_photo ON template (photo_sha256);
{HNSW};
CREATE TABLE crop (
    template bigint PRIMARY KEY REFERENCES template (number) ON DELETE CASCADE,
    jpeg bytea NOT NULL,
    keypoints bytea NOT NULL
);
"""
_RECEIPTS: Final = """
CREATE TABLE forgotten (
    person_id text PRIMARY KEY,
    templates bigint NOT NULL,
    crops bigint NOT NULL,
    forgotten_at text NOT NULL,
    sha256 text NOT NULL
);
"""
MIGRATIONS: Final = (_FIRST, _RECEIPTS)
"""What takes a gallery from version i to i + 1."""


def migrate(connection: Any, place: str, lock: int, *, create: bool) -> None:
    """Bring the tables to the newest version; where they have it, nothing is written.

    Args:
        connection: psycopg's, in autocommit mode.
        place: of the gallery, for messages.
        lock: that is held by whoever writes.
        create: whether a gallery that is not there is made.

    Raises:
        UnknownPersonError: there is no gallery, and none is to be made.
        GalleryDamagedError: it is of a newer version.
        GalleryUnavailableError: the server lacks pgvector, or has an old one.
    """
    connection.execute(f"SET search_path = {SCHEMA}, public")
    version = _version(connection)
    if version == 0 and not create:
        raise UnknownPersonError(f"no gallery at {place}; enrol somebody first: `mien gallery enrol`")
    if version > len(MIGRATIONS):
        raise GalleryDamagedError(
            f"{place} is a gallery of version {version}, and this Mien knows {len(MIGRATIONS)}; upgrade Mien"
        )
    if version < len(MIGRATIONS):
        with connection.transaction():
            connection.execute("SELECT pg_advisory_xact_lock(%s)", (lock,))
            _extend(connection, place)
            connection.execute(f"CREATE SCHEMA IF NOT EXISTS {SCHEMA}")
            connection.execute("CREATE TABLE IF NOT EXISTS version (number integer NOT NULL)")
            for script in MIGRATIONS[_version(connection) :]:  # asked again: now nobody else is at it
                connection.execute(script)
            connection.execute("DELETE FROM version")
            connection.execute("INSERT INTO version VALUES (%s)", (len(MIGRATIONS),))
            connection.execute(
                "INSERT INTO gallery (only_row, id) VALUES (1, %s) ON CONFLICT DO NOTHING", (secrets.token_hex(8),)
            )
    _check_pgvector(connection, place)


def _version(connection: Any) -> int:
    if connection.execute("SELECT to_regclass(%s)", (f"{SCHEMA}.version",)).fetchone()[0] is None:
        return 0
    row = connection.execute("SELECT number FROM version").fetchone()
    return 0 if row is None else int(row[0])


def _extend(connection: Any, place: str) -> None:
    available = connection.execute("SELECT 1 FROM pg_available_extensions WHERE name = 'vector'").fetchone()
    if available is None:
        raise GalleryUnavailableError(
            f"{place}: the server has no pgvector; install it there, or use an SQLite gallery"
        )
    connection.execute("CREATE EXTENSION IF NOT EXISTS vector")


def _check_pgvector(connection: Any, place: str) -> None:
    row = connection.execute("SELECT extversion FROM pg_extension WHERE extname = 'vector'").fetchone()
    found = "none" if row is None else str(row[0])
    if row is None or tuple(int(part) for part in found.split(".")[:2]) < LEAST_PGVECTOR:
        wanted = ".".join(map(str, LEAST_PGVECTOR))
        raise GalleryUnavailableError(
            f"{place}: pgvector {wanted} or newer is wanted, and {found} is there; upgrade it"
        )
