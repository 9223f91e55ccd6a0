"""An audience over time: by columns of a curve, by days, and by the hour of the day."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime, time
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from mien.audience.measures import Floats, Measures
from mien.audience.periods import wall_time
from mien.audience.suppress import small_cells

HOUR_S: Final = 3600
DAY_S: Final = 86400


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


@dataclass(frozen=True, kw_only=True, eq=False)
class Moments:
    """What happened when, by the clock on the wall, in seconds since 1970 began there.

    Attributes:
        began: (n,) of visits.
        seen_s: (n,) of them.
        attention_s: (n,) of them.
        minute: (k,) in which somebody watched.
        watched_s: (k,) seconds of it.
    """

    began: Floats
    seen_s: Floats
    attention_s: Floats
    minute: Floats
    watched_s: Floats

    def span(self) -> tuple[float, float]:
        """From the first moment to the last."""
        ends = [*self.began[[0, -1]]] if len(self.began) else []
        if len(self.minute):
            ends += [self.minute.min(), self.minute.max() + 60]
        return float(min(ends)), float(max(ends))


def over_time(moments: Moments, step_s: int, *, least: int) -> Timeline:
    """All of the time, in slots of one width; small cells are left out, see `mien.audience.suppress`."""
    start, end = moments.span()
    first, count = int(start // step_s), int((end - 1) // step_s) - int(start // step_s) + 1
    starts = (first + np.arange(count)) * step_s
    days, hours = starts // DAY_S, starts % DAY_S // step_s
    lines = [np.arange(count)] + [np.flatnonzero(days == day) for day in np.unique(days)]
    if step_s >= HOUR_S:
        lines += [np.flatnonzero(hours == hour) for hour in np.unique(hours)]
    of_visit = (moments.began // step_s).astype(np.int64) - first
    of_minute = (moments.minute // step_s).astype(np.int64) - first
    return Timeline(step_s=step_s, slots=_slots(moments, starts, of_visit, of_minute, lines, least))


def by_hour_of_day(moments: Moments, *, least: int) -> Timeline:
    """The 24 hours of the day, all days together."""
    of_visit = (moments.began % DAY_S // HOUR_S).astype(np.int64)
    of_minute = (moments.minute % DAY_S // HOUR_S).astype(np.int64)
    slots = _slots(moments, np.arange(24) * HOUR_S, of_visit, of_minute, [np.arange(24)], least)
    return Timeline(step_s=HOUR_S, slots=slots)


def hours_of_days(moments: Moments, *, least: int) -> HoursOfDays:
    """People in every hour of every day."""
    start, end = moments.span()
    first, count = int(start // DAY_S), int((end - 1) // DAY_S) - int(start // DAY_S) + 1
    of_visit = (moments.began // HOUR_S).astype(np.int64) - first * 24
    of_minute = (moments.minute // HOUR_S).astype(np.int64) - first * 24
    visits = np.bincount(of_visit, minlength=count * 24)
    watched_s = np.bincount(of_minute, moments.watched_s, minlength=count * 24)
    places = np.arange(count * 24).reshape(count, 24)
    few = small_cells(visits, [*places, *places.T], least=least)
    return HoursOfDays(
        days=tuple(wall_time(float((first + day) * DAY_S)).date() for day in range(count)),
        visits=tuple(tuple(None if few[place] else int(visits[place]) for place in row) for row in places.tolist()),
        watched_s=tuple(tuple(float(watched_s[place]) for place in row) for row in places.tolist()),
    )


def measured_groups(
    of_visit: NDArray[np.int64],
    count: int,
    seen_s: Floats,
    attention_s: Floats,
    lines: Sequence[NDArray[np.int64]],
    *,
    least: int,
) -> list[Measures]:
    """The measures of groups of visits, without small cells.

    Args:
        of_visit: (n,) place of each visit's group.
        count: of groups.
        seen_s: (n,).
        attention_s: (n,).
        lines: places of groups whose sum is told elsewhere.
        least: smallest count that is told.
    """
    order = np.argsort(of_visit, kind="stable")
    parts = np.split(order, np.searchsorted(of_visit[order], np.arange(1, count)))
    groups = [Measures.of(seen_s[part], attention_s[part]) for part in parts]
    few = small_cells(np.array([group.visits for group in groups]), lines, least=least)
    watchers = np.array([group.watchers for group in groups])
    few_watchers = few | small_cells(watchers, lines, least=least)
    return [
        group.hidden(all_of_it=bool(hide)) if hide or hide_watchers else group
        for group, hide, hide_watchers in zip(groups, few, few_watchers, strict=True)
    ]


def _slots(
    moments: Moments,
    starts: NDArray[np.int64],
    of_visit: NDArray[np.int64],
    of_minute: NDArray[np.int64],
    lines: Sequence[NDArray[np.int64]],
    least: int,
) -> tuple[Slot, ...]:
    measures = measured_groups(of_visit, len(starts), moments.seen_s, moments.attention_s, lines, least=least)
    watched_s = np.bincount(of_minute, moments.watched_s, minlength=len(starts))
    return tuple(
        Slot(start=wall_time(float(start)), measures=one, watched_s=float(seconds))
        for start, one, seconds in zip(starts, measures, watched_s, strict=True)
    )
