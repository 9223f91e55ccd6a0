"""`Sample`: what one second of a visit adds up to."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from mien.live.person import Person
from mien.vocabulary import EMOTIONS

_ANGLES = ("yaw", "pitch", "roll")


class Sample:
    """One second of one person; changed until it is over.

    Attributes:
        seen_s: of it in view.
        attention_s: of that with the head toward the camera; None while that was never known.
    """

    __slots__ = ("_emotion", "_emotions", "_label", "_pose", "_poses", "attention_s", "seen_s")

    def __init__(self) -> None:
        self.seen_s = 0.0
        self.attention_s: float | None = None
        self._pose, self._poses = [0.0] * 3, 0
        self._emotion, self._emotions = [0.0] * len(EMOTIONS), 0
        self._label: str | None = None

    def pass_by(self, seen_s: float, attention_s: float | None) -> None:
        """Time goes by."""
        self.seen_s += seen_s
        if attention_s is not None:
            self.attention_s = (self.attention_s or 0.0) + attention_s

    def look(self, person: Person) -> None:
        """What the person is like in one frame of that second."""
        pose, emotion = person.pose, person.emotion
        if pose is not None and "pose" not in person.unsure:
            self._pose = [a + b for a, b in zip(self._pose, pose, strict=True)]
            self._poses += 1
        if emotion is not None:
            self._emotion = [a + b for a, b in zip(self._emotion, emotion.probabilities.values(), strict=True)]
            self._emotions += 1
            self._label = emotion.label

    def absorb(self, later: Sample) -> None:
        """Takes in what was counted of the same person and second under another id."""
        self.pass_by(later.seen_s, later.attention_s)
        self._pose = [a + b for a, b in zip(self._pose, later._pose, strict=True)]
        self._poses += later._poses
        self._emotion = [a + b for a, b in zip(self._emotion, later._emotion, strict=True)]
        self._emotions += later._emotions
        self._label = later._label or self._label

    def row(self) -> dict[str, Any]:
        """Column of `schema.samples` → value, without those of its key."""
        columns: dict[str, Any] = {
            "seen_s": round(self.seen_s, 4),
            "attention_s": None if self.attention_s is None else round(self.attention_s, 4),
            "emotion": self._label,
        }
        columns |= zip(_ANGLES, _means(self._pose, self._poses, 2), strict=True)
        columns |= zip((f"emotion_{name}" for name in EMOTIONS), _means(self._emotion, self._emotions, 4), strict=True)
        return columns


def _means(sums: Sequence[float], count: int, digits: int) -> list[float | None]:
    return [round(value / count, digits) if count else None for value in sums]
