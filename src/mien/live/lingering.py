"""`Lingering`: where a face may be that was there a moment ago."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from mien.geometry.boxes import iou

STAY_S: Final = 1.0
"""As long as a track is sought where it should be, see `TrackerConfig.motion_s`. On a crowd of 8.5 faces a frame, two
in a thousand then stand outside of all boxes, and eleven without."""
_SAME: Final = 0.3  # least overlap of a box with one of a moment ago that it follows


class Lingering:
    """Boxes that stay for a while after whatever was in them is found no more.

    What must show no face hides them: detectors miss faces that are there, and find some of them once and not again.
    """

    def __init__(self) -> None:
        self._boxes = np.empty((0, 4), np.float32)
        self._seen_s = np.empty(0)

    def update(
        self, boxes: NDArray[np.float32], time_s: float, motion: NDArray[Any] | None = None
    ) -> NDArray[np.float32]:
        """All boxes of now and of a moment ago, except those that one of now follows.

        Args:
            boxes: (n, 4) pixels, of a frame.
            time_s: of the frame.
            motion: (2, 3) of the camera since the last frame; see `CameraMotion`.

        Returns:
            (m, 4), those given first.
        """
        old = self._boxes
        if motion is not None:
            old = (old.reshape(-1, 2, 2) @ motion[:, :2].T + motion[:, 2]).reshape(-1, 4).astype(np.float32)
        stay = (time_s - self._seen_s <= STAY_S) & (iou(old, boxes).max(1, initial=0.0) < _SAME)
        self._boxes = np.concatenate([boxes, old[stay]])
        self._seen_s = np.concatenate([np.full(len(boxes), time_s), self._seen_s[stay]])
        return self._boxes
