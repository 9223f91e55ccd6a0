"""An audience over time: by columns of a curve, by days, and by the hour of the day."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime, time
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mien.audience.hidden_times import HiddenTimes
from mien.audience.measures import Floats, Measures
from mien.audience.moments import DAY_S, HOUR_S, Moments
from mien.audience.periods import wall_time


@dataclass(frozen=True, kw_only=True)
class Slot:
    """A stretch of time.

    Attributes:
        start: by the clock on the wall; of an hour of the day, on the first of January 1970.
        measures: of the visits that began in it.
        watched_s: seconds in it in which a camera watched, of all cameras together.
    """

    start: datetime
    measures: Measures
    watched_s: float

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready."""
        return asdict(self) | {"start": self.start.isoformat(), "measures": self.measures.to_dict()}


@dataclass(frozen=True, kw_only=True)
class Timeline:
    """Slots of one width, without gaps.

    Attributes:
        step_s: their width.
        slots: in order.
    """

    step_s: int
    slots: tuple[Slot, ...]

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready."""
        return {"step_s": self.step_s, "slots": [slot.to_dict() for slot in self.slots]}


@dataclass(frozen=True, kw_only=True)
class HoursOfDays:
    """People in every hour.

    Attributes:
        days: in order, without gaps.
        visits: day → the 24 hours → people; None where too few.
        watched_s: day → the 24 hours → seconds in which a camera watched, of all cameras together.
    """

    days: tuple[date, ...]
    visits: tuple[tuple[int | None, ...], ...]
    watched_s: tuple[tuple[float, ...], ...]

    def peak(self) -> tuple[datetime, int] | None:
        """The hour with most people, and their number; None where none is told."""
        told = [
            (visits, day, hour)
            for day, hours in zip(self.days, self.visits, strict=True)
            for hour, visits in enumerate(hours)
            if visits
        ]
        if not told:
            return None
        visits, day, hour = max(told, key=lambda one: one[0])
        return datetime.combine(day, time(hour)), visits

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready."""
        return {
            "days": [day.isoformat() for day in self.days],
            "visits": [list(hours) for hours in self.visits],
            "watched_s": [list(hours) for hours in self.watched_s],
        }


def over_time(moments: Moments, hidden: HiddenTimes) -> Timeline:
    """All of the time, in slots of one width."""
    starts = (hidden.first + np.arange(hidden.count)) * hidden.step_s
    of_visit = (moments.began // hidden.step_s).astype(np.int64) - hidden.first
    of_minute = (moments.minute // hidden.step_s).astype(np.int64) - hidden.first
    few, few_watchers = hidden.slots(hidden.visits), hidden.slots(hidden.watchers)
    return Timeline(
        step_s=hidden.step_s, slots=_slots(moments, starts, of_visit, of_minute, few=few, few_watchers=few_watchers)
    )


def by_day(moments: Moments, hidden: HiddenTimes) -> Timeline:
    """All days, without gaps."""
    starts = (hidden.begin + np.arange(len(hidden.visits.rows))) * DAY_S
    of_visit = (moments.began // DAY_S).astype(np.int64) - hidden.begin
    of_minute = (moments.minute // DAY_S).astype(np.int64) - hidden.begin
    few, few_watchers = hidden.visits.rows, hidden.watchers.rows
    return Timeline(
        step_s=DAY_S, slots=_slots(moments, starts, of_visit, of_minute, few=few, few_watchers=few_watchers)
    )


def by_hour_of_day(moments: Moments, hidden: HiddenTimes) -> Timeline:
    """The 24 hours of the day, all days together."""
    of_visit = (moments.began % DAY_S // HOUR_S).astype(np.int64)
    of_minute = (moments.minute % DAY_S // HOUR_S).astype(np.int64)
    few, few_watchers = hidden.visits.columns, hidden.watchers.columns
    slots = _slots(moments, np.arange(24) * HOUR_S, of_visit, of_minute, few=few, few_watchers=few_watchers)
    return Timeline(step_s=HOUR_S, slots=slots)


def hours_of_days(moments: Moments, hidden: HiddenTimes) -> HoursOfDays:
    """People in every hour of every day."""
    few, begin = hidden.visits.cells, hidden.begin
    of_visit = (moments.began // HOUR_S).astype(np.int64) - begin * 24
    of_minute = (moments.minute // HOUR_S).astype(np.int64) - begin * 24
    visits = np.bincount(of_visit, minlength=few.size).tolist()
    watched_s = np.bincount(of_minute, moments.watched_s, minlength=few.size).tolist()
    told = [None if hide else count for count, hide in zip(visits, few.ravel(), strict=True)]
    days = range(0, few.size, 24)
    return HoursOfDays(
        days=tuple(wall_time(float((begin + day) * DAY_S)).date() for day in range(len(few))),
        visits=tuple(tuple(told[day : day + 24]) for day in days),
        watched_s=tuple(tuple(watched_s[day : day + 24]) for day in days),
    )


def measures_of_groups(of_visit: NDArray[np.int64], count: int, seen_s: Floats, attention_s: Floats) -> list[Measures]:
    """The measures of groups of visits, small ones too.

    Args:
        of_visit: (n,) place of each visit's group.
        count: of groups.
        seen_s: (n,).
        attention_s: (n,).
    """
    order = np.argsort(of_visit, kind="stable")
    parts = np.split(order, np.searchsorted(of_visit[order], np.arange(1, count)))
    return [Measures.of(seen_s[part], attention_s[part]) for part in parts]


def without_few(groups: Sequence[Measures], few: NDArray[np.bool_], few_watchers: NDArray[np.bool_]) -> list[Measures]:
    """The same without what is not told: all of it where `few`, and what is told of watchers where `few_watchers`."""
    return [
        group.hidden(all_of_it=bool(hide)) if hide or hide_watchers else group
        for group, hide, hide_watchers in zip(groups, few, few_watchers, strict=True)
    ]


def _slots(
    moments: Moments,
    starts: NDArray[np.int64],
    of_visit: NDArray[np.int64],
    of_minute: NDArray[np.int64],
    *,
    few: NDArray[np.bool_],
    few_watchers: NDArray[np.bool_],
) -> tuple[Slot, ...]:
    groups = measures_of_groups(of_visit, len(starts), moments.seen_s, moments.attention_s)
    watched_s = np.bincount(of_minute, moments.watched_s, minlength=len(starts))
    return tuple(
        Slot(start=wall_time(float(start)), measures=one, watched_s=float(seconds))
        for start, one, seconds in zip(starts, without_few(groups, few, few_watchers), watched_s, strict=True)
    )
