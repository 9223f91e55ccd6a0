"""Hours and days by the clock on the wall."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, tzinfo
from typing import Any, Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import numpy as np
from numpy.typing import NDArray

from mien.errors import InputError

STEPS_S: Final = (60, 300, 900, 3600, 86400)
"""Widths of the columns of a curve over time."""
MOST_COLUMNS: Final = 168
"""A week of hours; a longer time is told by days."""
_QUARTER_S: Final = 900  # offsets from UTC change at quarters of an hour only


def time_zone(name: str | None) -> tzinfo | None:
    """The zone of that name; None, for no name, is the one of this computer.

    Raises:
        InputError: there is none.
    """
    if name is None:
        return None
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise InputError(f"there is no time zone {name!r} here; write it as Europe/Berlin, or UTC") from error


def to_local(seconds: NDArray[Any], zone: tzinfo | None) -> NDArray[np.float64]:
    """What clocks on the wall show, as seconds since 1970 began there.

    Args:
        seconds: (n,) since 1970 in UTC.
        zone: of the place; None for this computer's.
    """
    quarters, place = np.unique(np.floor(np.asarray(seconds, np.float64) / _QUARTER_S), return_inverse=True)
    offsets = np.array([_offset_s(quarter * _QUARTER_S, zone) for quarter in quarters.tolist()])
    return np.asarray(seconds + offsets[place.ravel()]) if len(offsets) else np.asarray(seconds, np.float64)


def from_local(moment: datetime, zone: tzinfo | None) -> float:
    """Seconds since 1970 in UTC of a moment; without a zone of its own, by the clock on the wall there."""
    if moment.tzinfo is None and zone is not None:
        moment = moment.replace(tzinfo=zone)
    return moment.timestamp()


def parse_moment(text: str, zone: tzinfo | None) -> float:
    """Seconds since 1970 of a date or a time as ISO 8601 writes it.

    Raises:
        InputError: it is none.
    """
    try:
        return from_local(datetime.fromisoformat(text), zone)
    except (ValueError, OverflowError) as error:
        raise InputError(f"{text!r} is no time; write it as 2026-03-31 or 2026-03-31T18:30") from error


def step_for(length_s: float) -> int:
    """The narrowest of `STEPS_S` by which a time of that length has no more than `MOST_COLUMNS` columns.

    >>> step_for(7200), step_for(86400), step_for(7 * 86400), step_for(8 * 86400)
    (60, 900, 3600, 86400)
    """
    return next((step for step in STEPS_S if length_s <= step * MOST_COLUMNS), STEPS_S[-1])


def wall_time(local_s: float) -> datetime:
    """What `to_local` gave, as a date and time without a zone."""
    return datetime(1970, 1, 1) + timedelta(seconds=local_s)


def _offset_s(seconds: float, zone: tzinfo | None) -> float:
    moment = datetime.fromtimestamp(seconds, UTC).astimezone(zone)
    offset = moment.utcoffset()
    return 0.0 if offset is None else offset.total_seconds()
