"""`WatchedFrame`: one frame of a stream with the people in view."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mien.live.event import Event
from mien.live.figures import LiveFigures
from mien.live.person import Person


@dataclass(frozen=True, kw_only=True, eq=False)
class WatchedFrame:
    """What is known at one moment.

    Attributes:
        image: (h, w, 3) uint8 RGB.
        index: counts the frames that the source gave, dropped ones too.
        time_s: of files, seconds of media time; of live sources, seconds since the source was opened.
        source: as it may be shown.
        people: in view, by id; those whose face is missed for a moment among them.
        events: since the frame before that was taken.
        stats: how the stream goes; a few times a second anew.
        boxes: (n, 4) wherever a face may be: of the people, of those not confirmed yet, of all detections down to low
            scores, and of all these a moment ago. What must show no face hides these.
        looks: track → (d,) embedding of norm 1, of people whose was read since the frame before; empty where nobody is
            known again. For those who count visitors in memory: `to_dict` leaves it out.
    """

    image: NDArray[np.uint8]
    index: int
    time_s: float
    source: str
    people: tuple[Person, ...]
    events: tuple[Event, ...]
    stats: LiveFigures
    boxes: NDArray[np.float32]
    looks: Mapping[int, NDArray[np.float32]] = field(default_factory=dict)

    def draw(self, *, blur: bool = False) -> NDArray[np.uint8]:
        """A copy of the picture with a box and a label on every person.

        Args:
            blur: whether to make all faces unrecognisable, and to draw nothing that shows their shape or tells a name.
        """
        from mien.media.draw import draw_faces

        if not blur:
            return draw_faces(self.image, self.people)
        return draw_faces(self.blurred(), [person.unrecognisable() for person in self.people])

    def blurred(self) -> NDArray[np.uint8]:
        """A copy of the picture in which no face can be recognised."""
        from mien.media.blur import blur_faces

        return blur_faces(self.image, self.boxes)

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready; without the picture."""
        return {
            "frame": self.index,
            "time_s": round(self.time_s, 3),
            "source": self.source,
            "people": [person.to_dict() for person in self.people],
            "events": [event.to_dict() for event in self.events],
        }

    def __repr__(self) -> str:
        return f"WatchedFrame({self.index}, time_s={self.time_s:.3f}, {len(self.people)} people)"
