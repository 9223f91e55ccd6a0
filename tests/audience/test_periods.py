from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import numpy as np
import pytest

from mien.audience.periods import parse_moment, time_zone, to_local, wall_time
from mien.errors import InputError

BERLIN = time_zone("Europe/Berlin")


def at(*when):
    return datetime(*when, tzinfo=UTC).timestamp()


@pytest.mark.parametrize(
    ("zone", "utc", "local"),
    [
        ("UTC", (2026, 6, 1, 10), (2026, 6, 1, 10)),
        ("Europe/Berlin", (2026, 6, 1, 10), (2026, 6, 1, 12)),
        ("Europe/Berlin", (2026, 1, 1, 10), (2026, 1, 1, 11)),
        ("Europe/Berlin", (2026, 3, 29, 0, 59), (2026, 3, 29, 1, 59)),
        ("Europe/Berlin", (2026, 3, 29, 1, 0), (2026, 3, 29, 3, 0)),  # summer time begins
        ("Asia/Kathmandu", (2026, 6, 1, 10), (2026, 6, 1, 15, 45)),
        ("America/New_York", (2026, 6, 1, 2), (2026, 5, 31, 22)),
    ],
)
def test_times_are_those_of_clocks_on_the_wall(zone, utc, local):
    (seconds,) = to_local(np.array([at(*utc)]), time_zone(zone))
    assert wall_time(float(seconds)) == datetime(*local)


def test_many_times_at_once_and_none():
    seconds = at(2026, 3, 28) + np.arange(0, 2 * 86400, 1800.0)
    local = to_local(seconds, BERLIN)
    assert set(np.diff(local).tolist()) == {1800.0, 5400.0}
    assert to_local(np.array([]), BERLIN).shape == (0,)


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-06-01", (2026, 5, 31, 22)),
        ("2026-06-01T12:30", (2026, 6, 1, 10, 30)),
        ("2026-06-01T12:30:00+00:00", (2026, 6, 1, 12, 30)),
    ],
)
def test_moments_are_read_as_of_that_zone(text, moment):
    assert parse_moment(text, BERLIN) == at(*moment)


def test_without_a_zone_they_are_those_of_this_computer():
    here = datetime(2026, 6, 1, 12).astimezone()
    assert parse_moment("2026-06-01T12:00", None) == here.timestamp()
    (seconds,) = to_local(np.array([here.timestamp()]), None)
    assert wall_time(float(seconds)) == datetime(2026, 6, 1, 12)
    fixed = timezone(timedelta(hours=2))
    assert parse_moment("2026-06-01T12:00", fixed) == at(2026, 6, 1, 10)


@pytest.mark.parametrize("text", ["", "yesterday", "2026-13-01", "12:30"])
def test_what_is_no_time(text):
    with pytest.raises(InputError, match="is no time; write it as 2026-03-31 or"):
        parse_moment(text, None)


@pytest.mark.parametrize("name", ["Mars/Olympus", "", "../etc/passwd", "europe"])
def test_what_is_no_time_zone(name):
    with pytest.raises(InputError, match="there is no time zone"):
        time_zone(name)
