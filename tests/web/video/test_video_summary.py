import numpy as np
import pytest

from mien.faces import Faces
from mien.live.event import Event
from mien.live.figures import LiveFigures
from mien.live.person import Person, Presence
from mien.live.track import TrackState
from mien.live.watched_frame import WatchedFrame
from mien.vocabulary import EMOTIONS
from mien.web.video.summary import Summary

HAPPY, SAD = (np.eye(7, dtype=np.float32)[[EMOTIONS.index(name)]] for name in ("happy", "sad"))


def person(track_id, emotion=None):
    faces = Faces(
        boxes=np.array([[0, 0, 10, 10]], np.float32),
        scores=np.ones(1, np.float32),
        track_id=np.array([track_id]),
        emotion=emotion,
    )
    times = dict.fromkeys(("first_s", "began_s", "last_s", "seen_s"), 0.0)
    rest = {"attention_s": None, "visits": 1, "settled": False, "emotion_shares": None}
    return Person(faces, 0, Presence(state=TrackState.CONFIRMED, **times, **rest))


@pytest.fixture(scope="module")
def figures():
    numbers = dict.fromkeys(("captured", "dropped", "processed", "skipped", "displayed"), 0)
    rates = dict.fromkeys(("captured_fps", "processed_fps", "displayed_fps"), 0.0)
    none = dict.fromkeys(("latency_p50_ms", "latency_p95_ms", "budget_ms"))
    return LiveFigures(**numbers, **rates, **none, every=1, stages={})


@pytest.fixture
def noted(figures):
    """`noted([(time, people), …], events={time: event})`: what a summary tells of these frames."""

    def note(frames, events=None):
        summary = Summary()
        for index, (time_s, people) in enumerate(frames):
            told = tuple(event for at, event in (events or {}).items() if at == time_s)
            summary.note(
                WatchedFrame(
                    image=np.zeros((8, 8, 3), np.uint8),
                    index=index,
                    time_s=time_s,
                    source="clip",
                    people=tuple(people),
                    events=told,
                    stats=figures,
                    boxes=np.zeros((0, 4), np.float32),
                )
            )
        return summary.to_dicts()

    return note


def test_nobody(noted):
    assert noted([(0.0, []), (0.04, [])]) == []


def test_stays_are_divided_by_absences_and_not_by_moments(noted):
    times = (0.0, 0.1, 0.2, 0.6, 0.7, 1.3, 1.4)
    (only,) = noted([(time_s, [person(1)]) for time_s in times])
    assert only["in_view"] == [[0.0, 0.7], [1.3, 1.4]]
    assert only["emotion_over_time"] is None


def test_expressions_are_sampled_five_times_a_second(noted):
    frames = [(step / 25, [person(1, HAPPY if step < 13 else SAD)]) for step in range(26)]
    over_time = noted(frames)[0]["emotion_over_time"]
    assert over_time["time_s"] == [0.0, 0.2, 0.4, 0.6, 0.8, 1.0]
    assert over_time["probabilities"]["happy"] == [1, 1, 1, 0, 0, 0]
    assert over_time["probabilities"]["sad"] == [0, 0, 0, 1, 1, 1]
    assert list(over_time["probabilities"]) == list(EMOTIONS)


def test_people_come_in_the_order_in_which_they_came(noted):
    told = noted([(0.0, [person(7)]), (0.1, [person(2), person(7)]), (0.2, [person(4)]), (0.2, [person(3), person(4)])])
    assert [one["track_id"] for one in told] == [7, 2, 3, 4]


def test_two_who_turn_out_to_be_one(noted):
    merged = Event(kind="merged", time_s=2.1, frame=3, person=person(1), details={"was": 2})
    frames = [(0.0, [person(1, HAPPY)]), (2.0, [person(2, SAD)]), (2.1, [person(1, SAD)])]
    (only,) = noted(frames, {2.1: merged})
    assert only["track_id"] == 1
    assert only["in_view"] == [[0.0, 0.0], [2.0, 2.1]]
    assert only["emotion_over_time"]["time_s"] == [0.0, 2.0]
