"""What browser and server say to each other over the WebSockets of the Live page.

A frame is one binary message: its number (unsigned, 32 bits) and its time of capture in seconds (64-bit float), both
little-endian, then a JPEG. All else is JSON in text messages.

`/live/socket`, frames of the browser's camera:

- The server begins with `{"type": "ready", "window": 2, …}`: so many frames may be on their way at once.
- Each frame is answered by `{"type": "result", "id": 7, …}` with the people in view, or, where it cannot be read, by
  `{"type": "problem", "id": 7, "detail": "…"}`. An answer stands for all frames up to its number: where more frames
  wait than one, only the newest is looked at.
- The browser says what it wants to know: `{"attributes": ["age", "emotion"]}`.

`/live/sources/0`, frames of a source on the server: the server sends them, each followed by its result, and the browser
says which it has shown, `{"seen": 7}`; no more than the window are sent ahead. What befalls the source is told by
`{"type": "source", "kind": "lost", "detail": "…"}`.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

from mien.live.person import Person
from mien.pipeline import ATTRIBUTES, DEFAULT_ATTRIBUTES

WINDOW: Final = 2
"""Frames on their way at once: while one is looked at, the next one travels."""
CHOICE: Final = tuple(name for name in ATTRIBUTES if name != "embedding")
"""Attributes that can be asked for; embeddings tell people apart, and go to no browser."""
LATEST_S: Final = 1e9
"""Times of capture lie below: a browser counts seconds from when the page was loaded, or from 1970 at most."""
_HEADER: Final = struct.Struct("<Id")
_JPEG: Final = b"\xff\xd8\xff"


class ProtocolError(Exception):
    """What came is nothing that this protocol knows; the session ends with this sentence."""


@dataclass(frozen=True, kw_only=True)
class FrameMessage:
    """A frame as it came.

    Attributes:
        number: that the browser gave it.
        time_s: of capture, on the browser's clock.
        jpeg: the picture's file.
    """

    number: int
    time_s: float
    jpeg: bytes

    @classmethod
    def read(cls, message: bytes) -> FrameMessage:
        """From a binary message.

        Raises:
            ProtocolError: it is too short, without a JPEG, or its time is no time.
        """
        if len(message) <= _HEADER.size:
            raise ProtocolError(f"a frame of {len(message)} bytes; wanted a {_HEADER.size}-byte header and a JPEG")
        number, time_s = _HEADER.unpack_from(message)
        jpeg = message[_HEADER.size :]
        if not 0 <= time_s < LATEST_S:  # NaN too
            raise ProtocolError(f"a frame captured at {time_s:g} s; wanted seconds from 0 up, little-endian")
        if not jpeg.startswith(_JPEG):
            raise ProtocolError("a frame that is no JPEG; wanted one behind the 12-byte header")
        return cls(number=number, time_s=time_s, jpeg=jpeg)

    def write(self) -> bytes:
        """The binary message."""
        return _HEADER.pack(self.number, self.time_s) + self.jpeg


@dataclass(frozen=True, kw_only=True)
class Wish:
    """What a browser says in a text message.

    Attributes:
        attributes: that it wants to know; None where nothing is said of them.
        seen: number of the frame that it has shown; None where nothing is said of it.
    """

    attributes: frozenset[str] | None = None
    seen: int | None = None

    @classmethod
    def read(cls, message: str) -> Wish:
        """From a text message.

        Raises:
            ProtocolError: it is not JSON, or says anything else.
        """
        try:
            said = json.loads(message)
        except (ValueError, RecursionError) as error:
            raise ProtocolError("a text that is not JSON") from error
        if not isinstance(said, dict) or not said or not said.keys() <= {"attributes", "seen"}:
            raise ProtocolError('a text that says neither "attributes" nor "seen"')
        attributes, seen = said.get("attributes"), said.get("seen")
        if attributes is not None:
            if not isinstance(attributes, list) or not all(name in CHOICE for name in attributes):
                raise ProtocolError(f"attributes must be a list of: {', '.join(CHOICE)}")
            attributes = frozenset(attributes)
        if seen is not None and (isinstance(seen, bool) or not isinstance(seen, int)):
            raise ProtocolError("seen must be the number of a frame")
        return cls(attributes=attributes, seen=seen)


DEFAULT_WISH: Final = frozenset(DEFAULT_ATTRIBUTES)
"""What is told where nothing is asked for."""


def ready(**more: Any) -> str:
    """What the server begins with."""
    return _text({"type": "ready", "window": WINDOW, "attributes": CHOICE} | more)


def result(
    *,
    number: int,
    time_s: float,
    size: tuple[int, int],
    people: Iterable[Person],
    attributes: frozenset[str],
    ms: float,
) -> str:
    """The people in a frame.

    Args:
        number: of the frame.
        time_s: of its capture.
        size: width and height of the picture that boxes are told in.
        people: in view.
        attributes: that are told of them.
        ms: that it took to find them.
    """
    return _text(
        {
            "type": "result",
            "id": number,
            "time_s": round(time_s, 4),
            "width": size[0],
            "height": size[1],
            "inference_ms": round(ms, 1),
            "people": [_told(person, attributes) for person in people],
        }
    )


def problem(number: int, detail: str) -> str:
    """Why there is no result for a frame."""
    return _text({"type": "problem", "id": number, "detail": detail})


def source_event(kind: str, detail: str) -> str:
    """What befell the source."""
    return _text({"type": "source", "kind": kind, "detail": detail})


def _told(person: Person, attributes: frozenset[str]) -> dict[str, Any]:
    """The person, without what was not asked for."""
    told = person.to_dict()
    unwanted = [name for name in CHOICE if name not in attributes]
    told |= dict.fromkeys(unwanted)
    told["unsure"] = [name for name in told["unsure"] if name in attributes]
    if "emotion" in unwanted:
        told["emotion_shares"] = None
    if "match" in told:
        del told["match"]["candidates"]  # who else is in the gallery is not for everybody who looks on
    return told


def _text(members: dict[str, Any]) -> str:
    return json.dumps(members, separators=(",", ":"), allow_nan=False)
