from __future__ import annotations

import itertools
import json
import threading
import time
from dataclasses import replace

import numpy as np
import pytest

from mien.errors import InputError, SourceLostError, VideoError
from mien.faces import Faces
from mien.live.backoff import Backoff
from mien.live.engine import Engine
from mien.live.settings import LiveSettings
from mien.live.track import TrackState
from mien.live.tracker_config import TrackerConfig
from mien.models.thresholds import Thresholds

THREE = LiveSettings(tracker=TrackerConfig(confirm_hits=3))
"""People are those seen three times, whatever the tracker's default is."""
QUICK = Backoff(first_s=0.01, longest_s=0.02)
PATIENCE_S = 60  # reached only where a test fails


def wait_for(condition):
    end = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.001)


def told(frames, kind):
    return [(frame.index, event) for frame in frames for event in frame.events if event.kind == kind]


@pytest.fixture
def walk(squares):
    """`walk(count)`: two people in so many frames, one of them walking."""
    return lambda count: [squares([(20, 30, 70), (150 + 2 * step, 120, 80)]) for step in range(count)]


def test_all_frames_of_a_file_come_in_order_with_the_same_two_people(pictures, networks, walk):
    with Engine(pictures(walk(12)), networks(), settings=THREE) as engine:
        frames = list(engine)
        figures = engine.figures()
    assert [frame.index for frame in frames] == list(range(12))
    assert [[person.track_id for person in frame.people] for frame in frames] == [[], []] + [[1, 2]] * 10
    assert [frame.time_s for frame in frames] == pytest.approx([index / 25 for index in range(12)])
    assert (figures.captured, figures.dropped, figures.processed, figures.skipped, figures.displayed) == (
        12, 0, 12, 0, 12,
    )  # fmt: skip
    assert figures.stages["detection"].runs == 12
    assert figures.stages["emotion"].faces >= 2
    assert 0 < figures.latency_p50_ms <= figures.latency_p95_ms
    assert (figures.every, figures.budget_ms) == (1, None)
    json.dumps(figures.to_dict())


def test_people_are_told_of_from_their_first_to_their_last_frame(pictures, networks, walk):
    with Engine(pictures(walk(12)), networks(), settings=THREE) as engine:
        frames = list(engine)
        assert engine.events() == ()
    appeared, left = told(frames, "appeared"), told(frames, "left")
    assert [(index, event.person.track_id, event.details) for index, event in appeared] == [
        (2, 1, {"returned": False}),
        (2, 2, {"returned": False}),
    ]
    assert [(index, event.person.track_id, event.details) for index, event in left] == [
        (11, 1, {"duration_s": pytest.approx(9 / 25), "reason": "end"}),
        (11, 2, {"duration_s": pytest.approx(9 / 25), "reason": "end"}),
    ]
    person = frames[-1].people[1]
    assert person.seen_s == pytest.approx(9 / 25)
    assert (person.attention_s, person.age, person.gender, person.race, person.pose) == (None,) * 5
    assert person.emotion.label == "happy"
    assert person.emotion_shares["happy"] == pytest.approx(0.76, abs=1e-3)
    assert person.state is TrackState.CONFIRMED
    assert person.box == pytest.approx([150 + 22, 120, 230 + 22, 200], abs=6)
    record = json.loads(json.dumps(frames[-1].to_dict()))
    assert record["people"][1]["seen_s"] == 0.36
    assert [event["event"] for event in record["events"]] == ["left", "left"]
    assert record["events"][0]["person"]["track_id"] == 1


def test_a_video_with_nobody(pictures, networks, squares):
    with Engine(pictures([squares([])] * 6), networks()) as engine:
        frames = list(engine)
    assert [(frame.people, frame.events, len(frame.boxes)) for frame in frames] == [((), (), 0)] * 6
    assert (frames[0].draw() == frames[0].image).all()
    assert (frames[0].blurred() == frames[0].image).all()


def test_a_source_without_a_frame(pictures, networks):
    with Engine(pictures([]), networks()) as engine:
        assert list(engine) == []
        assert engine.figures().latency_p50_ms is None


def test_in_frames_that_are_not_searched_people_are_predicted(pictures, networks, walk):
    net = networks()
    with Engine(pictures(walk(10)), net, settings=LiveSettings(every=3)) as engine:
        frames = list(engine)
    assert net.detect.runs == 4  # frames 0, 3, 6, 9
    assert [[person.track_id for person in frame.people] for frame in frames[6:]] == [[1, 2]] * 4
    # The prediction keeps up with the one who walks.
    assert frames[8].people[1].box[0] == pytest.approx(150 + 16, abs=6)


def test_people_keep_their_ids_where_the_picture_changes_its_size(pictures, networks, squares):
    small = squares([(40, 60, 80)])
    large = squares([(80, 120, 160)], size=(480, 640))
    with Engine(pictures([small] * 4 + [large] * 4 + [small] * 4), networks()) as engine:
        frames = list(engine)
    assert {person.track_id for frame in frames for person in frame.people} == {1}
    assert len(told(frames, "appeared")) == 1


def test_boxes_to_be_hidden_are_of_everything_that_may_be_a_face(pictures, networks, squares):
    """Also of those not confirmed yet, of detections too weak to be people, and of what was there a moment ago."""
    image = squares([(20, 30, 70), (200, 30, 70, 100)])
    with Engine(pictures([image] * 4 + [squares([])] * 2), networks(), settings=THREE) as engine:
        frames = list(engine)
    assert [frame.boxes.tolist() for frame in frames[:1]] == [[[20, 30, 90, 100], [200, 30, 270, 100]]]
    assert [len(frame.people) for frame in frames] == [0, 0, 1, 1, 1, 1]
    assert [len(frame.boxes) for frame in frames] == [2] * 6  # those missed are hidden on
    assert frames[-1].people[0].state is TrackState.COASTING
    assert len(np.unique(frames[-1].blurred())) == 1
    eyes = np.s_[55:62, 38:46]  # a keypoint of the person who is shown
    assert len(np.unique(frames[-1].draw()[eyes])) > 1
    assert len(np.unique(frames[-1].draw(blur=True)[eyes])) == 1


@pytest.mark.parametrize(("seconds", "count"), [(0.2, 5), (0.01, 1), (100.0, 8)])
def test_a_file_for_some_seconds(pictures, networks, walk, seconds, count):
    with Engine(pictures(walk(8)), networks(), seconds=seconds) as engine:
        frames = list(engine)
    assert len(frames) == count
    assert len(told(frames, "left")) == len(frames[-1].people)


def test_of_a_camera_the_latest_result_is_given_with_all_events(pictures, networks, walk):
    gate = threading.Semaphore(0)
    source = pictures(walk(10), live=True, gate=gate)
    with Engine(source, networks(), settings=THREE) as engine:
        for number in range(1, 11):  # one after the other, so that each is processed
            gate.release()
            wait_for(lambda number=number: engine.figures().processed == number)
        frame = engine.get()
        gate.release()
        wait_for(lambda: engine.ended)
        figures = engine.figures()
    assert frame.index == 9
    assert [(event.kind, event.frame) for event in frame.events] == [("appeared", 2), ("appeared", 2)]
    assert (figures.captured, figures.processed, figures.displayed, figures.skipped) == (10, 10, 1, 9)
    assert figures.budget_ms is not None


def test_what_a_camera_gives_too_fast_is_dropped_and_counted(pictures, networks, walk):
    """The detector waits until all frames have come."""
    frames, searched = threading.Event(), networks()

    def detect(image, faces):
        frames.wait()
        return searched.detect(image, faces)

    with Engine(pictures(walk(20), live=True), networks(detect=detect)) as engine:
        wait_for(lambda: engine.figures().captured == 20)
        frames.set()
        given = list(engine)
        figures = engine.figures()
    assert given[-1].index == 19
    assert figures.dropped + figures.processed == 20
    assert figures.dropped >= 17


def test_a_camera_for_some_seconds_ends_with_everybody_leaving(pictures, networks, walk):
    source = pictures(walk(50), live=True, gate=(gate := threading.Semaphore(0)))
    with Engine(source, networks(), seconds=0.39) as engine:  # frame 10 is over it
        given = []
        for number in range(1, 12):
            gate.release()
            wait_for(lambda number=number: engine.figures().processed == number)
            given.append(engine.get())
        wait_for(lambda: engine.ended)
        gate.release()
    assert [event.details["reason"] for _, event in told(given, "left")] == ["end", "end"]


def test_a_camera_that_is_lost_is_an_event(pictures, networks, walk, lost):
    images = walk(8)
    gate = threading.Semaphore(0)
    source = pictures([*images[:4], lost, *images[4:]], live=True, gate=gate)
    with Engine(source, networks(), backoff=QUICK) as engine:
        for _ in range(5):
            gate.release()
        events = []
        wait_for(lambda: events.extend(engine.events()) or any(event.kind == "reconnecting" for event in events))
        assert [event.kind for event in events[:2]] == ["lost", "reconnecting"]
        assert (events[0].person, events[0].details) == (None, {"detail": "pictures: unplugged"})
        assert events[0].to_dict()["event"] == "lost"
        for _ in range(5):
            gate.release()
        frames = list(engine)
    kinds = [event.kind for event in itertools.chain(*(frame.events for frame in frames)) if event.person is None]
    assert kinds == ["back"]
    assert frames[-1].index == 7


def test_a_camera_that_is_given_up_is_an_error(pictures, networks, walk, lost):
    source = pictures([*walk(4), lost], live=True)
    engine = Engine(source, networks(), latest=False, backoff=Backoff(attempts=0))
    frames = []
    with engine, pytest.raises(SourceLostError, match="unplugged"):
        frames.extend(engine)
    told_of = [event for frame in frames for event in frame.events] + list(engine.events())
    assert [event.kind for event in told_of if event.person is None] == ["lost", "given_up"]
    assert sum(event.kind == "left" for event in told_of) == 2


def test_a_file_that_fails_gives_what_came_before(pictures, networks, walk):
    source = pictures([*walk(5), VideoError("pictures: torn")])
    frames = []
    with Engine(source, networks()) as engine, pytest.raises(VideoError, match="torn"):
        frames.extend(engine)
    assert [frame.index for frame in frames] == list(range(len(frames)))


@pytest.mark.parametrize("where", ["detect", "emotion"])
def test_what_goes_wrong_in_a_thread_is_raised_where_frames_are_taken(pictures, networks, reader, walk, where):
    def fails(*_):
        raise ZeroDivisionError("in a stage")

    def fails_for_people(faces):
        return fails() if len(faces) else {"emotion": np.empty((0, 7))}

    net = networks(detect=fails) if where == "detect" else networks(emotion=reader(fails_for_people))
    source = pictures(itertools.cycle(walk(20)))
    engine = Engine(source, net)
    with pytest.raises(ZeroDivisionError, match="in a stage"):
        list(engine)
    engine.close()
    assert source.closed
    assert engine.ended


@pytest.mark.parametrize("live", [False, True])
def test_a_consumer_that_never_reads(pictures, networks, walk, live):
    """Of a file a handful of frames are read ahead; a camera goes on and keeps one. Both can be stopped."""
    source = pictures(itertools.cycle(walk(1)), live=live, fps=1e6)
    engine = Engine(source, networks())
    wait_for(lambda: engine.figures().processed >= (30 if live else 3))
    if not live:
        wait_for(lambda: source.given >= 8)
        assert source.given <= 12
        assert engine.figures().processed <= 4
    engine.close()
    engine.close()
    assert engine.ended
    assert engine.get() is None
    assert source.closed
    assert {"appeared", "left"} <= {event.kind for event in engine.events()}
    assert engine.events() == ()


def test_closing_tells_who_left_with_it(pictures, networks, walk):
    with Engine(pictures(itertools.cycle(walk(5))), networks()) as engine:
        taken = list(itertools.islice(engine, 6))
    kinds = [event.kind for event in engine.events()]
    assert [event.kind for frame in taken for event in frame.events] == ["appeared", "appeared"]
    assert kinds == ["left", "left"]


def test_two_engines_share_networks(pictures, networks, walk):
    net = networks()
    with Engine(pictures(walk(15)), net) as one, Engine(pictures(walk(15)), net) as other:
        pairs = list(zip(one, other, strict=True))
    assert len(pairs) == 15
    for left, right in pairs:
        assert [person.to_dict() for person in left.people] == [person.to_dict() for person in right.people]


def test_the_same_file_gives_the_same_profiles(pictures, networks, walk):
    def profiles():
        with Engine(pictures(walk(15)), networks()) as engine:
            return [frame.to_dict() for frame in engine]

    assert profiles() == profiles()


def test_attention_is_the_time_with_the_head_toward_the_camera(pictures, networks, reader, squares):
    """Turned away from frame 25 on: 22 frames of attention after the first in view."""

    def pose(faces):
        yaw = 80.0 if len(faces) and faces.boxes[0, 0] > 100 else 0.0
        return {"landmarks": np.zeros((len(faces), 478, 3)), "pose": np.tile([yaw, 0, 0], (len(faces), 1))}

    images = [squares([(60 + 2 * step, 100, 80)]) for step in range(50)]
    net = networks(("emotion", "pose"), hidden=("landmarks", "quality"), landmarks=reader(pose))
    with Engine(pictures(images), net, settings=THREE) as engine:
        frames = list(engine)
    person = frames[-1].people[0]
    assert person.seen_s == pytest.approx(47 / 25)
    assert 0.6 <= person.attention_s <= 1.1  # the filter of the pose follows within some frames
    assert person.pose.yaw == pytest.approx(80, abs=10)
    assert (person.landmarks, person.quality) == (None, None)  # read, but not asked for


def test_somebody_who_leaves_and_comes_back_is_the_same_person(pictures, networks, reader, squares):
    def looks(faces):
        """Those above the middle are one person, those below another."""
        rows = np.zeros((len(faces), 8))
        rows[np.arange(len(faces)), (faces.boxes[:, 1] > 110).astype(int)] = 1
        return {"embedding": rows}

    here, gone, other = squares([(20, 30, 70)]), squares([]), squares([(200, 150, 70)])
    images = [here] * 8 + [gone] * 80 + [other] * 5 + [gone] * 5 + [here] * 6
    net = networks(hidden=("embedding",), embedding=reader(looks))
    with Engine(pictures(images), net, settings=THREE) as engine:
        frames = list(engine)
    people = [(event.kind, event.person.track_id, event.details) for frame in frames for event in frame.events]
    assert [(kind, track_id, details.get("returned")) for kind, track_id, details in people if kind == "appeared"] == [
        ("appeared", 1, False),
        ("appeared", 2, False),
        ("appeared", 1, True),
    ]
    last = frames[-1].people[0]
    assert (last.track_id, last.presence.visits, last.embedding) == (1, 2, None)
    assert last.seen_s < 1.5  # the absence is left out
    assert last.presence.first_s == pytest.approx(2 / 25)


def test_columns_are_known_of_each_person_as_far_as_they_were_read(pictures, networks, squares, happy):
    """A newcomer without an expression stands beside somebody who has one, and both are drawn."""
    images = [squares([(20, 30, 70)])] * 6 + [squares([(20, 30, 70), (200, 100, 70, 170)])] * 4
    settings = LiveSettings(budget_ms=1e-6)  # one read a frame, the most overdue
    with Engine(pictures(images), networks(), settings=settings) as engine:
        frames = list(engine)
    people = frames[-1].people
    assert [person.track_id for person in people] == [1, 2]
    assert len({person.emotion is None for frame in frames for person in frame.people}) == 2
    drawn = frames[-1].draw()
    assert drawn.shape == frames[-1].image.shape
    assert (drawn != frames[-1].image).any()


@pytest.mark.parametrize(("limit", "label"), [(0.75, "happy"), (0.77, "unsure")])
def test_the_limits_of_the_networks_rule_the_fused_profile(pictures, networks, walk, limit, label):
    """Everybody is happy with a probability of 0.76."""
    with Engine(pictures(walk(6)), replace(networks(), limits={"emotion": limit})) as engine:
        frames = list(engine)
    assert [person.emotion.label for person in frames[-1].people] == [label] * 2
    assert frames[-1].people[0].emotion.confidence == pytest.approx(0.76)


def test_the_thresholds_of_the_network_say_who_comes_back(pictures, networks, reader, squares):
    """Looks have a cosine of 0.8: enough for one network, and too little for another; settings win over both."""

    def looks(faces):
        first = faces.boxes[:, 0] < 100
        return {"embedding": np.where(first[:, None], [[1.0, 0.0]], [[0.8, 0.6]])}

    here, gone, there = squares([(20, 30, 70)]), squares([]), squares([(200, 150, 70)])
    images = [here] * 6 + [gone] * 60 + [there] * 6
    loose = Thresholds(similarity=(0.1, 0.7), fmr=(0.2, 1e-6))
    strict = Thresholds(similarity=(0.9, 0.99), fmr=(0.2, 1e-6))
    net = networks(hidden=("embedding",), embedding=reader(looks))
    for told, given, people in ((loose, None, {1}), (strict, None, {1, 2}), (strict, loose, {1})):
        settings = LiveSettings(tracker=TrackerConfig(thresholds=given))
        with Engine(pictures(images), replace(net, thresholds=told), settings=settings) as engine:
            assert {person.track_id for frame in engine for person in frame.people} == people


def test_wrong_settings(pictures, networks):
    with pytest.raises(InputError, match="seconds must be above 0"):
        Engine(pictures([]), networks(), seconds=0)
    for wrong in ({"every": 0}, {"every": 1.5}, {"budget_ms": 0}, {"profile_every_s": -1}, {"leave_after_s": 0}):
        with pytest.raises(InputError, match=next(iter(wrong))):
            LiveSettings(**wrong)


def test_an_empty_faces_is_what_a_detector_gets(pictures, networks, squares):
    seen = []

    def detect(image, faces):
        seen.append((type(faces), len(faces)))
        return Faces.empty()

    with Engine(pictures([squares([])] * 2), networks(detect=detect)) as engine:
        list(engine)
    assert seen == [(Faces, 0)] * 2
