"""`Track`: one person in view, as a tracker gives it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

import numpy as np
from numpy.typing import NDArray


class TrackState(Enum):
    """How sure it is that a track is a person in view."""

    TENTATIVE = "tentative"
    """Seen in too few frames as yet; may be a false detection."""
    CONFIRMED = "confirmed"
    """Seen in the last frame that was searched."""
    COASTING = "coasting"
    """Missed there, and shown where it should be."""
    LOST = "lost"
    """Missed for longer, or out of view; not shown, but its id comes back with the person."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Track:
    """One person in one frame.

    Attributes:
        track_id: 1 or more; never given to two people in one frame.
        state: `LOST` ones are never given out.
        box: (4,) float32 pixels x1 y1 x2 y2: as detected, or predicted where `detection` is None.
        keypoints: (5, 2) float32 pixels; moved along with the box where `detection` is None.
        score: of the last detection.
        detection: row in the detections of this update; None where the person was not detected.
        first_s: time of the first detection.
        last_s: time of the last detection.
        hits: number of detections.
        is_doubtful: whether the last look at the face was like somebody else's: another one will tell.
    """

    track_id: int
    state: TrackState
    box: NDArray[np.float32]
    keypoints: NDArray[np.float32]
    score: float
    detection: int | None
    first_s: float
    last_s: float
    hits: int
    is_doubtful: bool = False
