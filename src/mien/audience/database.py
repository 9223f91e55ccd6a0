"""The database behind a store: an SQLite file, or PostgreSQL by its address."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError

from mien.errors import InputError, MissingExtraError, StoreError
from mien.media.address import scheme_of

BUSY_S: Final = 10.0
"""How long another process may hold the file before it is an error: a purge takes seconds, all else milliseconds."""
_POSTGRES: Final = frozenset({"postgres", "postgresql", "postgresql+psycopg"})
_READ: Final = "mien_read"
"""Option of connections that only read."""


def is_address(text: str) -> bool:
    """Whether it is the address of a database, and not the path of a file."""
    return scheme_of(text) is not None


def shown(address: str | os.PathLike[str]) -> str:
    """A store as it may be shown: without the password."""
    text = os.fspath(address)
    return _postgres_url(text).render_as_string(hide_password=True) if is_address(text) else text


def connect(address: str | os.PathLike[str], *, read_only: bool = False) -> Engine:
    """Connections to the database; none is made yet.

    Args:
        address: path of an SQLite file, or `postgresql://user:password@host/database`.
        read_only: whether the file may not even be made where it is not there.

    Raises:
        InputError: it is neither.
        MissingExtraError: the driver for PostgreSQL is not installed.
    """
    text = os.fspath(address)
    return _postgres(text) if is_address(text) else _sqlite(Path(text), read_only=read_only)


@contextmanager
def writing(engine: Engine) -> Iterator[Connection]:
    """A transaction; of an SQLite file, the only one that writes."""
    with engine.begin() as connection:
        yield connection


@contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    """One state of the database, however much is written meanwhile."""
    options: dict[str, Any] = {_READ: True}
    if engine.dialect.name == "postgresql":
        options |= {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
    with engine.connect().execution_options(**options) as connection, connection.begin():
        yield connection


@contextmanager
def store_errors(name: str) -> Iterator[None]:
    """Turns what the database says into a `StoreError` that names the store."""
    try:
        yield
    except DBAPIError as error:
        raise StoreError(f"{name}: {reason_of(error)}") from error
    except StoreError as error:
        raise StoreError(f"{name}: {error}") from error


def reason_of(error: DBAPIError) -> str:
    """What went wrong, and the remedy where one is known."""
    said = str(error.orig).strip().splitlines()[0] if str(error.orig).strip() else type(error.orig).__name__
    for part, remedy in _REMEDIES.items():
        if part in said:
            return f"{said}; {remedy}"
    return said


_REMEDIES: Final = {
    "not a database": "it is no store of Mien; name another file",
    "malformed": "the file is damaged; `sqlite3 FILE .recover` saves what can be saved",
    "database or disk is full": "make room on the disk",
    "unable to open database file": "its folder is not there, or may not be written to",
    "readonly database": "the file may not be written to",
    "database is locked": "another process has held it for long; try again",
    "password authentication failed": "check user and password in the address",
    "does not exist": "make the database first: createdb NAME",
    "Connection refused": "is the server running, and the port right?",
}
"""A part of what databases say → what helps."""


def _sqlite(path: Path, *, read_only: bool) -> Engine:
    path = path.absolute()
    options = {"uri": "true"}
    if read_only and not os.access(path, os.W_OK):
        options["mode"] = "ro"
        if not os.access(path.parent, os.W_OK):
            options["immutable"] = "1"  # no write-ahead log can be made beside it, so nobody writes to it either
    url = URL.create("sqlite+pysqlite", database=path.as_uri(), query=options)
    engine = create_engine(url, connect_args={"timeout": BUSY_S}, paramstyle="named")  # as PostgreSQL's driver has it
    event.listen(engine, "connect", _prepare_read_only if read_only else _prepare)
    event.listen(engine, "begin", _begin)
    return engine


def _prepare_read_only(connection: sqlite3.Connection, _: object) -> None:
    connection.isolation_level = None  # `_begin` begins transactions, not the driver before some statements
    connection.execute("PRAGMA query_only = ON")


def _prepare(connection: sqlite3.Connection, _: object) -> None:
    connection.isolation_level = None
    for pragma in (
        "auto_vacuum = INCREMENTAL",  # of effect in a new file only; what is purged gives its room back
        "journal_mode = WAL",  # readers and the one writer do not wait for each other
        "synchronous = NORMAL",  # whole after a power cut, with all that was written but the last moments
        "foreign_keys = ON",
        "secure_delete = ON",  # what is purged is overwritten
    ):
        connection.execute(f"PRAGMA {pragma}")


def _begin(connection: Connection) -> None:
    # Two that write wait for each other at their start, where waiting helps, and not in the middle.
    connection.exec_driver_sql("BEGIN" if connection.get_execution_options().get(_READ) else "BEGIN IMMEDIATE")


def _postgres(text: str) -> Engine:
    url = _postgres_url(text).set(drivername="postgresql+psycopg")
    try:
        return create_engine(url, pool_pre_ping=True)
    except ModuleNotFoundError as error:
        raise MissingExtraError("psycopg", "postgres", "a store in PostgreSQL") from error


def _postgres_url(text: str) -> URL:
    try:
        url = make_url(text)
    except ArgumentError as error:
        raise InputError("not an address of a database; write postgresql://user:password@host/database") from error
    if url.drivername not in _POSTGRES:
        raise InputError(
            f"a store is an SQLite file or a PostgreSQL database, got the address {url.drivername}://…; "
            "write a path, or postgresql://user:password@host/database"
        )
    return url
