from __future__ import annotations

import json

import pytest

import mien
from mien.errors import InputError, UnknownNameError, VideoError
from mien.live.networks import load_networks
from mien.live.tracker_config import TrackerConfig
from mien.live.watch import watch

FIRST = TrackerConfig().confirm_hits - 1
"""Index of the first frame with people."""


def test_the_people_of_a_video(film):
    frames = list(mien.watch(film, attributes=["emotion", "gender"]))
    assert [frame.index for frame in frames] == list(range(14))
    assert [len(frame.people) for frame in frames] == [0] * FIRST + [1] * (14 - FIRST)
    person = frames[-1].people[0]
    assert person.track_id == 1
    assert (person.age, person.race, person.quality) == (None, None, None)  # not asked for
    assert person.gender is not None
    assert sum(person.emotion.probabilities.values()) == pytest.approx(1)
    assert person.seen_s == pytest.approx((13 - FIRST) / 25)
    assert person.box[0] > frames[FIRST].people[0].box[0] + 20
    assert frames[-1].events[-1].kind == "left"
    assert json.loads(json.dumps(frames[-1].to_dict()))["people"][0]["gender"]["label"] == person.gender.label
    assert repr(person).startswith(f"Person(#1, seen_s={person.seen_s:.1f}, Face(box=")
    assert repr(frames[0]) == "WatchedFrame(0, time_s=0.000, 0 people)"


def test_a_generator_that_is_closed_lets_go_of_the_source(pictures, squares):
    source = pictures([squares([])] * 100)
    frames = watch(source, attributes=["quality"])
    assert next(frames).index == 0
    frames.close()
    assert source.closed
    assert source.given < 20


def test_an_exception_of_the_consumer_lets_go_of_the_source(pictures, squares):
    source = pictures([squares([])] * 100)
    frames = watch(source, attributes=["quality"])
    next(frames)
    with pytest.raises(KeyboardInterrupt):
        frames.throw(KeyboardInterrupt)
    assert source.closed


def test_a_generator_never_asked_opens_nothing(tmp_path):
    watch(tmp_path / "nothing.mp4").close()


@pytest.mark.parametrize(
    ("options", "error", "told"),
    [
        ({"attributes": ["mood"]}, UnknownNameError, "unknown attribute 'mood'"),
        ({"attributes": "age"}, InputError, r"write \[\"age\"\]"),
        ({"detector": "yunett"}, UnknownNameError, "did you mean yunet"),
        ({"seconds": -1}, InputError, "seconds must be above 0"),
    ],
)
def test_wrong_use(film, options, error, told):
    with pytest.raises(error, match=told):
        next(watch(film, **options))


def test_no_such_video(tmp_path):
    with pytest.raises(VideoError, match="no such file"):
        next(watch(tmp_path / "nothing.mp4"))


def test_networks_are_loaded_once():
    assert load_networks(["age"]) is load_networks(("age",))
    assert load_networks(["age"]) is not load_networks(["emotion"])


def test_only_what_is_needed_is_loaded():
    networks = load_networks(["emotion"], reidentify=False)
    assert list(networks.readers) == ["quality", "emotion"]
    assert (networks.attributes, networks.hidden) == (("emotion",), ("quality",))


def test_what_is_read_but_not_asked_for_is_hidden():
    networks = load_networks(["pose"], detector="haar", long_side=320)
    assert list(networks.readers) == ["quality", "landmarks", "embedding"]
    assert networks.hidden == ("quality", "landmarks", "embedding")
