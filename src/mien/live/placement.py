"""Where a person's face is: box, keypoints, landmarks and head pose, smoothed by One-Euro filters."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mien.live.one_euro import OneEuroFilter, OneEuroSettings

_TURN_DEG = 360.0
_SMALLEST_PX = 1.0

Floats = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class Smoothing:
    """How much the parts of a face are smoothed.

    At rest all are cut off at 1 Hz, where the paper starts. The slopes are for a lag of about 1 % of the face: at one
    face height a second, 10 Hz more; at 100° a second, 5 Hz more.

    Attributes:
        place: of box and keypoints; speed in face sizes a second, a face's size being the square root of its area.
        landmarks: relative to the box; speed in face sizes a second.
        pose: speed in degrees a second.
    """

    place: OneEuroSettings = field(default_factory=lambda: OneEuroSettings(beta=10.0))
    landmarks: OneEuroSettings = field(default_factory=lambda: OneEuroSettings(beta=10.0))
    pose: OneEuroSettings = field(default_factory=lambda: OneEuroSettings(beta=0.05))


class Placement:
    """The geometry of one person.

    Landmarks are read less often than boxes are found. They are kept relative to the box, and so go with it between
    two readings.
    """

    def __init__(self, smoothing: Smoothing) -> None:
        self._place = OneEuroFilter(smoothing.place)
        self._landmarks = OneEuroFilter(smoothing.landmarks)
        self._pose = OneEuroFilter(smoothing.pose, period=_TURN_DEG)
        self._filtered: Floats = np.zeros(0)

    def place(self, box: NDArray[Any], keypoints: NDArray[Any], time_s: float) -> None:
        """Takes in a box (4,) and its keypoints (5, 2), in pixels."""
        x1, y1, x2, y2 = box.tolist()
        raw = np.empty(4 + keypoints.size)
        raw[:4] = (x1 + x2) / 2, (y1 + y2) / 2, x2 - x1, y2 - y1
        raw[4:] = keypoints.ravel()
        self._filtered = self._place(raw, time_s, scale=_face_size(x2 - x1, y2 - y1))

    def turn(self, pose: NDArray[Any], time_s: float) -> None:
        """Takes in a head pose: (3,) degrees."""
        self._pose(pose, time_s)

    def trace(self, landmarks: NDArray[Any], time_s: float) -> None:
        """Takes in landmarks (478, 3), in pixels of the picture that the box was last placed in."""
        centre, size = self._frame()
        self._landmarks((np.asarray(landmarks, np.float64) - centre) / size, time_s)

    @property
    def box(self) -> Floats:
        """(4,) pixels x1 y1 x2 y2."""
        x, y, width, height = self._filtered[:4].tolist()
        return np.array([x - width / 2, y - height / 2, x + width / 2, y + height / 2])

    @property
    def keypoints(self) -> Floats:
        """(5, 2) pixels."""
        return self._filtered[4:].reshape(5, 2)

    @property
    def pose(self) -> Floats | None:
        """(3,) degrees, each within ±180; None before the first."""
        return self._pose.value

    @property
    def landmarks(self) -> Floats | None:
        """(478, 3) pixels, where the box is now; None before the first."""
        relative = self._landmarks.value
        if relative is None:
            return None
        centre, size = self._frame()
        return np.asarray(relative * size + centre, np.float64)

    def _frame(self) -> tuple[Floats, float]:
        """Origin (3,) and unit of the landmarks' coordinates."""
        x, y, width, height = self._filtered[:4].tolist()
        return np.array([x, y, 0.0]), _face_size(width, height)


def _face_size(width: float, height: float) -> float:
    """Square root of a box's area, in pixels."""
    return math.sqrt(max(width, _SMALLEST_PX) * max(height, _SMALLEST_PX))
