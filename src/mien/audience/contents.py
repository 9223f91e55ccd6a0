"""What is in a store, source by source."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import func, select

from mien.audience import schema
from mien.audience.read import RUNNING_S
from mien.audience.store import Store


@dataclass(frozen=True, kw_only=True)
class SourceContents:
    """Of one source.

    Attributes:
        sessions: their number.
        running: those that go on now.
        killed: those that nobody ended.
        began_at: of the first, in seconds since 1970.
        last_at: of the last.
        watched_s: seconds in which frames came.
        visits: number of them.
        samples: number of them.
    """

    sessions: int
    running: int
    killed: int
    began_at: float
    last_at: float
    watched_s: float
    visits: int
    samples: int


@dataclass(frozen=True, kw_only=True)
class Contents:
    """Of a store.

    Attributes:
        version: of its tables.
        size_bytes: of an SQLite file with what is beside it; None of PostgreSQL.
        sources: name → what there is of it.
    """

    version: int
    size_bytes: int | None
    sources: Mapping[str, SourceContents]

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready."""
        return asdict(self)


def contents_of(store: Store) -> Contents:
    """What is in a store.

    Raises:
        StoreError: it cannot be read.
    """
    sessions, now = schema.sessions, time.time()
    with store.reading() as connection:
        names = {row.source_id: row.name for row in connection.execute(select(schema.sources))}
        counts: dict[str, dict[int, float]] = {}
        for name, what in (
            ("visits", select(schema.visits.c.session_id, func.count())),
            ("samples", select(schema.samples.c.session_id, func.count())),
            ("watched_s", select(schema.observed.c.session_id, func.sum(schema.observed.c.watched_s))),
        ):
            rows = connection.execute(what.group_by(what.selected_columns[0]))
            counts[name] = {row[0]: row[1] for row in rows}
        rows_of: dict[str, list[Any]] = {name: [] for name in names.values()}
        for row in connection.execute(select(sessions)):
            rows_of[names[row.source_id]].append(row)
    return Contents(
        version=schema.VERSION,
        size_bytes=_size(store),
        sources={name: _source(rows, counts, now) for name, rows in sorted(rows_of.items()) if rows},
    )


def _source(rows: list[Any], counts: Mapping[str, Mapping[int, float]], now: float) -> SourceContents:
    open_ones = [row.last_at for row in rows if row.ended_at is None]
    running = sum(now - last_at < RUNNING_S for last_at in open_ones)
    total = {name: sum(each.get(row.session_id, 0) for row in rows) for name, each in counts.items()}
    return SourceContents(
        sessions=len(rows),
        running=running,
        killed=len(open_ones) - running,
        began_at=min(row.began_at for row in rows),
        last_at=max(row.last_at for row in rows),
        watched_s=round(total["watched_s"], 1),
        visits=int(total["visits"]),
        samples=int(total["samples"]),
    )


def _size(store: Store) -> int | None:
    if store.path is None:
        return None
    files = (store.path.with_name(store.path.name + suffix) for suffix in ("", "-wal"))
    return sum(file.stat().st_size for file in files if file.exists())
