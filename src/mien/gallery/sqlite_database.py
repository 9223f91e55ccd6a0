"""A gallery in one SQLite file, in write-ahead mode so that several processes read while one writes."""

from __future__ import annotations

import os
import sqlite3
import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

import numpy as np
from numpy.typing import NDArray

from mien.errors import GalleryUnavailableError, UnknownPersonError
from mien.gallery.database import Database, Nearest
from mien.gallery.memory_index import MemoryIndex
from mien.gallery.sqlite_errors import sqlite_errors
from mien.gallery.sqlite_schema import check_version, migrate
from mien.media.paths import is_file, is_folder, is_missing

BUSY_S: Final = 30.0
"""Seconds to wait for another process that writes; ours do so for a few milliseconds at a time."""
_STORED: Final = np.dtype("<f4")


class SqliteDatabase(Database):
    """A gallery's tables in an SQLite file, and its vectors in memory for searching.

    Args:
        path: of the file.
        create: whether one that is not there is made.

    Raises:
        UnknownPersonError: there is no such file, and none is to be made: so there is nobody.
        GalleryUnavailableError: it cannot be opened or made.
        GalleryDamagedError: it is no gallery, of a newer version, or damaged.
    """

    def __init__(self, path: Path, *, create: bool) -> None:
        self._path = path
        self._lock = threading.RLock()
        self._open: sqlite3.Connection | None = None
        self._frozen: tuple[int, int, bool] | None = None
        self._process = os.getpid()
        self._inherited: sqlite3.Connection | None = None  # kept, as to close it would end its owner's locks
        if is_missing(path) and not create:
            raise UnknownPersonError(f"no gallery at {path}; enrol somebody first: `mien gallery enrol`")
        if not is_folder(path.absolute().parent):
            raise GalleryUnavailableError(f"{path}: its folder is not there; make it first or name another file")
        if not is_missing(path) and not is_file(path):
            raise GalleryUnavailableError(f"{path}: not an ordinary file; name another one")
        with self._lock, sqlite_errors(self.place):
            self._connection()
        self._index = MemoryIndex(self, path, self._lock)

    @property
    def place(self) -> str:
        """As of `Database`."""
        return str(self._path)

    @contextmanager
    def writing(self) -> Iterator[None]:
        """As of `Database`."""
        with self._lock, sqlite_errors(self.place):
            connection = self._connection()
            if connection.in_transaction:  # inside another one, by this thread: it is a part of that
                yield
                return
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield
                connection.execute("COMMIT")
            except BaseException:
                self._index.reset()
                if connection.in_transaction:  # a full disk ends it by itself
                    connection.execute("ROLLBACK")
                raise

    @contextmanager
    def reading(self) -> Iterator[None]:
        """As of `Database`."""
        with self._lock, sqlite_errors(self.place):
            connection = self._connection()
            if connection.in_transaction:
                yield
                return
            connection.execute("BEGIN")
            try:
                yield
            finally:
                connection.execute("ROLLBACK")

    def rows(self, statement: str, *values: Any) -> list[tuple[Any, ...]]:
        """As of `Database`."""
        with self._lock, sqlite_errors(self.place):
            return self._connection().execute(statement, values).fetchall()

    def run(self, statement: str, *values: Any) -> int:
        """As of `Database`."""
        with self._lock, sqlite_errors(self.place):
            return self._connection().execute(statement, values).rowcount

    def run_many(self, statement: str, values: Iterable[Sequence[Any]]) -> None:
        """As of `Database`."""
        with self._lock, sqlite_errors(self.place):
            self._connection().executemany(statement, values)

    def encode(self, vector: NDArray[np.float32]) -> bytes:
        """As of `Database`."""
        return vector.astype(_STORED).tobytes()

    def decode(self, value: Any) -> NDArray[np.float32]:
        """As of `Database`."""
        return np.frombuffer(value, _STORED).astype(np.float32)

    def nearest(self, probe: NDArray[np.float32], count: int) -> Nearest:
        """As of `Database`."""
        return self._index.nearest(probe, count)

    def erase(self) -> str:
        """As of `Database`."""
        self._index.erase()
        with self._lock, sqlite_errors(self.place):
            # Pages are overwritten by `secure_delete`; their older states are in the log until it is cut off.
            (busy, *_) = self._connection().execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        if busy:
            return f"{self._path}-wal, as other programs read the gallery; it is overwritten when they have ended"
        return ""

    def prepare(self) -> None:
        """As of `Database`."""
        self._index.refresh()

    def close(self) -> None:
        """As of `Database`."""
        with self._lock:
            if self._open is not None:
                self._open.close()
                self._open = None

    def _connection(self) -> sqlite3.Connection:
        if self._process != os.getpid():  # SQLite's connections may not be carried over into a forked process
            self._process, self._inherited, self._open = os.getpid(), self._open, None
        if self._open is not None and self._frozen is not None and self._frozen != self._state():
            self.close()  # it was opened as a file that nobody writes to
        if self._open is None:
            self._open = self._connect()
        return self._open

    def _connect(self) -> sqlite3.Connection:
        if not is_missing(self._path) and not _is_writable(self._path):
            return self._connect_for_reading()
        connection = _open(self._path, "mode=rwc")
        try:
            check_version(connection, self.place)  # before anything is changed in somebody else's file
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = FULL")  # what is committed outlasts a power failure
            connection.execute("PRAGMA foreign_keys = ON")
            connection.execute("PRAGMA secure_delete = ON")
            migrate(connection, self.place)
        except BaseException:
            connection.close()
            raise
        return connection

    def _connect_for_reading(self) -> sqlite3.Connection:
        """A file in write-ahead mode can be read beside its log alone, unless nobody writes to it."""
        state = self._state()
        self._frozen = None if state[-1] else state
        connection = _open(self._path, "mode=ro&immutable=1" if self._frozen else "mode=ro")
        try:
            migrate(connection, self.place)
        except BaseException:
            connection.close()
            raise
        return connection

    def _state(self) -> tuple[int, int, bool]:
        """When the file was last changed, its size, and whether there is a log beside it."""
        facts = self._path.stat()
        return facts.st_mtime_ns, facts.st_size, Path(f"{self._path}-wal").exists()


def _open(path: Path, mode: str) -> sqlite3.Connection:
    return sqlite3.connect(
        f"file:{quote(str(path.absolute()))}?{mode}",
        uri=True,
        timeout=BUSY_S,
        isolation_level=None,
        check_same_thread=False,
    )


def _is_writable(path: Path) -> bool:
    return os.access(path, os.W_OK) and os.access(path.absolute().parent, os.W_OK)
