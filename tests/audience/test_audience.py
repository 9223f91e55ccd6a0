"""From people in frames, through a store, to the figures of an audience."""

from __future__ import annotations

import json
from datetime import date, datetime

import numpy as np
import pytest

from mien.audience.audience import audience_of
from mien.audience.periods import time_zone
from mien.audience.read import read
from mien.audience.retention import purge
from mien.audience.visitors import Visitors
from mien.errors import UnknownNameError
from mien.models.thresholds import Thresholds
from mien.vocabulary import EMOTIONS

UTC = time_zone("UTC")
SAD = [0.1, 0.0, 0.0, 0.0, 0.9, 0.0, 0.0]


@pytest.fixture
def audience(store, record, stays, now):
    """Six people in an hour from 10:00 UTC."""
    happy = [0.0, 0.0, 0.0, 0.75, 0.0, 0.0, 0.25]
    people = [
        (4.0, 4.0, happy, 0),
        (8.0, 2.0, happy, 5),
        (6.0, 0.0, SAD, 20),
        (2.0, None, None, 35),
        (10.0, 5.0, SAD, 50),
    ]
    record(store, stays(*people, (3.0, 0.0, happy, 59)), began_at=now)
    return lambda **options: audience_of(read(store), **{"zone": UTC, "least": 1} | options)


def test_the_headline_figures(audience):
    told = audience()
    everyone = told.everyone
    assert (everyone.visits, everyone.read, everyone.watchers) == (6, 5, 3)
    assert everyone.conversion.value == pytest.approx(3 / 5)
    assert everyone.dwell_s.value == pytest.approx((4 + 8 + 10) / 3)
    assert everyone.attention_s.value == pytest.approx((4 + 2 + 5) / 3)
    assert everyone.attraction.value == pytest.approx(11 / 22)
    assert dict(told.funnel) == {0.2: 3, 2.0: 3, 5.0: 1, 10.0: 0}
    assert (told.began, told.ended) == (datetime(2026, 6, 1, 10), datetime(2026, 6, 1, 11))
    assert told.watched_s == pytest.approx(59 * 60 + 3)
    assert (told.sources, told.unique) == (("door",), None)


def test_groups(audience):
    groups = audience().groups
    assert groups["gender"]["female"].visits == 6
    assert groups["age_group"]["young adult"].watchers == 3
    assert {name: one.visits for name, one in groups["emotion"].items() if one.visits} == {
        "happy": 3,
        "sad": 2,
        "unsure": 1,
    }
    assert groups["emotion"]["sad"].conversion.value == 0.5
    assert audience().ages_of["female"]["young adult"] == 6


def test_hours_and_the_curve(audience):
    told = audience()
    assert told.hours.days == (date(2026, 6, 1),)
    assert [(hour, visits) for hour, visits in enumerate(told.hours.visits[0]) if visits] == [(10, 6)]
    assert told.hours.peak() == (datetime(2026, 6, 1, 10), 6)
    assert (told.over_time.step_s, len(told.over_time.slots)) == (60, 60)
    assert [slot.start.minute for slot in told.over_time.slots if slot.measures.visits] == [0, 5, 20, 35, 50, 59]
    assert (told.by_day, told.by_hour_of_day) == (None, None)
    assert sum(slot.watched_s for slot in told.over_time.slots) == pytest.approx(told.watched_s)


def test_hours_are_those_of_the_place(audience):
    told = audience(zone=time_zone("Asia/Kathmandu"))
    assert told.began == datetime(2026, 6, 1, 15, 45)
    assert [hour for hour, visits in enumerate(told.hours.visits[0]) if visits] == [15, 16]


def test_expressions_by_time_in_view_and_by_time_of_looking(audience):
    shares = {one.label: one for one in audience().expressions}
    seen = {"happy": 4 + 8 + 3, "sad": 6 + 10, "unsure": 2}
    for label in (*EMOTIONS, "unsure"):
        assert shares[label].in_view.value == pytest.approx(seen.get(label, 0) / 33)
    assert shares["happy"].looking.value == pytest.approx(6 / 11)
    assert shares["sad"].looking.value == pytest.approx(5 / 11)
    over_time = audience().expressions_over_time
    assert [slot.start.minute for slot in over_time] == [0, 15, 30, 45]
    assert [slot.shares["sad"] for slot in over_time] == pytest.approx([0, 1, 0, 10 / 13])


def test_small_cells_are_hidden_everywhere(audience):
    told = audience(least=5)
    assert told.everyone.visits == 6
    assert (told.everyone.watchers, told.everyone.dwell_s.value) == (None, None)  # three of six
    assert {one.visits for one in told.groups["emotion"].values()} == {None, 0}
    assert told.groups["gender"]["female"].watchers is None
    assert all(slot.measures.visits in (None, 0) for slot in told.over_time.slots)
    assert dict(told.funnel) == {0.2: None, 2.0: None, 5.0: None, 10.0: 0}
    assert [slot.shares for slot in told.expressions_over_time] == [None] * 4
    few = audience(least=7)
    assert (few.everyone.visits, few.expressions, few.hours.peak()) == (None, (), None)


def test_a_quarter_of_an_hour_does_not_follow_from_its_hour(store, record, stays, now):
    minutes = [*range(10), 16, 17, 18, *(30 + place / 4 for place in range(20)), 185, 186, *range(195, 205)]
    record(store, stays(*[(2.0, 1.0, SAD, minute) for minute in minutes], (2.0, 1.0, SAD, 600)), began_at=now)
    told = audience_of(read(store), zone=UTC)
    assert told.over_time.step_s == 300
    hours = dict(enumerate(told.hours.visits[0]))
    for hour, visits in hours.items():
        slots = [slot.measures.visits for slot in told.over_time.slots if slot.start.hour == hour]
        assert visits is None or slots.count(None) != 1
    assert (hours[10], hours[12]) == (33, 0)


def test_json_is_plain_and_complete(audience):
    told = json.loads(json.dumps(audience().to_dict(), allow_nan=False))
    assert told["everyone"]["attraction"] == {"value": 0.5, "n": 3} | {
        end: told["everyone"]["attraction"][end] for end in ("low", "high")
    }
    assert told["peak_hour"] == {"start": "2026-06-01T10:00:00", "visits": 6}
    assert told["funnel"][0] == {"attention_s": 0.2, "people": 3}
    assert told["groups"]["gender"]["female"]["visits"] == 6


def at(hour, minute):
    return datetime(2026, 6, 1, hour, minute)


def test_several_days_several_cameras_and_a_time_without_any(store, record, stays, now):
    for source, began_at in (("door", now), ("hall", now), ("door", now + 2 * 86400)):
        record(
            store,
            stays(*[(2.0, 1.0, SAD, minute) for minute in range(6)]),
            began_at=began_at,
            source=source,
        )
    told = audience_of(read(store), zone=UTC, least=1)
    assert told.sources == ("door", "hall")
    assert [slot.measures.visits for slot in told.by_day.slots] == [12, 0, 6]
    assert [slot.watched_s > 0 for slot in told.by_day.slots] == [True, False, True]
    (hour,) = [slot for slot in told.by_hour_of_day.slots if slot.measures.visits]
    assert (hour.start.hour, hour.measures.visits, hour.watched_s) == (10, 18, pytest.approx(3 * 302))
    assert told.over_time.step_s == 3600
    door = audience_of(read(store, sources=["door"]), zone=UTC, least=1)
    assert door.everyone.visits == 12
    later = audience_of(read(store, since=now + 86400), zone=UTC, least=1)
    assert (later.everyone.visits, later.began) == (6, datetime(2026, 6, 3, 10))
    assert audience_of(read(store, until=now + 1), zone=UTC, least=1).everyone.visits == 2
    part = audience_of(read(store, since=now + 60, until=now + 180), zone=UTC, least=1)
    assert (part.began, part.ended, part.everyone.visits) == (at(10, 1), at(10, 3), 4)
    with pytest.raises(UnknownNameError, match="unknown source 'attic'; known: door, hall"):
        read(store, sources=["attic"])
    assert read(store, since=now + 30 * 86400) is None


def test_a_gap_in_a_session_has_nothing_to_report(store, record, stays, now):
    record(store, stays((3.0, 1.0, SAD, 0), (3.0, 1.0, SAD, 50)), began_at=now)
    with store.writing() as connection:
        connection.exec_driver_sql("DELETE FROM observed")
    assert read(store, since=now + 600, until=now + 1200) is None
    assert len(read(store, since=now + 600).visits) == 1


def test_the_clock_was_set_back_by_two_hours(store, record, stays, now):
    record(store, stays((3.0, 1.0, SAD, 0), (3.0, 1.0, SAD, 1)), began_at=now)
    with store.writing() as connection:
        connection.exec_driver_sql(f"UPDATE sessions SET last_at = {now - 7100}")
        connection.exec_driver_sql(
            f"UPDATE visits SET began_at = {now - 7140}, last_at = {now - 7137} WHERE track_id = 2"
        )
    assert len(read(store, since=now).visits) == 1
    assert len(read(store, until=now).visits) == 1
    assert read(store, since=now + 60) is None
    assert read(store, until=now - 7200) is None
    purged = purge(store, before=now - 3600)
    assert (purged.visits, purged.sessions) == (1, 0)
    assert len(read(store).visits) == 1


def test_an_hour_in_which_a_camera_watched_and_nobody_came(store, record, frame, now):
    record(store, [frame(float(second)) for second in range(0, 120, 4)], began_at=now)
    told = audience_of(read(store), zone=UTC)
    assert (told.everyone.visits, told.everyone.conversion.value, told.unique) == (0, None, None)
    assert [slot.measures.visits for slot in told.over_time.slots] == [0, 0]
    assert told.watched_s == 116


def test_unique_visitors_of_the_store(store, record, frame, person, now):
    """Six people, of whom two come again."""
    table = Thresholds(similarity=(0.1, 0.3, 0.5), fmr=(0.5, 0.001, 1e-6))
    looks = np.eye(8, dtype=np.float32)
    frames = []
    for track_id, face in enumerate((0, 1, 2, 3, 4, 5, 1, 3), 1):
        for second in (0.0, 1.0):
            first_s = 60.0 * track_id
            somebody = person(track_id, first_s=first_s, last_s=first_s + second, seen_s=second, attention_s=second)
            frames.append(frame(first_s + second, [somebody], looks={track_id: looks[face]}))
    record(store, frames, began_at=now, visitors=Visitors(table))
    told = audience_of(read(store), zone=UTC).unique
    assert (told.value, told.visits) == (6, 8)
    assert told.low <= 6 <= told.high


def test_a_session_without_an_end_is_told_as_killed_or_as_running(store, record, frame, now, monkeypatch):
    record(store, [frame(0.0), frame(1.0)], began_at=now)
    with store.writing() as connection:
        connection.exec_driver_sql("UPDATE sessions SET ended_at = NULL")
    assert [one.state for one in read(store).sessions] == ["killed"]
    monkeypatch.setattr("mien.audience.read.time.time", lambda: now + 5)
    assert [one.state for one in read(store).sessions] == ["running"]
