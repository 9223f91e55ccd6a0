"""People who do what a test says, frame by frame, and stores to keep them in."""

from __future__ import annotations

import threading

import numpy as np
import pytest

from mien.audience.recorder import Recorder
from mien.audience.store import Store
from mien.audience.stream import Stream
from mien.faces import Faces
from mien.live.event import Event
from mien.live.figures import LiveFigures
from mien.live.person import Person, Presence
from mien.live.track import TrackState
from mien.live.watched_frame import WatchedFrame
from mien.vocabulary import EMOTIONS

NOW = 1_780_308_000.0  # Monday, 1 June 2026, 10:00 UTC
FIGURES = LiveFigures(
    captured=0, dropped=0, processed=0, skipped=0, displayed=0, captured_fps=0.0, processed_fps=0.0, displayed_fps=0.0,
    latency_p50_ms=None, latency_p95_ms=None, every=1, budget_ms=None, stages={},
)  # fmt: skip
HAPPY = [0.0, 0.0, 0.0, 0.75, 0.0, 0.0, 0.25]


def make_person(
    track_id,
    *,
    first_s=0.0,
    last_s=0.0,
    seen_s=0.0,
    attention_s=None,
    visits=1,
    emotion=HAPPY,
    age=34.0,
    female=0.9,
    pose=(10, 5, 0),
    unsure=(),
):
    """One person at one moment."""
    faces = Faces(
        boxes=[[0, 0, 50, 60]],
        scores=[0.9],
        track_id=[track_id],
        age=[age],
        age_interval=[[age - 6, age + 7]],
        age_coverage=0.8,
        gender=[[female, 1 - female]],
        race=[[0.4, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1]],
        emotion=None if emotion is None else [emotion],
        pose=None if pose is None else [pose],
        quality=[0.8],
        unsure={name: np.array([True]) for name in unsure},
    )
    shares = None if emotion is None else dict(zip(EMOTIONS, emotion, strict=True))
    presence = Presence(
        state=TrackState.CONFIRMED,
        first_s=first_s,
        began_s=first_s,
        last_s=last_s,
        seen_s=seen_s,
        attention_s=attention_s,
        visits=visits,
        settled=True,
        emotion_shares=shares,
    )
    return Person(faces, 0, presence)


def make_frame(time_s, people=(), *, events=(), looks=None):
    """A frame with these people."""
    return WatchedFrame(
        image=np.zeros((2, 2, 3), np.uint8),
        index=round(time_s * 10),
        time_s=time_s,
        source="film",
        people=tuple(people),
        events=tuple(events),
        stats=FIGURES,
        boxes=np.empty((0, 4), np.float32),
        looks=looks or {},
    )


def make_stay(track_id, start_s, end_s, *, step_s=0.25, looks_until_s=0.0, **told):
    """Frames of one person, who looks until a moment."""
    times = np.arange(start_s, end_s + 1e-9, step_s)
    return [
        make_frame(
            float(time_s),
            [
                make_person(
                    track_id,
                    first_s=start_s,
                    last_s=float(time_s),
                    seen_s=float(time_s - start_s),
                    attention_s=float(max(0.0, min(time_s, looks_until_s) - start_s)),
                    **told,
                )
            ],
        )
        for time_s in times
    ]


@pytest.fixture
def person():
    """`person(track_id, first_s=, last_s=, seen_s=, attention_s=, …)`: somebody at one moment."""
    return make_person


@pytest.fixture
def frame():
    """`frame(time_s, people, events=, looks=)`."""
    return make_frame


@pytest.fixture
def stay():
    """`stay(track_id, start_s, end_s, step_s=0.25, looks_until_s=0)`: frames of one person."""
    return make_stay


@pytest.fixture
def stays():
    """`stays((seconds in view, seconds of attention, expression, minute of arrival[, told]), …)`: frames of people."""

    def make(*people):
        for track_id, (seen_s, attention_s, emotion, minute, *told) in enumerate(people, 1):
            begin_s = 60.0 * minute
            for time_s in np.arange(0, seen_s + 0.01, 0.5).tolist():
                known = make_person(
                    track_id,
                    first_s=begin_s,
                    last_s=begin_s + time_s,
                    seen_s=time_s,
                    attention_s=None if attention_s is None else min(time_s, attention_s),
                    emotion=emotion,
                    **(told[0] if told else {}),
                )
                yield make_frame(begin_s + time_s, [known])

    return make


@pytest.fixture
def record():
    """`record(store, frames, began_at=, source="door", visitors=None)`: keeps them as one session."""

    def keep(store, frames, *, began_at, source="door", visitors=None):
        stream = Stream(source=source, is_live=False, began_at=began_at, networks=("emotion 1",))
        with Recorder(store, stream, visitors=visitors) as recording:
            for one in frames:
                recording.see(one)

    return keep


@pytest.fixture
def merged():
    """`merged(person, was)`: the event that tells that `was` is that person."""
    return lambda person, was: Event(kind="merged", time_s=0.0, frame=0, person=person, details={"was": was})


@pytest.fixture
def now():
    """Monday, 1 June 2026, 10:00 UTC, in seconds since 1970."""
    return NOW


@pytest.fixture(params=["sqlite", "postgresql"])
def address(request, tmp_path):
    """Of a store that is not there yet, in each kind of database."""
    if request.param == "postgresql":
        return request.getfixturevalue("postgres_url")
    return str(tmp_path / "audience.db")


@pytest.fixture
def store(address):
    """An empty store, in each kind of database."""
    with Store(address, create=True) as made:
        yield made


@pytest.fixture
def file_store(tmp_path):
    """An empty store in a file."""
    with Store(tmp_path / "audience.db", create=True) as made:
        yield made


@pytest.fixture(autouse=True)
def no_thread_is_left():
    """Whatever a test does to a recorder, its thread ends."""
    before = set(threading.enumerate())
    yield
    left = [thread.name for thread in set(threading.enumerate()) - before if thread.name.startswith("mien-")]
    assert left == []
