"""`draw_faces`: boxes, keypoints and labels on a copy of a picture, at a size that fits the picture and its faces."""

from __future__ import annotations

import math
from collections.abc import Iterable
from operator import itemgetter
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from mien.errors import ShapeError
from mien.face import Face
from mien.geometry.boxes import clip
from mien.geometry.pose import to_matrix
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
_KEYPOINT_SIZE: Final = 0.018  # radius in widths of the face
_LANDMARK_SIZE: Final = 0.005  # the same
_NOSE_SIZE: Final = 0.6  # length in widths of the face, of an arrow that lies in the picture's plane
_LEAST_ARROW: Final = 8  # length in widths of its line; heads of shorter ones would run into blots
_LEAST_WIDTH_PX: Final = 55.0  # dots and arrows of smaller faces would vanish
_NOSE: Final = 2  # among the keypoints
_NOSE_DIRECTION: Final = (0.0, 0.0, -1.0)  # in head axes
_SUBPIXEL_BITS: Final = 4  # cv2 takes fixed-point coordinates
_ARC = np.linspace(0, np.pi / 2, 7)


def draw_faces(image: NDArray[np.uint8], faces: Iterable[Face]) -> NDArray[np.uint8]:
    """A copy of the picture with box, landmarks or keypoints, pose and label of every face.

    Only what is known and not unsure is drawn: fine dots for landmarks, larger ones for keypoints where there are none,
    and an arrow from the nose for the pose.

    Labels keep inside the picture, beside their face, and off the other faces and labels as far as there is room; in a
    picture too small for any readable text there are none.

    Args:
        image: (h, w, 3) uint8 RGB.
        faces: in the picture's pixels: a `Faces`, or people of whom not the same is known.

    Raises:
        ShapeError: `image` is of another shape or type.
    """
    if image.ndim != 3 or image.shape[2] != 3 or image.dtype != np.uint8:
        raise ShapeError(f"image must be (h, w, 3) uint8, got {image.shape} {image.dtype}; read_image() makes it so")
    canvas = np.array(image, order="C")
    height, width = canvas.shape[:2]
    faces = tuple(faces)
    boxes = clip(np.array([face.box for face in faces], np.float32).reshape(-1, 4), height, width)
    line_px = math.ceil(max(height, width) / 500)
    numbers = [index if face.track_id is None else face.track_id - 1 for index, face in enumerate(faces)]
    colours = [COLOURS[number % len(COLOURS)] for number in numbers]
    for face, box, colour in zip(faces, boxes, colours, strict=True):
        draw_box(canvas, box, colour, line_px)
        if face.landmarks is not None and "landmarks" not in face.unsure:
            _draw_dots(canvas, face.landmarks[:, :2], colour, radius=_LANDMARK_SIZE * _width(box), halo=0)
        elif face.keypoints is not None:
            _draw_dots(canvas, face.keypoints, colour, radius=_KEYPOINT_SIZE * _width(box), halo=0.7)
        if face.pose is not None and "pose" not in face.unsure:
            _draw_nose(canvas, face, box, colour, line_px)
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


def draw_box(canvas: NDArray[np.uint8], box: NDArray[np.float32], colour: tuple[int, int, int], line_px: int) -> None:
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
        polyline(canvas, outline, paint, math.ceil(line_px * 0.6) + extra_px, closed=True)
        for strong, _ in corners:
            polyline(canvas, strong, paint, 2 * line_px + extra_px, closed=False)


def polyline(
    canvas: NDArray[np.uint8], points: NDArray[Any], colour: tuple[int, int, int], thickness: int, *, closed: bool
) -> None:
    """A smooth line through (n, 2) points, with fractions of a pixel."""
    fixed = np.rint(points * (1 << _SUBPIXEL_BITS)).astype(np.int32)
    cv2.polylines(canvas, [fixed], closed, colour, thickness, cv2.LINE_AA, _SUBPIXEL_BITS)


def _draw_dots(
    canvas: NDArray[np.uint8], points: NDArray[np.float32], colour: tuple[int, int, int], *, radius: float, halo: float
) -> None:
    """Dots of `radius` pixels, with a dark rim of `halo` times that."""
    one = 1 << _SUBPIXEL_BITS
    for x, y in np.rint(_near(canvas, points, 3 * radius) * one).astype(int).tolist():
        for grown, paint in ((radius * (1 + halo), HALO_COLOUR), (radius, colour)) if halo else ((radius, colour),):
            cv2.circle(canvas, (x, y), round(grown * one), paint, cv2.FILLED, cv2.LINE_AA, _SUBPIXEL_BITS)


def _draw_nose(
    canvas: NDArray[np.uint8], face: Face, box: NDArray[np.float32], colour: tuple[int, int, int], line_px: int
) -> None:
    """An arrow where the nose points to, longer as the head turns; a frontal head has a dot."""
    assert face.pose is not None
    nose = to_matrix(np.array([face.pose]))[0] @ _NOSE_DIRECTION
    start = (box[:2] + box[2:]) / 2 if face.keypoints is None else face.keypoints[_NOSE]
    along = nose[:2] * _NOSE_SIZE * _width(box)
    aside = np.array([-along[1], along[0]])
    tip = start + along
    lines = [[start, tip]]
    if np.linalg.norm(along) > _LEAST_ARROW * line_px:
        lines.append([tip - 0.3 * along + 0.2 * aside, tip, tip - 0.3 * along - 0.2 * aside])
    for thickness, paint in ((3 * line_px + 1, HALO_COLOUR), (line_px, colour)):
        for line in lines:
            polyline(canvas, _near(canvas, np.array(line), 2 * _width(box)), paint, thickness, closed=False)


def _near(canvas: NDArray[np.uint8], points: NDArray[Any], margin: float) -> NDArray[Any]:
    """Points (n, 2) brought to the picture and `margin` around it: cv2 takes 32-bit integers, and they stay unseen."""
    height, width = canvas.shape[:2]
    return np.asarray(np.clip(points, -margin, np.array([width, height]) + margin))


def _width(box: NDArray[np.float32]) -> float:
    return max(float(box[2] - box[0]), _LEAST_WIDTH_PX)
