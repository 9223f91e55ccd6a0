from __future__ import annotations

import numpy as np
import pytest

from mien.faces import Faces
from mien.live.people_events import PeopleEvents
from mien.live.person import Person, Presence
from mien.live.track import TrackState


def person(track_id, time_s, *, male=0.9, settled=False, began_s=0.0):
    faces = Faces(
        boxes=np.array([[0, 0, 50, 60]]),
        scores=np.array([0.9]),
        track_id=np.array([track_id]),
        gender=np.array([[1 - male, male]]),
    )
    presence = Presence(
        state=TrackState.CONFIRMED,
        first_s=0.0,
        began_s=began_s,
        last_s=time_s,
        seen_s=time_s,
        attention_s=None,
        visits=1,
        settled=settled,
        emotion_shares=None,
    )
    return Person(faces, 0, presence)


@pytest.fixture
def events():
    return PeopleEvents(profile_every_s=5.0, leave_after_s=2.0)


def told(found):
    return [(event.kind, event.person.track_id, dict(event.details)) for event in found]


def test_one_who_stays(events):
    found = []
    for step in range(13):
        found += events.update([person(1, float(step))], float(step), step)
    assert [(event.kind, event.time_s, event.details) for event in found] == [
        ("appeared", 0.0, {"returned": False}),
        ("profile", 5.0, {"reason": "regular"}),
        ("profile", 10.0, {"reason": "regular"}),
    ]


def test_a_profile_that_settles_is_told_once(events):
    steps = [(0.0, False), (0.1, True), (0.2, False), (0.3, True)]
    found = [
        event for time_s, settled in steps for event in events.update([person(1, time_s, settled=settled)], time_s, 0)
    ]
    assert told(found) == [("appeared", 1, {"returned": False}), ("profile", 1, {"reason": "settled"})]


def test_a_label_that_changes(events):
    shares = [0.9, 0.9, 0.2, 0.2, 0.2, 0.2]
    times = [0.0, 0.5, 0.9, 1.0, 1.1, 2.2]
    found = []
    for time_s, male in zip(times, shares, strict=True):
        found += events.update([person(1, time_s, male=male)], time_s, 0)
    assert [(event.time_s, event.details) for event in found[1:]] == [
        (1.0, {"reason": "changed", "changed": ["gender"]})
    ]


def test_one_who_leaves_and_comes_back(events):
    events.update([person(1, 0.0)], 0.0, 0)
    events.update([person(1, 4.0)], 4.0, 1)
    assert events.update([], 6.0, 2) == ()
    (left,) = events.update([], 6.1, 3)
    assert (left.kind, left.time_s, left.frame, left.details) == ("left", 6.1, 3, {"duration_s": 4.0, "reason": "away"})
    assert events.has_left(1)
    assert events.update([], 7.0, 4) == ()
    assert told(events.update([person(1, 8.0, began_s=8.0)], 8.0, 5)) == [("appeared", 1, {"returned": True})]
    assert not events.has_left(1)
    assert told(events.end(9.0, 6)) == [("left", 1, {"duration_s": 0.0, "reason": "end"})]
    assert events.end(9.0, 6) == ()


def test_one_whom_the_tracker_gives_up_has_left(events):
    events.update([person(1, 0.0), person(2, 0.0)], 0.0, 0)
    events.drop([1, 7], 0.5, 1)
    assert told(events.update([person(2, 0.5)], 0.5, 1)) == [("left", 1, {"duration_s": 0.0, "reason": "away"})]
    assert not events.has_left(1)
    assert not events.has_left(7)


def test_two_who_turn_out_to_be_one(events):
    events.update([person(1, 0.0)], 0.0, 0)
    events.update([], 3.0, 1)
    events.update([person(2, 4.0)], 4.0, 2)
    events.rename(1, 2, 5.0, 3)
    found = events.update([person(1, 5.0, began_s=4.0)], 5.0, 3)
    assert told(found) == [("merged", 1, {"was": 2}), ("appeared", 1, {"returned": True})]
    assert told(events.end(6.0, 4)) == [("left", 1, {"duration_s": 1.0, "reason": "end"})]


def test_one_recognised_before_anything_was_told(events):
    events.update([person(1, 0.0)], 0.0, 0)
    events.rename(1, 2, 0.5, 1)
    assert events.update([person(1, 0.5)], 0.5, 1) == ()


def test_who_somebody_is_is_told_as_soon_as_it_is_known(events):
    def known(name, time_s):
        one = person(1, time_s)
        return one if name is None else one.named(name or None)

    steps = [(0.0, None), (0.1, ""), (0.2, ""), (0.3, "Ada"), (0.4, "Ada"), (0.5, "")]  # "" for unknown
    found = [
        (event.time_s, event.person.who, dict(event.details))
        for time_s, name in steps
        for event in events.update([known(name, time_s)], time_s, 0)
    ]
    news = {"reason": "changed", "changed": ["identity"]}
    assert found == [
        (0.0, None, {"returned": False}),
        (0.1, "unknown", news),
        (0.3, "Ada", news),
        (0.5, "unknown", news),
    ]
