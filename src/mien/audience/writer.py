"""Writing a batch of rows to a store, in one transaction."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection, Dialect, Table, delete, exists, insert, literal, select, update
from sqlalchemy.dialects import postgresql, sqlite

from mien.audience import schema
from mien.audience.session_log import Batch


def source_id(connection: Connection, name: str, *, is_live: bool) -> int:
    """The number of a source; it is made where the store does not know it."""
    put = _insert(schema.sources, connection.dialect).values(name=name, is_live=is_live)
    connection.execute(put.on_conflict_do_nothing(index_elements=["name"]))
    number: int = connection.execute(
        select(schema.sources.c.source_id).where(schema.sources.c.name == name)
    ).scalar_one()
    return number


def begin_session(connection: Connection, **columns: Any) -> int:
    """The number of a new session."""
    made = connection.execute(insert(schema.sessions).values(**columns).returning(schema.sessions.c.session_id))
    number: int = made.scalar_one()
    return number


def write(connection: Connection, session_id: int, batch: Batch) -> bool:
    """Write all of a batch; again, if it is not known whether an earlier attempt came through.

    Returns:
        False where the session has been purged meanwhile; then nothing is written.
    """
    sessions = schema.sessions
    told = update(sessions).where(sessions.c.session_id == session_id).values(**batch.session)
    if not connection.execute(told).rowcount:
        return False
    _put(connection, schema.visits, session_id, batch.visits)
    for old, new in batch.merged.items():
        _merge(connection, session_id, old, new)
    _put(connection, schema.samples, session_id, batch.samples)
    minutes = [{"minute": minute, "watched_s": seconds} for minute, seconds in batch.observed.items()]
    _put(connection, schema.observed, session_id, minutes)
    visits = schema.visits
    for old, new in batch.same_visitors.items():
        of_old = (visits.c.session_id == session_id) & (visits.c.visitor == old)
        connection.execute(update(visits).where(of_old).values(visitor=new))
    return True


def _put(connection: Connection, table: Table, session_id: int, rows: Sequence[dict[str, Any]]) -> None:
    """Insert rows, which have all columns; those that are there already are replaced."""
    if rows:
        # As text: going through every row once more would cost twice the time that the database takes.
        statement = _put_statement(table, connection.dialect)
        connection.exec_driver_sql(statement, [row | {"session_id": session_id} for row in rows])


@lru_cache(maxsize=16)
def _put_statement(table: Table, dialect: Dialect) -> str:
    """Of one row, whose values are named as the columns."""
    put = _insert(table, dialect)
    keys = sorted(column.name for column in table.primary_key)
    new = {column.name: put.excluded[column.name] for column in table.c if column.name not in keys}
    return str(put.on_conflict_do_update(index_elements=keys, set_=new).compile(dialect=dialect))


def _merge(connection: Connection, session_id: int, old: int, new: int) -> None:
    """Move the samples of one track to another, and remove the track.

    Where both have a sample of a second, the one that stays is right: it waits to be written, or has been.
    """
    samples, visits = schema.samples, schema.visits
    there = samples.alias("there")
    taken = exists(
        select(literal(1)).where(
            there.c.session_id == session_id, there.c.track_id == new, there.c.second == samples.c.second
        )
    )
    of_old = (samples.c.session_id == session_id) & (samples.c.track_id == old)
    connection.execute(update(samples).where(of_old & ~taken).values(track_id=new))
    connection.execute(delete(visits).where(visits.c.session_id == session_id, visits.c.track_id == old))


def _insert(table: Table, dialect: Dialect) -> sqlite.Insert | postgresql.Insert:
    """What both databases can do beyond the standard, called alike."""
    return postgresql.insert(table) if dialect.name == "postgresql" else sqlite.insert(table)
