"""`Audience`: everything that a report tells, computed from what is in a store."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, tzinfo
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

import mien
from mien.audience.expressions import (
    ExpressionShare,
    ExpressionSlot,
    expression_shares,
    expressions_over_time,
)
from mien.audience.hidden_times import HiddenTimes
from mien.audience.measures import LOOKS_S, Floats, Measures
from mien.audience.moments import DAY_S, Moments
from mien.audience.periods import step_for, to_local, wall_time
from mien.audience.records import QUARTER_S, Records, Session, Visits
from mien.audience.returns import Evidence
from mien.audience.suppress import LEAST, small_cells, small_in_table
from mien.audience.timeline import (
    HoursOfDays,
    Timeline,
    by_day,
    by_hour_of_day,
    hours_of_days,
    measures_of_groups,
    over_time,
    without_few,
)
from mien.audience.unique import UniqueVisitors, unique_visitors
from mien.evaluate.figure import rounded
from mien.face import UNSURE
from mien.vocabulary import AGE_GROUPS, EMOTIONS, GENDERS

GROUPS: Final[Mapping[str, tuple[str, ...]]] = {
    "age_group": (*AGE_GROUPS, UNSURE),
    "gender": (*GENDERS, UNSURE),
    "emotion": (*EMOTIONS, UNSURE),
}
"""What people are grouped by → the groups, in order."""


@dataclass(frozen=True, kw_only=True)
class Audience:
    """Figures of an audience. People of whom too little is known are unsure, and not guessed.

    Attributes:
        name: of the store.
        version: of Mien, that made the figures.
        made_at: when, by the clock on the wall.
        zone: name of the time zone; None for the computer's own.
        least: smallest count of people that is told.
        began: by the clock on the wall.
        ended: the same.
        sessions: that the figures are of.
        session_times: when each began, by the clock on the wall.
        watched_s: seconds in which a camera watched, of all together.
        everyone: measures of all.
        unique: visitors; None where nobody could be known again, or where they are too few.
        funnel: seconds of attention → people with as much or more; None where too few.
        over_time: the curve.
        by_day: None of a single day.
        by_hour_of_day: None of a single day.
        hours: of all days.
        groups: what people are grouped by → group → measures; the emotion is the one that a person had for longest.
        ages_of: gender → age group → visits; None where too few.
        expressions: shares of the time.
        expressions_over_time: the same, over time.
    """

    name: str
    version: str
    made_at: datetime
    zone: str | None
    least: int
    began: datetime
    ended: datetime
    sessions: tuple[Session, ...]
    session_times: tuple[datetime, ...]
    watched_s: float
    everyone: Measures
    unique: UniqueVisitors | None
    funnel: Mapping[float, int | None]
    over_time: Timeline
    by_day: Timeline | None
    by_hour_of_day: Timeline | None
    hours: HoursOfDays
    groups: Mapping[str, Mapping[str, Measures]]
    ages_of: Mapping[str, Mapping[str, int | None]]
    expressions: tuple[ExpressionShare, ...]
    expressions_over_time: tuple[ExpressionSlot, ...]

    @property
    def sources(self) -> tuple[str, ...]:
        """Names, each once."""
        return tuple(dict.fromkeys(session.source for session in self.sessions))

    @property
    def is_live(self) -> bool:
        """Whether all sources are cameras or streams."""
        return all(session.is_live for session in self.sessions)

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready."""
        peak = self.hours.peak()
        content: dict[str, Any] = {
            "store": self.name,
            "version": self.version,
            "made_at": self.made_at.isoformat(timespec="seconds"),
            "time_zone": self.zone,
            "least": self.least,
            "began": self.began.isoformat(timespec="seconds"),
            "ended": self.ended.isoformat(timespec="seconds"),
            "sources": list(self.sources),
            "sessions": len(self.sessions),
            "watched_s": self.watched_s,
            "everyone": self.everyone.to_dict(),
            "unique_visitors": None if self.unique is None else asdict(self.unique),
            "funnel": [{"attention_s": seconds, "people": people} for seconds, people in self.funnel.items()],
            "peak_hour": None if peak is None else {"start": peak[0].isoformat(), "visits": peak[1]},
            "hours": self.hours.to_dict(),
            "over_time": self.over_time.to_dict(),
            "by_day": None if self.by_day is None else self.by_day.to_dict(),
            "by_hour_of_day": None if self.by_hour_of_day is None else self.by_hour_of_day.to_dict(),
            "groups": {
                by: {name: measures.to_dict() for name, measures in groups.items()}
                for by, groups in self.groups.items()
            },
            "ages_of": {gender: dict(ages) for gender, ages in self.ages_of.items()},
            "expressions": [share.to_dict() for share in self.expressions],
            "expressions_over_time": [slot.to_dict() for slot in self.expressions_over_time],
        }
        plain: dict[str, Any] = rounded(content)
        return plain


def audience_of(
    records: Records, *, zone: tzinfo | None = None, zone_name: str | None = None, least: int = LEAST
) -> Audience:
    """The figures.

    Args:
        records: of a store.
        zone: in whose time hours and days are told; None for this computer's.
        zone_name: its name.
        least: smallest count of people that is told.
    """
    visits = records.visits
    moments = Moments(
        began=to_local(visits.began_at, zone),
        seen_s=visits.seen_s,
        attention_s=visits.attention_s,
        minute=to_local(records.minute * 60.0, zone),
        watched_s=records.watched_s,
    )
    began, ended = moments.span()
    step_s = step_for(ended - began)
    several_days = began // DAY_S < (ended - 1) // DAY_S
    everyone = Measures.of(visits.seen_s, visits.attention_s)
    hidden = HiddenTimes.of(moments, step_s, least=least)
    quarters = to_local(records.expressions.quarter * float(QUARTER_S), zone)
    of_group = {by: _places(visits, by) for by in GROUPS}
    ages = _ages(of_group["age_group"], of_group["gender"])
    few_ages = small_in_table(ages, np.array([], np.int64), np.array([], np.int64), least=least)
    few = {"age_group": few_ages.columns, "gender": few_ages.rows, "emotion": None}
    return Audience(
        name=records.name,
        version=mien.__version__,
        made_at=wall_time(float(to_local(np.array([records.read_at]), zone)[0])),
        zone=zone_name,
        least=least,
        began=wall_time(began),
        ended=wall_time(ended),
        sessions=records.sessions,
        session_times=tuple(
            wall_time(float(second))
            for second in to_local(np.array([session.began_at for session in records.sessions]), zone)
        ),
        watched_s=float(records.watched_s.sum()),
        everyone=_told([everyone], None, least)[0],
        unique=None if len(visits) < least else _unique(records),
        funnel=_funnel(visits.attention_s, least),
        over_time=over_time(moments, hidden),
        by_day=by_day(moments, hidden) if several_days else None,
        by_hour_of_day=by_hour_of_day(moments, hidden) if several_days else None,
        hours=hours_of_days(moments, hidden),
        groups={by: _groups(visits, by, places, few[by], least) for by, places in of_group.items()},
        ages_of={
            gender: {
                age: None if hide else int(count) for age, count, hide in zip(GROUPS["age_group"], *row, strict=True)
            }
            for gender, row in zip(GROUPS["gender"], zip(ages, few_ages.cells, strict=True), strict=True)
        },
        expressions=expression_shares(records.expressions, len(visits), least=least),
        expressions_over_time=expressions_over_time(records.expressions, quarters, max(step_s, QUARTER_S), least=least),
    )


def _places(visits: Visits, by: str) -> NDArray[np.int64]:
    """(n,) place of each visit's group; those of whom it was not read are unsure."""
    groups = GROUPS[by]
    if by == "emotion":
        known = ~np.isnan(visits.emotion).any(1)
        return np.where(known, np.nan_to_num(visits.emotion).argmax(1), groups.index(UNSURE))
    place = {name: number for number, name in enumerate(groups)}
    labels: NDArray[np.object_] = getattr(visits, by)
    return np.array([place.get(label, place[UNSURE]) for label in labels], np.int64)


def _groups(
    visits: Visits, by: str, places: NDArray[np.int64], few: NDArray[np.bool_] | None, least: int
) -> dict[str, Measures]:
    """Without small groups; `few` are those that are known to be."""
    names = GROUPS[by]
    groups = measures_of_groups(places, len(names), visits.seen_s, visits.attention_s)
    return dict(zip(names, _told(groups, few, least), strict=True))


def _told(groups: Sequence[Measures], few: NDArray[np.bool_] | None, least: int) -> list[Measures]:
    """Groups whose sum is told, without what is not."""
    everybody = [np.arange(len(groups))]
    if few is None:
        few = small_cells(np.array([group.visits for group in groups]), everybody, least=least)
    watchers = np.array([group.watchers for group in groups])
    return without_few(groups, few, small_cells(watchers, everybody, least=least, hidden=few))


def _ages(age: NDArray[np.int64], gender: NDArray[np.int64]) -> NDArray[np.int64]:
    """(genders, age groups) visits."""
    genders, ages = len(GROUPS["gender"]), len(GROUPS["age_group"])
    return np.bincount(gender * ages + age, minlength=genders * ages).reshape(genders, ages)


def _funnel(attention_s: Floats, least: int) -> dict[float, int | None]:
    counts = {seconds: int((attention_s >= seconds).sum()) for seconds in LOOKS_S}
    return {seconds: None if 0 < count < least else count for seconds, count in counts.items()}


def _unique(records: Records) -> UniqueVisitors | None:
    """Of all visits. Those of sessions with different networks are estimated one by one, and added up."""
    visits, sessions = records.visits, records.sessions
    networks = {session.thresholds for session in sessions if session.thresholds is not None}
    estimates = []
    for network in networks:
        chosen = np.isin(visits.session, [i for i, one in enumerate(sessions) if one.thresholds == network])
        evidence = Evidence(
            compared=visits.compared[chosen],
            best=visits.best_similarity[chosen],
            own=visits.own_similarity[chosen],
            other=visits.other_similarity[chosen],
        )
        estimate = unique_visitors(evidence, network)
        if estimate is not None:
            estimates.append(estimate)
    return UniqueVisitors.total(estimates)
