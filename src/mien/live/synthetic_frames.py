"""Frames of synthetic scenes, painted from cut-out faces for a real detector."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from mien.errors import InputError
from mien.live.synthetic import HEIGHT, WIDTH, Scene

CUT_OUT_HEIGHT_PX: Final = 96.0  # of faces; about the largest that scenes have, so that painting never enlarges much
_BAR_RGB: Final = (70, 75, 80)
_MARGIN_PX: Final = 160  # of the background beyond the picture; more than any camera swings
_GRAIN_PX: Final = 8


@dataclass(frozen=True, kw_only=True, eq=False)
class CutOut:
    """A picture of one face, to be pasted.

    Attributes:
        image: (h, w, 3) uint8 RGB with the head in it.
        box: (4,) pixels of the face in it.
    """

    image: NDArray[np.uint8]
    box: NDArray[np.float32]


def cut_out(image: NDArray[np.uint8], box: NDArray[np.float32]) -> CutOut:
    """A face of a photo, with its head, at the size that scenes paint.

    Args:
        image: (h, w, 3) uint8 RGB.
        box: (4,) pixels of the face.
    """
    scale = CUT_OUT_HEIGHT_PX / float(box[3] - box[1])
    method = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    resized = np.asarray(cv2.resize(image, None, fx=scale, fy=scale, interpolation=method), np.uint8)
    back = np.tile(np.array(resized.shape[1::-1]) / image.shape[1::-1], 2)
    return CutOut(image=resized, box=(box * back).astype(np.float32))


def render(scene: Scene, index: int, faces: Sequence[CutOut]) -> NDArray[np.uint8]:
    """A frame of the scene.

    Args:
        scene: what to paint.
        index: of the frame, from 0.
        faces: the people's, in their order; begun anew where there are more people.

    Returns:
        (HEIGHT, WIDTH, 3) uint8 RGB.

    Raises:
        InputError: there are no faces.
    """
    if not faces:
        raise InputError("faces must be one cut-out or more, got none; cut_out makes one of a photo")
    time_s = scene.time_s(index)
    left, top = scene.camera(time_s)
    frame = _background(scene.seed, left, top)
    boxes = scene.boxes(time_s)
    for row in np.argsort([-walk.depth for walk in scene.walks], kind="stable"):
        _paste(frame, faces[row % len(faces)], boxes[row])
    for x1, x2 in scene.bars - left:
        frame[:, max(0, round(x1)) : max(0, round(x2))] = _BAR_RGB
    return frame


def _background(seed: int, left: float, top: float) -> NDArray[np.uint8]:
    """Soft noise, with corners that a moving camera can be told by."""
    rng = np.random.default_rng(seed)
    width, height = WIDTH + 2 * _MARGIN_PX, HEIGHT + 2 * _MARGIN_PX
    noise = rng.integers(60, 190, (height // _GRAIN_PX, width // _GRAIN_PX, 3), np.uint8)
    world = cv2.resize(noise, (width, height), interpolation=cv2.INTER_CUBIC)
    shift = np.array([[1, 0, -_MARGIN_PX - left], [0, 1, -_MARGIN_PX - top]])
    return np.asarray(cv2.warpAffine(world, shift, (WIDTH, HEIGHT)), np.uint8)


def _paste(frame: NDArray[np.uint8], face: CutOut, box: NDArray[np.float32]) -> None:
    """Paints a head so that its face fills the box."""
    scale = (box[3] - box[1]) / (face.box[3] - face.box[1])
    source, target = (face.box[:2] + face.box[2:]) / 2, (box[:2] + box[2:]) / 2
    matrix = np.array([[scale, 0, target[0] - scale * source[0]], [0, scale, target[1] - scale * source[1]]])
    height, width = face.image.shape[:2]
    mask = np.zeros((height, width), np.float32)
    half = (face.box[2:] - face.box[:2]) * [0.75, 0.85]  # as far as hair and chin
    cv2.ellipse(mask, tuple(int(v) for v in source), tuple(int(v) for v in half), 0, 0, 360, 1.0, -1)
    soft = cv2.GaussianBlur(mask, (0, 0), float(half[0]) / 12)
    size = (WIDTH, HEIGHT)
    painted = cv2.warpAffine(face.image, matrix, size, borderMode=cv2.BORDER_REPLICATE)
    share = cv2.warpAffine(soft, matrix, size)[..., None]
    frame[:] = np.round(frame * (1 - share) + painted * share).astype(np.uint8)
