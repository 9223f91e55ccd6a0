"""Reading a store: sessions, visits as columns, and samples summed up by quarters of an hour."""

from __future__ import annotations

import json
import math
import time
from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import ColumnElement, Connection, Double, func, literal, or_, select

from mien.audience import schema
from mien.audience.records import LABELS, QUARTER_S, Expressions, Floats, Records, Session, Visits
from mien.audience.store import Store
from mien.errors import UnknownNameError
from mien.face import UNSURE
from mien.models.thresholds import Thresholds
from mien.vocabulary import EMOTIONS

RUNNING_S: Final = 30.0
"""A session that is not ended and was not written to for longer has been killed."""
_NUMBERS: Final = (
    "began_at",
    "seen_s",
    "attention_s",
    "compared",
    "best_similarity",
    "own_similarity",
    "other_similarity",
)
_TEXTS: Final = ("age_group", "gender")


def read(
    store: Store,
    *,
    sources: Sequence[str] = (),
    since: float = -math.inf,
    until: float = math.inf,
) -> Records | None:
    """Read one state of a store, while others may write to it.

    Args:
        store: to be read.
        sources: names of those wanted; none for all.
        since: visits that began from then on, in seconds since 1970.
        until: and before then.

    Returns:
        None where nothing was recorded in that time.

    Raises:
        UnknownNameError: the store knows no such source.
        StoreError: the store cannot be read.
    """
    with store.reading() as connection:
        sessions = _sessions(connection, sources, since, until)
        if not sessions:
            return None
        places = {session_id: place for place, session_id in enumerate(sessions)}
        visits = _visits(connection, places, since, until)
        expressions = _expressions(connection, places, visits, since)
        minute, watched_s = _observed(connection, list(places), since, until)
    if not len(visits) and not len(minute):
        return None
    return Records(
        name=store.name,
        read_at=time.time(),
        sessions=tuple(sessions.values()),
        visits=visits,
        expressions=expressions,
        minute=minute,
        watched_s=watched_s,
    )


def source_names(store: Store) -> tuple[str, ...]:
    """Of all that are in a store.

    Raises:
        StoreError: the store cannot be read.
    """
    with store.reading() as connection:
        return tuple(connection.execute(select(schema.sources.c.name).order_by(schema.sources.c.name)).scalars())


def _sessions(connection: Connection, sources: Sequence[str], since: float, until: float) -> dict[int, Session]:
    known = list(connection.execute(select(schema.sources.c.name)).scalars())
    for name in sources:
        if name not in known:
            raise UnknownNameError("source", name, known)
    sessions = schema.sessions
    wanted = select(sessions, schema.sources.c.name, schema.sources.c.is_live).join(schema.sources)
    # A session ends before it begins where the computer's clock was set back meanwhile.
    ends = (sessions.c.began_at, sessions.c.last_at)
    wanted = wanted.where(or_(*(end >= _number(since) for end in ends)), or_(*(end < _number(until) for end in ends)))
    if sources:
        wanted = wanted.where(schema.sources.c.name.in_(sources))
    now = time.time()
    return {
        row.session_id: Session(
            source=row.name,
            is_live=row.is_live,
            began_at=row.began_at,
            last_at=row.last_at,
            state="ended" if row.ended_at is not None else "running" if now - row.last_at < RUNNING_S else "killed",
            mien_version=row.mien_version,
            attributes=_listed(row.attributes),
            networks=_listed(row.networks),
            return_s=row.return_s,
            revisit_s=row.revisit_s,
            thresholds=_thresholds(row.thresholds),
            clock_steps=row.clock_steps,
            lost_samples=row.lost_samples,
        )
        for row in connection.execute(wanted.order_by(sessions.c.session_id))
    }


def _visits(connection: Connection, places: Mapping[int, int], since: float, until: float) -> Visits:
    visits = schema.visits
    shares = [f"emotion_{name}" for name in EMOTIONS]
    names = ("session_id", "track_id", *_NUMBERS, *_TEXTS, *shares)
    wanted = select(*(visits.c[name] for name in names)).where(
        visits.c.session_id.in_(places), visits.c.began_at >= _number(since), visits.c.began_at < _number(until)
    )
    rows = connection.execute(wanted.order_by(visits.c.began_at)).all()
    columns = dict(zip(names, zip(*rows, strict=True), strict=True)) if rows else dict.fromkeys(names, ())
    numbers = {name: np.array(columns[name], np.float64) for name in (*_NUMBERS, *shares)}
    return Visits(
        session=np.array([places[session_id] for session_id in columns["session_id"]], np.int64),
        track_id=np.array(columns["track_id"], np.int64),
        emotion=np.stack([numbers.pop(name) for name in shares], axis=1),
        age_group=np.array(columns["age_group"], object),
        gender=np.array(columns["gender"], object),
        **numbers,
    )


def _expressions(connection: Connection, places: Mapping[int, int], visits: Visits, since: float) -> Expressions:
    samples = schema.samples
    keys = (
        samples.c.session_id,
        samples.c.track_id,
        (samples.c.second // QUARTER_S).label("quarter"),
        samples.c.emotion,
    )
    wanted = select(*keys, func.sum(samples.c.seen_s), func.sum(samples.c.attention_s)).group_by(*keys)
    wanted = wanted.where(samples.c.session_id.in_(places), samples.c.second >= _number(since))
    of_visit = {
        key: place for place, key in enumerate(zip(visits.session.tolist(), visits.track_id.tolist(), strict=True))
    }
    of_label = {label: place for place, label in enumerate(LABELS)} | {None: LABELS.index(UNSURE)}
    rows = [
        (place, quarter, of_label[label], seen_s, attention_s or 0.0)
        for session_id, track_id, quarter, label, seen_s, attention_s in connection.execute(wanted)
        if (place := of_visit.get((places[session_id], track_id))) is not None
    ]
    visit, quarter, label, seen_s, attention_s = zip(*rows, strict=True) if rows else ((),) * 5
    return Expressions(
        visit=np.array(visit, np.int64),
        quarter=np.array(quarter, np.int64),
        label=np.array(label, np.int64),
        seen_s=np.array(seen_s, np.float64),
        attention_s=np.array(attention_s, np.float64),
    )


def _observed(
    connection: Connection, session_ids: Sequence[int], since: float, until: float
) -> tuple[NDArray[np.int64], Floats]:
    """Of several sources at once, the time of each counts."""
    observed = schema.observed
    wanted = select(observed.c.minute, func.sum(observed.c.watched_s)).group_by(observed.c.minute)
    wanted = wanted.where(
        observed.c.session_id.in_(session_ids),
        observed.c.minute > _number(since / 60 - 1),
        observed.c.minute < _number(until / 60),
    )
    rows = connection.execute(wanted.order_by(observed.c.minute)).all()
    return np.array([row[0] for row in rows], np.int64), np.array([row[1] for row in rows], np.float64)


def _thresholds(text: str | None) -> Thresholds | None:
    if text is None:
        return None
    rows = json.loads(text)
    return Thresholds(similarity=tuple(row["similarity"] for row in rows), fmr=tuple(row["fmr"] for row in rows))


def _listed(text: str) -> tuple[str, ...]:
    return tuple(text.split(", ")) if text else ()


def _number(value: float) -> ColumnElement[float]:
    """As a number with a fraction, whatever column it is compared with."""
    return literal(value, Double)
