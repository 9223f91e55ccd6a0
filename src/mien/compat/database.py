"""Where `register` and `search` keep people: in a gallery of Mien's, so that `mien gallery list` shows them too.

A database is one gallery, SQLite or PostgreSQL, with templates of one network.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final
from urllib.parse import quote

from mien.errors import InputError, UnknownNameError, UnknownPersonError
from mien.gallery.place import open_database
from mien.gallery.records import ModelId
from mien.gallery.store import Store

Details = str | Mapping[str, Any]
"""A path or address, or its parts: of PostgreSQL `host`, `port`, `dbname`, `user` and `password`."""

_POSTGRES: Final = ("postgres", "pgvector")
_ENVIRONMENT: Final[Mapping[str, str]] = {
    **dict.fromkeys(_POSTGRES, "DEEPFACE_POSTGRES_URI"),
    "sqlite": "DEEPFACE_SQLITE_PATH",
}
"""Kind of database → the variable that DeepFace reads its place from."""
_ELSEWHERE: Final = ("mongo", "weaviate", "neo4j", "pinecone", "milvus", "qdrant", "oracle", "mssql", "db2", "redis")
_OTHERS: Final = (*_ELSEWHERE, "cassandra", "mysql")


@contextmanager
def open_store(kind: str, details: Details | None, connection: Any, *, create: bool) -> Iterator[Store]:
    """A database, as long as it is needed.

    Args:
        kind: `postgres`, `pgvector` (the same here) or `sqlite`.
        details: where it is; `None` for what `DEEPFACE_POSTGRES_URI` or `DEEPFACE_SQLITE_PATH` says.
        connection: refused.
        create: whether one that is not there is made.

    Raises:
        InputError: it is of another kind, or nothing says where it is.
        GalleryError: it cannot be used.
    """
    if connection is not None:
        raise InputError("connection: Mien opens its database itself; give connection_details instead")
    place = _place(kind, details)
    try:
        store = Store(open_database(place, create=create))
    except UnknownPersonError as error:
        raise InputError("nobody was registered there as yet; register() somebody first") from error
    try:
        yield store
    finally:
        store.database.close()


def check_model(store: Store, model: ModelId) -> None:
    """Refuse a network that a database's embeddings are not of.

    Raises:
        InputError: it is another one.
    """
    own = store.model()
    if own not in (None, model):
        raise InputError(
            f"{store.database.place} holds embeddings of {own}, and {model} was asked for, whose embeddings mean "
            "nothing to them; ask for the model that it was made with, or take another database for this one"
        )


def _place(kind: str, details: Details | None) -> str:
    """Where a database is, as `mien.Gallery` takes it."""
    if kind in _OTHERS:
        raise InputError(f"database_type {kind!r} is not here; take 'postgres', or 'sqlite', which needs no server")
    if kind not in _ENVIRONMENT:
        raise UnknownNameError("database_type", kind, (*_ENVIRONMENT, *_OTHERS))
    details = details or os.environ.get(_ENVIRONMENT[kind])
    if not details:
        raise InputError(
            f"nothing says where the {kind} database is; give connection_details, or set {_ENVIRONMENT[kind]}; "
            "database_type='sqlite', connection_details='people.db' needs no server"
        )
    if isinstance(details, Mapping):
        return _postgres_address(details) if kind in _POSTGRES else _sqlite_path(details)
    if not isinstance(details, str):
        raise InputError(f"connection_details must be a text or a dictionary, got {type(details).__name__}")
    return details


def _sqlite_path(details: Mapping[str, Any]) -> str:
    path = details.get("database")
    if len(details) != 1 or not isinstance(path, str) or not path:
        raise InputError(
            f"connection_details of sqlite must be a path or {{'database': path}}, got {', '.join(map(str, details))}"
        )
    return path


def _postgres_address(details: Mapping[str, Any]) -> str:
    known = ("host", "port", "dbname", "user", "password")
    for name in details:
        if name not in known:
            raise UnknownNameError("connection detail", name, known)
    user, password, host, port, name = (
        quote(str(details.get(key, "")), safe="") for key in ("user", "password", "host", "port", "dbname")
    )
    login = f"{user}:{password}@" if password else f"{user}@" if user else ""
    return f"postgresql://{login}{host}{f':{port}' if port else ''}/{name}"
