"""Box geometry. Boxes are (n, 4) float32 arrays x1, y1, x2, y2 in pixels; x2, y2 exclusive."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from mien.errors import ShapeError

Boxes = NDArray[np.float32]

_AT_ONCE: Final = 64  # boxes whose overlaps with all others are computed together: memory for speed


def area(boxes: NDArray[Any]) -> NDArray[np.float32]:
    """Area in square pixels of every box; 0 where a box is turned inside out.

    Args:
        boxes: (n, 4).

    Returns:
        (n,).
    """
    boxes = _checked(boxes)
    size = np.maximum(boxes[:, 2:] - boxes[:, :2], 0)
    return np.asarray(size[:, 0] * size[:, 1], np.float32)


def iou(a: NDArray[Any], b: NDArray[Any]) -> NDArray[np.float32]:
    """Intersection over union of every box in `a` with every box in `b`.

    Args:
        a: (n, 4).
        b: (m, 4).

    Returns:
        (n, m) in [0, 1]; 0 where the union is empty.

    >>> iou(np.array([[0, 0, 2, 2]]), np.array([[1, 1, 3, 3]]))
    array([[0.14285715]], dtype=float32)
    """
    a, b = _checked(a), _checked(b)
    low = np.maximum(a[:, None, :2], b[None, :, :2])
    high = np.minimum(a[:, None, 2:], b[None, :, 2:])
    size = np.maximum(high - low, 0)
    intersection = size[..., 0] * size[..., 1]
    union = area(a)[:, None] + area(b)[None] - intersection
    overlap = np.divide(intersection, union, out=np.zeros_like(intersection), where=union > 0)
    return np.asarray(np.minimum(overlap, 1), np.float32)  # rounding can take nearly equal boxes above 1


def nms(boxes: NDArray[Any], scores: NDArray[Any], *, threshold: float) -> NDArray[np.intp]:
    """Greedy non-maximum suppression: the best box stays, what overlaps it by more than `threshold` goes.

    Args:
        boxes: (n, 4).
        scores: (n,).
        threshold: intersection over union in [0, 1].

    Returns:
        (k,) indices of the boxes kept, best score first; equal scores keep their order.
    """
    boxes = _checked(boxes)
    order, kept = np.argsort(-np.asarray(scores), kind="stable"), []
    while len(order):
        best = order[:_AT_ONCE]
        overlaps = iou(boxes[best], boxes[order]) > threshold
        gone = np.zeros(len(order), np.bool_)
        for row, box in enumerate(best):
            if not gone[row]:
                kept.append(box)
                gone |= overlaps[row]
        order = order[len(best) :][~gone[len(best) :]]
    return np.array(kept, np.intp)


def fit_scale(height: int, width: int, long_side: int) -> float:
    """Factor that brings the long side of a picture down to `long_side` pixels; never above 1.

    >>> fit_scale(720, 1280, 640)
    0.5
    """
    return min(1.0, long_side / max(height, width))


def letterbox_size(height: int, width: int, *, long_side: int, multiple: int) -> tuple[float, int, int]:
    """Scale, and the canvas that a scaled picture is put on, at its top left corner.

    Args:
        height: of the picture, in pixels.
        width: of the picture, in pixels.
        long_side: the most pixels that the longer side may have after scaling.
        multiple: canvas sides are rounded up to a multiple of this, as strided networks need.

    Returns:
        (scale, canvas height, canvas width); divide coordinates on the canvas by `scale` to come back.
    """
    scale = fit_scale(height, width, long_side)
    sides = (max(1, round(height * scale)), max(1, round(width * scale)))
    canvas = tuple(-(-side // multiple) * multiple for side in sides)
    return scale, canvas[0], canvas[1]


def clip(boxes: NDArray[Any], height: int, width: int) -> Boxes:
    """Boxes cut to the picture.

    Args:
        boxes: (n, 4).
        height: of the picture, in pixels.
        width: of the picture, in pixels.
    """
    limits = np.array([width, height, width, height], np.float32)
    return np.clip(_checked(boxes), 0, limits)


def _checked(boxes: NDArray[Any]) -> Boxes:
    boxes = np.asarray(boxes, np.float32)
    if boxes.ndim != 2 or boxes.shape[1] != 4:
        remedy = "; wrap one box as box[None]" if boxes.shape == (4,) else ""
        raise ShapeError(f"boxes must be (n, 4), got {boxes.shape}{remedy}")
    return boxes
