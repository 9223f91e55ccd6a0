"""`Progress`: how far the work on a clip is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Progress:
    """How far the work is.

    Attributes:
        time_s: of the clip, looked at.
        duration_s: of the clip; None where it does not say.
        frames: looked at.
        people: seen so far.
    """

    time_s: float = 0.0
    duration_s: float | None = None
    frames: int = 0
    people: int = 0

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready, with the share of the clip."""
        share = min(self.time_s / self.duration_s, 1.0) if self.duration_s else None
        return {
            "share": None if share is None else round(share, 4),
            "time_s": round(self.time_s, 3),
            "duration_s": None if self.duration_s is None else round(self.duration_s, 3),
            "frames": self.frames,
            "people": self.people,
        }
