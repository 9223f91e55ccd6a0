"""How long is kept what is in a store."""

from __future__ import annotations

import math
from dataclasses import dataclass

from sqlalchemy import Connection, Delete, Double, delete, exists, literal, select

from mien.audience import schema
from mien.audience.store import Store
from mien.errors import UnknownNameError


@dataclass(frozen=True, kw_only=True)
class Purged:
    """What was removed.

    Attributes:
        sessions: number of them.
        visits: the same.
        samples: the same; those that went with their visits are not counted.
    """

    sessions: int
    visits: int
    samples: int


def purge(store: Store, *, before: float | None = None, source: str | None = None) -> Purged:
    """Remove what is older than a moment, of one source or of all. SQLite overwrites it, and gives its room back.

    Args:
        store: opened to be written to.
        before: seconds since 1970; None for everything.
        source: its name; None for all.

    Raises:
        UnknownNameError: there is no such source.
        StoreError: the store cannot be written to.
    """
    sessions, visits, samples, observed = schema.sessions, schema.visits, schema.samples, schema.observed
    moment = literal(math.inf if before is None else before, Double)
    with store.writing() as connection:
        chosen = select(sessions.c.session_id)
        if source is not None:
            chosen = chosen.where(sessions.c.source_id == _source_id(connection, source))
        reaches_back = exists().where(
            visits.c.session_id == samples.c.session_id,
            visits.c.track_id == samples.c.track_id,
            visits.c.session_id.in_(chosen),
            visits.c.began_at < moment,
        )
        purged = Purged(
            visits=_removed(
                connection, delete(visits).where(visits.c.session_id.in_(chosen), visits.c.last_at < moment)
            ),
            samples=_removed(connection, delete(samples).where(reaches_back, samples.c.second < moment)),
            sessions=_removed(
                connection,
                delete(sessions).where(
                    sessions.c.session_id.in_(chosen),
                    sessions.c.last_at < moment,
                    sessions.c.began_at < moment,  # later than its end where the computer's clock was set back
                ),
            ),
        )
        old_minutes = observed.c.session_id.in_(chosen) & (observed.c.minute + 1 <= moment / 60)
        connection.execute(delete(observed).where(old_minutes))
        unused = schema.sources.c.source_id.not_in(select(sessions.c.source_id))
        connection.execute(delete(schema.sources).where(unused))
    if purged != Purged(visits=0, samples=0, sessions=0):
        store.give_back_room()
    return purged


def _source_id(connection: Connection, name: str) -> int:
    known = {row.name: row.source_id for row in connection.execute(select(schema.sources))}
    if name not in known:
        raise UnknownNameError("source", name, known)
    number: int = known[name]
    return number


def _removed(connection: Connection, statement: Delete) -> int:
    return connection.execute(statement).rowcount
