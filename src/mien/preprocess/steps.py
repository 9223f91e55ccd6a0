"""The steps between a face's square and what the published networks take.

Pictures are (n, h, w, channels): uint8 RGB (3 channels) or grey (1 channel) until the last step.
"""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from mien.geometry.align import BOX_IN_HAAR_SQUARE

Pictures = NDArray[np.uint8]
_LUMA = np.array([0.299, 0.587, 0.114], np.float32)  # ITU-R BT.601


def squares(boxes: NDArray[Any]) -> NDArray[np.float32]:
    """The cascade's own squares, of which `mien.models.detectors.haar` makes boxes like those of other detectors.

    Args:
        boxes: (n, 4) pixels.

    Returns:
        (n, 4) pixels x1 y1 x2 y2.
    """
    boxes = np.asarray(boxes, np.float32).reshape(-1, 2, 2)
    low, high = BOX_IN_HAAR_SQUARE.reshape(2, 2)
    side = (boxes[:, 1] - boxes[:, 0]) / (high - low)
    corner = boxes[:, 0] - side * low
    return np.concatenate([corner, corner + side], axis=1)


def cut(image: NDArray[np.uint8], square: NDArray[Any]) -> Pictures:
    """The square's part of a picture; beyond the picture its border pixels go on.

    Args:
        image: (h, w, 3) uint8 RGB.
        square: (4,) pixels.

    Returns:
        (1, side, side, 3), of at least one pixel.
    """
    x, y = (round(float(value)) for value in square[:2])
    side = max(1, round(float(square[2] - square[0])))
    rows = np.clip(np.arange(y, y + side), 0, image.shape[0] - 1)
    columns = np.clip(np.arange(x, x + side), 0, image.shape[1] - 1)
    return image[rows[:, None], columns][None]


def scaled(pictures: Pictures, size: int) -> Pictures:
    """At (size, size) pixels: areas averaged where that is smaller, bilinear where it is larger."""
    smaller = size < max(pictures.shape[1:3])
    how = cv2.INTER_AREA if smaller else cv2.INTER_LINEAR
    out = [cv2.resize(picture, (size, size), interpolation=how) for picture in pictures]
    return np.array(out, np.uint8).reshape(len(pictures), size, size, pictures.shape[3])


def grey(pictures: NDArray[Any]) -> Pictures:
    """RGB (…, 3) to grey (…, 1), by ITU-R BT.601's weights."""
    return np.asarray(np.rint(pictures.astype(np.float32) @ _LUMA)[..., None], np.uint8)


def equalised(pictures: Pictures) -> Pictures:
    """Histogram equalisation: every level of grey about equally often, each picture by itself.

    Of colour pictures the luma is equalised (Y of YCrCb), which leaves the hues as they are.
    """
    out = np.empty_like(pictures)
    for picture, target in zip(pictures, out, strict=True):
        if picture.shape[2] == 1:
            target[..., 0] = cv2.equalizeHist(picture)
        else:
            parts = cv2.cvtColor(picture, cv2.COLOR_RGB2YCrCb)
            parts[..., 0] = cv2.equalizeHist(np.ascontiguousarray(parts[..., 0]))
            target[...] = cv2.cvtColor(parts, cv2.COLOR_YCrCb2RGB)
    return out


def unit(pictures: Pictures) -> NDArray[np.float32]:
    """0–255 to 0–1."""
    return pictures.astype(np.float32) / np.float32(255)
