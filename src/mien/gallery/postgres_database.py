"""A gallery in PostgreSQL: for several machines, searched by the server with pgvector."""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Final
from urllib.parse import quote

import numpy as np
from numpy.typing import NDArray

from mien.errors import GalleryUnavailableError, InputError, MissingExtraError
from mien.gallery.database import Database, Nearest, Neighbour
from mien.gallery.postgres_schema import migrate

EXACT_LIMIT: Final = 5_000
"""Templates that the server compares one by one; beyond, it walks the graph."""
SEARCHED: Final = 400
"""Candidates kept on the way through the graph; see `benchmarks/gallery.py` for recall against time."""
CONNECT_S: Final = 10
"""Seconds to wait for a server that does not answer."""
_LOCK: Final = 0x6D69656E_67616C6C  # "mien" "gall": the advisory lock of whoever writes


class PostgresDatabase(Database):
    """A gallery's tables on a PostgreSQL server.

    Args:
        address: `postgresql://user:password@host:port/name`, and all else that libpq takes.
        create: whether a gallery that is not there is made.

    Raises:
        InputError: the address cannot be read.
        MissingExtraError: psycopg is not installed.
        UnknownPersonError: there is no gallery, and none is to be made.
        GalleryUnavailableError: the server cannot be reached, refuses, or lacks pgvector.
        GalleryDamagedError: the gallery is of a newer version.
    """

    def __init__(self, address: str, *, create: bool) -> None:
        try:
            import psycopg
        except ImportError as error:
            raise MissingExtraError("psycopg", "postgres", "a gallery in PostgreSQL") from error
        self._psycopg = psycopg
        self._address = address
        try:
            self._place = _public(psycopg.conninfo.conninfo_to_dict(address))
        except psycopg.ProgrammingError as error:
            raise InputError(
                f"not an address of a PostgreSQL database ({error}); write postgresql://user@host/name"
            ) from error
        self._lock = threading.RLock()
        self._open: Any = None
        self._inside = False
        self._process = os.getpid()
        self._inherited: Any = None  # kept, as to close it would end its owner's session
        with self._lock, self._errors():
            self._open = self._connect(create=create)

    @property
    def place(self) -> str:
        """As of `Database`."""
        return self._place

    @contextmanager
    def writing(self) -> Iterator[None]:
        """As of `Database`."""
        with self._lock:
            if self._inside:  # a part of the transaction that this thread is in
                yield
                return
            with self._errors(), self._connection().transaction():
                self._execute("SELECT pg_advisory_xact_lock(%s)", (_LOCK,))
                self._inside = True
                try:
                    yield
                finally:
                    self._inside = False

    @contextmanager
    def reading(self) -> Iterator[None]:
        """As of `Database`."""
        with self._lock:
            if self._inside:
                yield
                return
            with self._errors(), self._connection().transaction():
                self._execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY", ())
                self._inside = True
                try:
                    yield
                finally:
                    self._inside = False

    def rows(self, statement: str, *values: Any) -> list[tuple[Any, ...]]:
        """As of `Database`."""
        with self._lock, self._errors():
            found: list[tuple[Any, ...]] = self._execute(_marked(statement), values).fetchall()
            return found

    def run(self, statement: str, *values: Any) -> int:
        """As of `Database`."""
        with self._lock, self._errors():
            return int(self._execute(_marked(statement), values).rowcount)

    def run_many(self, statement: str, values: Iterable[Sequence[Any]]) -> None:
        """As of `Database`."""
        with self._lock, self._errors(), self._connection().cursor() as cursor:
            cursor.executemany(_marked(statement), values)

    def encode(self, vector: NDArray[np.float32]) -> str:
        """As of `Database`: pgvector's own way of writing, which keeps every bit."""
        return f"[{','.join(map(repr, vector.astype(np.float64).tolist()))}]"

    def decode(self, value: Any) -> NDArray[np.float32]:
        """As of `Database`."""
        return np.array(json.loads(value), np.float32)

    def nearest(self, probe: NDArray[np.float32], count: int) -> Nearest:
        """As of `Database`."""
        vector = self.encode(probe)
        with self._lock:
            ((compared,),) = self.rows("SELECT templates FROM gallery")
            # An order that is not the graph's own makes the server compare all.
            order = "0 + (vector <#> ?)" if compared <= EXACT_LIMIT else "vector <#> ?"
            rows = self.rows(
                f"SELECT number, person, -(vector <#> ?) FROM template ORDER BY {order} LIMIT ?", vector, vector, count
            )
        return Nearest([Neighbour(*row) for row in rows], max(compared, len(rows)))

    def erase(self) -> str:
        """As of `Database`: the rows are gone, and what else the server keeps is its administrator's to say."""
        with self._lock, self._errors():
            for table in ("crop", "template", "person"):
                self._connection().execute(f"VACUUM {table}")
        return "the server's write-ahead log, replicas and backups, for as long as its administrator keeps those"

    def prepare(self) -> None:
        """As of `Database`."""
        with self._lock, self._errors():
            self._connection().execute("ANALYZE template")

    def close(self) -> None:
        """As of `Database`."""
        with self._lock:
            if self._open is not None:
                self._open.close()
                self._open = None

    def _execute(self, statement: str, values: Sequence[Any]) -> Any:
        """A statement; again on a new connection where the old one was cut before it, and no transaction was."""
        connection = self._connection()
        try:
            return connection.execute(statement, values)
        except self._psycopg.OperationalError:
            if not connection.closed or self._inside:
                raise
            return self._connection().execute(statement, values)

    def _connection(self) -> Any:
        if self._process != os.getpid():  # a forked process must not talk on its parent's connection
            self._process, self._inherited, self._open = os.getpid(), self._open, None
        if self._open is None or (self._open.closed and not self._inside):
            self._open = self._connect(create=False)
        return self._open

    def _connect(self, *, create: bool) -> Any:
        connection = self._psycopg.connect(self._address, autocommit=True, connect_timeout=CONNECT_S)
        try:
            migrate(connection, self.place, _LOCK, create=create)
            connection.execute(f"SET hnsw.ef_search = {SEARCHED}")
            connection.execute("SET hnsw.iterative_scan = strict_order")
        except BaseException:
            connection.close()
            raise
        return connection

    @contextmanager
    def _errors(self) -> Iterator[None]:
        """Turns what the server says into errors that name the gallery."""
        known = (
            self._psycopg.OperationalError,
            self._psycopg.errors.InsufficientPrivilege,
            self._psycopg.errors.ReadOnlySqlTransaction,
        )
        try:
            yield
        except known as error:
            said = " ".join(str(error).split())
            raise GalleryUnavailableError(
                f"{self.place}: {said}; what was not finished was not kept: see to the server and try again"
            ) from error


def _marked(statement: str) -> str:
    """With psycopg's sign for values; none of ours have a question mark or a percent sign otherwise."""
    return statement.replace("?", "%s")


def _public(parts: Mapping[str, Any]) -> str:
    """The address without what is secret."""
    host, port, user, name = (str(parts.get(key) or "") for key in ("host", "port", "user", "dbname"))
    login = f"{quote(user)}@" if user else ""
    if host.startswith("/"):  # the folder of a socket
        return f"postgresql://{login}/{quote(name)}?host={quote(host, safe='/')}"
    return f"postgresql://{login}{host}{f':{port}' if port else ''}/{quote(name)}"
