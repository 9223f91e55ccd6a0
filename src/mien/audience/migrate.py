"""Bringing the tables of a store to this version of Mien.

A change of the tables raises `schema.VERSION` and adds the step that leads there to `STEPS`; the dump of a store of the
version before goes to the tests, and is opened by them from then on.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final

from sqlalchemy import Connection, func, insert, inspect, select, update

from mien.audience import schema
from mien.errors import StoreError

Step = Callable[[Connection], None]

STEPS: Final[Mapping[int, Step]] = MappingProxyType({})
"""A version → what turns its tables into those of the next."""


def make_tables(connection: Connection) -> None:
    """An empty store in an empty database, or beside tables that are not Mien's."""
    schema.metadata.create_all(connection)
    connection.execute(insert(schema.store).values(version=schema.VERSION, created_at=time.time()))


def version_of(connection: Connection) -> int | None:
    """The version of the tables; None where there are none of Mien's."""
    if not inspect(connection).has_table(schema.store.name):
        return None
    version: int = connection.execute(select(func.max(schema.store.c.version))).scalar_one()
    return version


def migrate(connection: Connection, *, to: int = schema.VERSION, steps: Mapping[int, Step] = STEPS) -> int:
    """Bring the tables to a version, in the transaction that the connection is in: all of it, or nothing.

    Args:
        connection: in a transaction.
        to: the version wanted.
        steps: a version → what turns its tables into those of the next.

    Returns:
        The version that they had.

    Raises:
        StoreError: there are no tables, they are newer than wanted, or there is no way from them.
    """
    had = version_of(connection)
    if had is None:
        raise StoreError("the database holds no tables of Mien; name a file that `mien watch --store` wrote")
    if had > to:
        raise StoreError(
            f"the store is of version {had}, and this Mien knows versions up to {to}; pip install --upgrade mien"
        )
    for version in range(had, to):
        if version not in steps:
            raise StoreError(
                f"the store is of version {had}, and there is no way from there to version {to}; "
                "open it with the Mien that wrote it, and name a new file to this one"
            )
        steps[version](connection)
    if had < to:
        connection.execute(update(schema.store).values(version=to))
    return had
