"""Shrinking a picture before faces are sought in it."""

from __future__ import annotations

from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from mien.geometry.boxes import fit_scale

_BILINEAR_FROM: Final = 0.5
"""Scale above which every pixel still counts in bilinear sampling. Averaging areas takes five times as long there, for
factors that are not whole, and faces are found as well: 538 for 537 in 110 pictures, scores within 0.01."""


def shrunk(image: NDArray[Any], long_side: int) -> tuple[NDArray[np.uint8], NDArray[np.float32]]:
    """The picture with at most `long_side` pixels on its longer side, and the way back.

    Args:
        image: (h, w) or (h, w, channels) uint8.
        long_side: in pixels; smaller pictures stay as they are.

    Returns:
        The smaller picture, and (2,) the factors that x and y in it are multiplied by to come back to `image`.
    """
    height, width = image.shape[:2]
    scale = fit_scale(height, width, long_side)
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    method = cv2.INTER_LINEAR if scale > _BILINEAR_FROM else cv2.INTER_AREA
    small = image if scale == 1 else cv2.resize(image, size, interpolation=method)
    return np.asarray(small, np.uint8), np.array([width / size[0], height / size[1]], np.float32)
