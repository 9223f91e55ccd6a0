"""`Attendance`: how long a person is in view, and how long with the head toward the camera."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

LOOKS_FROM: Final = 0.5
"""From here up of `mien.face_measures.facing` a person begins to look: 30° or less between head and camera."""
LOOKS_UNTIL: Final = 0.25
"""Below it the look is over: more than 40°. Between the two it goes on, so that a head at the limit is not counted in
bits (a Schmitt trigger, as in `mien.live.hysteresis`)."""


@dataclass(slots=True, kw_only=True)
class Attendance:
    """Of one person, in seconds of the stream: of a camera that is real time, whatever the frame rate.

    Attributes:
        first_s: when the person was first in view.
        last_s: when last.
        began_s: when this visit began.
        seen_s: in view.
        attention_s: of that with the head toward the camera; None where the pose was never read.
        visits: how often the person came.
        is_looking: whether the head was toward the camera in the last frame.
    """

    first_s: float
    last_s: float
    began_s: float
    seen_s: float = 0.0
    attention_s: float | None = None
    visits: int = 1
    is_looking: bool = False

    @classmethod
    def begin(cls, time_s: float) -> Attendance:
        """In view for the first time."""
        return cls(first_s=time_s, last_s=time_s, began_s=time_s)

    def see(self, time_s: float, *, before_s: float, facing: float | None) -> None:
        """In view in this frame. The time since the frame before counts if the person was in view there too.

        Args:
            time_s: of this frame.
            before_s: of the frame before.
            facing: 0–1; None where the pose is not known, or was read too long ago.
        """
        passed_s = time_s - before_s if self.last_s == before_s else 0.0
        self.seen_s += passed_s
        self.is_looking = facing is not None and facing >= (LOOKS_UNTIL if self.is_looking else LOOKS_FROM)
        if facing is not None:
            self.attention_s = (self.attention_s or 0.0) + (passed_s if self.is_looking else 0.0)
        self.last_s = time_s

    def come_back(self, time_s: float) -> None:
        """In view again after having left."""
        self.began_s, self.visits = time_s, self.visits + 1

    def absorb(self, newer: Attendance) -> None:
        """Takes in what was counted of the same person under another id."""
        self.seen_s += newer.seen_s
        self.last_s = max(self.last_s, newer.last_s)
        if newer.attention_s is not None:
            self.attention_s = (self.attention_s or 0.0) + newer.attention_s
