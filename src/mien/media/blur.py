"""`blur_faces`: makes faces unrecognisable, for good.

A mild blur can be undone, and networks still recognise people under mosaics that nobody can read (McPherson, Shokri and
Shmatikov 2016, "Defeating image obfuscation with deep learning", arXiv:1609.00408). What stays of a face here is a
handful of mean colours, blurred into each other, and nothing else of its pixels.
"""

from __future__ import annotations

import math
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from mien.errors import ShapeError

CELLS: Final = 4
"""Mean colours across the hidden region, each way; a face itself is under three of them wide."""
_MARGIN: Final = 1.5
"""Size of the hidden region to that of the box: takes in hair, chin and ears, and a box that lags behind a little.
Above √2 the ellipse in it covers the whole box."""
_CELL_PX: Final = 3  # at least, so that the smallest faces are averaged too


def blur_faces(image: NDArray[np.uint8], boxes: NDArray[Any]) -> NDArray[np.uint8]:
    """A copy of the picture in which an ellipse around every box shows nothing but a few blurred colours.

    Args:
        image: (h, w, 3) uint8 RGB.
        boxes: (n, 4) pixels x1 y1 x2 y2; may reach beyond the picture.

    Returns:
        (h, w, 3) uint8 RGB; pixels outside the ellipses are unchanged.

    Raises:
        ShapeError: `image` or `boxes` are of another shape or type, or a box holds NaN, so that nobody is shown by
            mistake.
    """
    if image.ndim != 3 or image.shape[2] != 3 or image.dtype != np.uint8:
        raise ShapeError(f"image must be (h, w, 3) uint8, got {image.shape} {image.dtype}; read_image() makes it so")
    boxes = np.asarray(boxes, np.float32)
    if boxes.ndim != 2 or boxes.shape[1] != 4 or np.isnan(boxes).any():
        raise ShapeError(f"boxes must be (n, 4) numbers, got {boxes.shape}{' with NaN' * bool(np.isnan(boxes).any())}")
    canvas = np.array(image, order="C")
    limits = np.array([image.shape[1], image.shape[0]] * 2, np.float32)
    for box in np.clip(boxes, -limits, 2 * limits):  # cv2 takes 32-bit integers; what is so far outside is not seen
        _hide(canvas, box)
    return canvas


def _hide(canvas: NDArray[np.uint8], box: NDArray[np.float32]) -> None:
    height, width = canvas.shape[:2]
    x1, y1, x2, y2 = (float(side) for side in box)
    half_x, half_y = (x2 - x1) / 2 * _MARGIN, (y2 - y1) / 2 * _MARGIN
    if half_x <= 0 or half_y <= 0:
        return
    centre_x, centre_y = (x1 + x2) / 2, (y1 + y2) / 2
    left, right = max(math.floor(centre_x - half_x), 0), min(math.ceil(centre_x + half_x), width)
    top, bottom = max(math.floor(centre_y - half_y), 0), min(math.ceil(centre_y + half_y), height)
    if left >= right or top >= bottom:
        return
    region = canvas[top:bottom, left:right]
    cells = (_cells(right - left, half_x), _cells(bottom - top, half_y))
    means = cv2.resize(region, cells, interpolation=cv2.INTER_AREA)
    hidden = cv2.resize(means, (right - left, bottom - top), interpolation=cv2.INTER_LINEAR)
    mask = np.zeros(region.shape[:2], np.uint8)
    centre = (round(centre_x) - left, round(centre_y) - top)
    cv2.ellipse(mask, centre, (math.ceil(half_x), math.ceil(half_y)), 0, 0, 360, 255, cv2.FILLED)
    cv2.copyTo(hidden, mask, region)


def _cells(seen_px: int, half_px: float) -> int:
    """Cells across what is in view of a region; as large as where all of it is."""
    return max(1, min(math.floor(CELLS * seen_px / (2 * half_px)), seen_px // _CELL_PX))
