"""`Store`: where sessions, visits and samples are kept; an SQLite file, or a PostgreSQL database."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from sqlalchemy import Connection, inspect, text

from mien.audience import database, schema
from mien.audience.migrate import make_tables, migrate, version_of
from mien.errors import StoreError
from mien.media.paths import is_file, is_folder

_LOCK: Final = 0x4D69656E  # "Mien"; two processes that make the tables of one PostgreSQL database take turns


class Store:
    """`with Store(address) as store: …`; may be used by several threads.

    The tables of an older version are brought to this one when the store is opened.

    Args:
        address: path of an SQLite file, or `postgresql://user:password@host/database`.
        write: whether to change it; otherwise an SQLite file is not touched, but for an older version.
        create: whether to make a store where there is none, and to write.

    Attributes:
        name: as it may be shown.
        had: the version of the tables before they were brought to this one; None for a new store.

    Raises:
        StoreError: there is none, it is no store or of a newer version, or the database cannot be used.
        InputError: the address is none.
        MissingExtraError: it is one of PostgreSQL, whose driver is not installed.
    """

    def __init__(self, address: str | os.PathLike[str], *, write: bool = False, create: bool = False) -> None:
        self.name = database.shown(address)
        self.path = None if database.is_address(os.fspath(address)) else Path(address)
        if self.path is not None and is_folder(self.path):
            raise StoreError(
                f"{self.name}: this folder is neither a store, which is a file, nor made by `mien dataset`"
            )
        is_there = self.path is None or is_file(self.path)
        if not is_there and not create:
            raise StoreError(f"{self.name}: there is no such file; `mien watch SOURCE --store FILE` makes one")
        with database.store_errors(self.name):
            self.had = self._look(address, create=create) if is_there else None
            read_only = not write and not create and self.had == schema.VERSION
            self._engine = database.connect(address, read_only=read_only)
            if self.had != schema.VERSION:
                with ExitStack() as stack:
                    stack.callback(self.close)
                    self._prepare()
                    stack.pop_all()

    @property
    def dialect(self) -> str:
        """`sqlite` or `postgresql`."""
        return self._engine.dialect.name

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """A transaction: all of it, or nothing.

        Raises:
            StoreError: the database says no; the reason, and the remedy.
        """
        with database.store_errors(self.name), database.writing(self._engine) as connection:
            yield connection

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """One state of the store, however much is written meanwhile; raises as `writing`."""
        with database.store_errors(self.name), database.reading(self._engine) as connection:
            yield connection

    def give_back_room(self) -> None:
        """Make an SQLite file as small as what is in it; PostgreSQL does so by itself."""
        if self.path is None:
            return
        with database.store_errors(self.name), self._engine.connect() as connection:
            driver = connection.connection.driver_connection
            assert driver is not None
            for pragma in ("incremental_vacuum", "wal_checkpoint(TRUNCATE)"):
                driver.execute(f"PRAGMA {pragma}").fetchall()  # outside a transaction, where alone they work

    def close(self) -> None:
        """Let go of all connections; may be called twice."""
        self._engine.dispose()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _look(self, address: str | os.PathLike[str], *, create: bool) -> int | None:
        """The version of the tables that are there, without touching anything."""
        engine = database.connect(address, read_only=self.path is not None)
        try:
            with database.reading(engine) as connection:
                version = version_of(connection)
                holds_others = self.path is not None and bool(inspect(connection).get_table_names())
        finally:
            engine.dispose()
        if version is None and (holds_others or not create):
            raise StoreError("it holds no tables of Mien; name a file that `mien watch --store` wrote, or a new one")
        return version

    def _prepare(self) -> None:
        """Makes the tables, or brings them to this version; another process may be at it too."""
        with database.writing(self._engine) as connection:
            if self.dialect == "postgresql":
                connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
            if version_of(connection) is None:
                make_tables(connection)
            else:
                migrate(connection)
