"""`draw_faces`: boxes, keypoints and labels on a copy of a picture, at a size that fits the picture and its faces."""

from __future__ import annotations

import math
from operator import itemgetter
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from mien.errors import ShapeError
from mien.face import Face
from mien.faces import Faces
from mien.geometry.boxes import clip
from mien.media.labels import label_layouts, label_size, place_label, render_label

COLOURS: Final = (
    (86, 180, 233),
    (230, 159, 0),
    (0, 158, 115),
    (240, 228, 66),
    (204, 121, 167),
    (213, 94, 0),
    (0, 114, 178),
)
"""RGB; told apart by the colour-blind too (Okabe and Ito 2008, "Color Universal Design"), brightest first."""

HALO_COLOUR: Final = (18, 20, 24)
_SMALLEST_FONT_PX: Final = 10  # smaller is not readable
_GOOD_FONT_PX: Final = 14  # easy to read; in small pictures too, where the face is wide enough
_SUBPIXEL_BITS: Final = 4  # cv2 takes fixed-point coordinates
_ARC = np.linspace(0, np.pi / 2, 7)


def draw_faces(image: NDArray[np.uint8], faces: Faces) -> NDArray[np.uint8]:
    """A copy of the picture with box, keypoints and label of every face; only what is known is drawn.

    Labels keep inside the picture, beside their face, and off the other faces and labels as far as there is room; in a
    picture too small for any readable text there are none.

    Args:
        image: (h, w, 3) uint8 RGB.
        faces: in the picture's pixels.

    Raises:
        ShapeError: `image` is of another shape or type.
    """
    if image.ndim != 3 or image.shape[2] != 3 or image.dtype != np.uint8:
        raise ShapeError(f"image must be (h, w, 3) uint8, got {image.shape} {image.dtype}; read_image() makes it so")
    canvas = np.array(image, order="C")
    height, width = canvas.shape[:2]
    boxes = clip(faces.boxes, height, width)
    line_px = math.ceil(max(height, width) / 500)
    numbers = range(len(faces)) if faces.track_id is None else (faces.track_id - 1).tolist()
    colours = [COLOURS[number % len(COLOURS)] for number in numbers]
    for face, box, colour in zip(faces, boxes, colours, strict=True):
        _draw_box(canvas, box, colour, line_px)
        if face.keypoints is not None:
            _draw_keypoints(canvas, face.keypoints, box, colour)
    labels = np.empty((0, 4), np.float32)
    for index, face in enumerate(faces):
        others = np.delete(boxes, index, axis=0)
        placed = _draw_label(canvas, face, colours[index], boxes[index : index + 1], others, labels)
        labels = np.concatenate([labels, placed])
    return canvas


def _draw_label(
    canvas: NDArray[np.uint8],
    face: Face,
    colour: tuple[int, int, int],
    own: NDArray[np.float32],
    others: NDArray[np.float32],
    labels: NDArray[np.float32],
) -> NDArray[np.float32]:
    """Draws the layout that hides least; (1, 4) where it lies, (0, 4) where none fits into the picture."""
    picture = canvas.shape[:2]
    size_px = _font_size(float(own[0, 2] - own[0, 0]), max(picture))
    placed = []
    for lines in label_layouts(face):
        width, height = label_size(lines, size_px)
        if height <= picture[0] and width <= picture[1]:
            cost, x, y = place_label(width, height, own=own, others=others, labels=labels, picture=picture)
            placed.append((cost, x, y, lines))
    if not placed:
        return np.empty((0, 4), np.float32)
    _, x, y, lines = min(placed, key=itemgetter(0))
    pixels, opacity = render_label(lines, size_px, colour)
    bottom, right = y + pixels.shape[0], x + pixels.shape[1]
    region = canvas[y:bottom, x:right]
    region[:] = np.rint(region * (1 - opacity) + pixels * opacity)
    return np.array([[x, y, right, bottom]], np.float32)


def _font_size(face_px: float, long_side: int) -> int:
    """A fifth of the face's width, within what is readable and in proportion when the picture is shown whole."""
    smallest = max(_SMALLEST_FONT_PX, long_side / 100)
    largest = max(_GOOD_FONT_PX, long_side / 48)
    return round(min(max(face_px / 5, smallest), largest))


def _draw_box(canvas: NDArray[np.uint8], box: NDArray[np.float32], colour: tuple[int, int, int], line_px: int) -> None:
    """A thin rounded rectangle with strong corners, on a dark halo that sets it off from bright backgrounds."""
    height, width = canvas.shape[:2]
    # Pixel centres, and far enough inside for the whole line to be seen.
    low = np.maximum(box[:2], line_px)
    high = np.maximum(np.minimum(box[2:], [width - line_px, height - line_px]) - 1, low)
    size = high - low
    radius = min(size) * 0.12
    arm = min(size) * 0.25
    corners = []
    for turn, (x, y) in enumerate(((low[0], low[1]), (high[0], low[1]), (high[0], high[1]), (low[0], high[1]))):
        sign_x, sign_y = (1 if turn in (0, 3) else -1), (1 if turn in (0, 1) else -1)
        arc = np.stack([x + sign_x * radius * (1 - np.cos(_ARC)), y + sign_y * radius * (1 - np.sin(_ARC))], axis=1)
        strong = np.concatenate([[(x, y + sign_y * arm)], arc, [(x + sign_x * arm, y)]])
        corners.append((strong, arc if sign_x == sign_y else arc[::-1]))
    outline = np.concatenate([arc for _, arc in corners])
    halo_px = 2 * max(1, line_px // 3)
    for extra_px, paint in ((halo_px, HALO_COLOUR), (0, colour)):
        _polyline(canvas, outline, paint, math.ceil(line_px * 0.6) + extra_px, closed=True)
        for strong, _ in corners:
            _polyline(canvas, strong, paint, 2 * line_px + extra_px, closed=False)


def _polyline(
    canvas: NDArray[np.uint8], points: NDArray[Any], colour: tuple[int, int, int], thickness: int, *, closed: bool
) -> None:
    fixed = np.rint(points * (1 << _SUBPIXEL_BITS)).astype(np.int32)
    cv2.polylines(canvas, [fixed], closed, colour, thickness, cv2.LINE_AA, _SUBPIXEL_BITS)


def _draw_keypoints(
    canvas: NDArray[np.uint8], keypoints: NDArray[np.float32], box: NDArray[np.float32], colour: tuple[int, int, int]
) -> None:
    radius = max(1.0, float(box[2] - box[0]) * 0.018)
    one = 1 << _SUBPIXEL_BITS
    # cv2 takes 32-bit integers; what is clipped so far outside stays out of sight.
    height, width = canvas.shape[:2]
    near = np.clip(keypoints, -3 * radius, np.array([width, height]) + 3 * radius)
    for x, y in np.rint(near * one).astype(int).tolist():
        for grown, paint in ((radius * 1.7, HALO_COLOUR), (radius, colour)):
            cv2.circle(canvas, (x, y), round(grown * one), paint, cv2.FILLED, cv2.LINE_AA, _SUBPIXEL_BITS)
