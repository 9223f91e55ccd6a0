import json
import struct

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mien.faces import Faces
from mien.live.person import Person, Presence
from mien.live.track import TrackState
from mien.web.live import protocol
from mien.web.live.protocol import CHOICE, FrameMessage, ProtocolError, Wish

JPEG = b"\xff\xd8\xff\xe0 and so on"


def test_a_frame_is_twelve_bytes_little_endian_and_a_jpeg():
    message = b"\x07\x00\x00\x00" + b"\x00\x00\x00\x00\x00\x00\xf8\x3f" + JPEG
    assert FrameMessage.read(message) == FrameMessage(number=7, time_s=1.5, jpeg=JPEG)
    assert FrameMessage(number=7, time_s=1.5, jpeg=JPEG).write() == message


@given(number=st.integers(0, 2**32 - 1), time_s=st.floats(0, 1e8), rest=st.binary(max_size=50))
def test_what_is_written_is_what_is_read(number, time_s, rest):
    frame = FrameMessage(number=number, time_s=time_s, jpeg=JPEG + rest)
    assert FrameMessage.read(frame.write()) == frame


@given(st.binary(max_size=40))
def test_no_bytes_do_more_than_be_refused(message):
    try:
        frame = FrameMessage.read(message)
    except ProtocolError:
        return
    assert frame.write() == message


@pytest.mark.parametrize(
    ("message", "told"),
    [
        (b"", "a frame of 0 bytes"),
        (b"\0" * 12, "a frame of 12 bytes"),
        (struct.pack("<Id", 1, float("nan")) + JPEG, "captured at nan s"),
        (struct.pack("<Id", 1, float("inf")) + JPEG, "captured at inf s"),
        (struct.pack("<Id", 1, -0.5) + JPEG, "captured at -0.5 s"),
        (struct.pack("<Id", 1, 1e9) + JPEG, "captured at 1e+09 s"),
        (struct.pack("<Id", 1, 2.0) + b"\x89PNG\r\n", "no JPEG"),
    ],
)
def test_frames_that_are_none(message, told):
    with pytest.raises(ProtocolError, match="a frame ") as error:
        FrameMessage.read(message)
    assert told in str(error.value)


def test_wishes():
    assert Wish.read('{"attributes": ["age", "landmarks"]}') == Wish(attributes=frozenset({"age", "landmarks"}))
    assert Wish.read('{"attributes": []}') == Wish(attributes=frozenset())
    assert Wish.read('{"seen": 7}') == Wish(seen=7)


@pytest.mark.parametrize(
    "message",
    [
        "",
        "hello",
        "[]",
        "{}",
        "null",
        '{"seen": "7"}',
        '{"seen": true}',
        '{"seen": 1.5}',
        '{"attributes": "age"}',
        '{"attributes": ["embedding"]}',
        '{"attributes": [["age"]]}',
        '{"attributes": ["age"], "more": 1}',
        "[" * 100_000,
    ],
)
def test_texts_that_say_nothing(message):
    with pytest.raises(ProtocolError):
        Wish.read(message)


@pytest.fixture
def person():
    faces = Faces(
        boxes=np.array([[10, 20, 50, 70]]),
        scores=np.array([0.9]),
        keypoints=np.ones((1, 5, 2)),
        track_id=np.array([3]),
        age=np.array([30.0]),
        gender=np.array([[0.5, 0.5]]),
        emotion=np.full((1, 7), 1 / 7),
        landmarks=np.ones((1, 478, 3)),
        unsure={"gender": np.array([True]), "age": np.array([False])},
    )
    presence = Presence(
        state=TrackState.CONFIRMED,
        first_s=0.0,
        began_s=0.0,
        last_s=1.0,
        seen_s=1.0,
        attention_s=None,
        visits=1,
        settled=False,
        emotion_shares={"happy": 1.0},
    )
    return Person(faces, 0, presence)


def told(person, *attributes):
    text = protocol.result(
        number=7, time_s=1.23456, size=(640, 480), people=[person], attributes=frozenset(attributes), ms=12.345
    )
    return json.loads(text)


def test_a_result(person):
    result = told(person, *CHOICE)
    members = {name: value for name, value in result.items() if name != "people"}
    assert members == {
        "type": "result",
        "id": 7,
        "time_s": 1.2346,
        "width": 640,
        "height": 480,
        "inference_ms": 12.3,
    }
    assert result["people"] == [json.loads(json.dumps(person.to_dict()))]


def test_only_what_was_asked_for_is_told(person):
    (only,) = told(person, "age")["people"]
    assert only["age"]["years"] == 30
    assert (only["track_id"], only["box"]) == (3, [10, 20, 50, 70])
    assert [only[name] for name in ("gender", "emotion", "landmarks", "emotion_shares")] == [None] * 4
    assert only["unsure"] == []
    assert told(person, "gender")["people"][0]["unsure"] == ["gender"]
