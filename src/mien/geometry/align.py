"""Alignment: one similarity transform takes a face's five keypoints to a named template.

Templates are (5, 2) pixels in a square crop, keypoints in the design's order: image-left eye, image-right eye, nose
tip, image-left and image-right mouth corner. Transforms are (n, 2, 3) matrices that take picture pixels to crop pixels.
Coordinates are continuous, as those of boxes: pixel i covers [i, i + 1) and its centre is at i + 0.5, so that scaling a
picture scales its points and flipping one of width w takes x to w - x. OpenCV counts from pixel centres: `_warp` moves
transforms there and nothing else has to know.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from mien.errors import ShapeError

# Mean face of five points with the eyes' centre at (0, 0) and the eyes one unit apart; proportions of the
# 112-pixel template of ArcFace (Deng et al. 2019), on which most face embeddings were trained.
_ARCFACE_112 = np.array(
    [[38.2946, 51.6963], [73.5318, 51.5014], [56.0252, 71.7366], [41.5493, 92.3655], [70.7299, 92.2041]], np.float32
)
_EYES = _ARCFACE_112[:2].mean(0)
_ONE_FACE = (_ARCFACE_112 - _EYES) / np.linalg.norm(_ARCFACE_112[1] - _ARCFACE_112[0])
# The mean of that face and its mirror image: a flipped picture then gives the flipped crop.
_UNIT_FACE = (_ONE_FACE + _ONE_FACE[[1, 0, 2, 4, 3]] * np.array([-1, 1], np.float32)) / 2

_LEAST_MATCH = 1e-3  # correlation of two point sets below which they tell no rotation
_LEAST_SPREAD_PX2 = 1e-6  # squared pixels below which points coincide
_LONGEST_SIDE_PX = 32_766  # cv2.warpAffine takes no longer ones (SHRT_MAX)


@dataclass(frozen=True, kw_only=True)
class Template:
    """Where the five keypoints come to lie in a square crop.

    Attributes:
        name: what cards call it.
        size: side of the crop in pixels.
        points: (5, 2) pixels.
    """

    name: str
    size: int
    points: NDArray[np.float32]

    def resized(self, size: int) -> Template:
        """The same picture at another resolution."""
        return Template(name=self.name, size=size, points=self.points * (size / self.size))

    def padded(self, margin: int) -> Template:
        """The same scale with `margin` more pixels on every side, so that training may shift and turn the crop."""
        return Template(name=self.name, size=self.size + 2 * margin, points=self.points + np.float32(margin))


# A face box as other detectors give it, inside the wider and shorter square that OpenCV's Haar cascade gives, in parts
# of that square's side: x1, y1, x2, y2. The median over faces that YuNet and the cascade both found.
BOX_IN_HAAR_SQUARE = np.array([0.115, -0.031, 0.883, 1.061], np.float32)

# The five keypoints of an average upright face, in parts of its box: the mean over YuNet's own boxes and keypoints on
# frontal faces.
_KEYPOINTS_IN_BOX = np.array([[0.30, 0.40], [0.70, 0.40], [0.50, 0.60], [0.34, 0.77], [0.66, 0.77]], np.float32)


def _in_box(box: NDArray[Any]) -> NDArray[np.float32]:
    """Keypoints (…, 5, 2) of an average face in each box (…, 4)."""
    size = box[..., None, 2:] - box[..., None, :2]
    return np.asarray(box[..., None, :2] + size * _KEYPOINTS_IN_BOX, np.float32)


def _template(name: str, size: int, *, eyes_y: float, eye_distance: float) -> Template:
    """A template by two fractions of the side: the height of the eyes' line and the distance between the eyes."""
    points = np.array([0.5, eyes_y], np.float32) + _UNIT_FACE * np.float32(eye_distance)
    return Template(name=name, size=size, points=(points * size).astype(np.float32))


TEMPLATES = {
    template.name: template
    for template in (
        Template(name="arcface", size=112, points=_ARCFACE_112),
        # Head with hair, ears and neck: what tells age and gender is not between eyes and mouth alone.
        _template("head", 112, eyes_y=0.42, eye_distance=0.26),
        # Brows to chin: what moves in an expression.
        _template("face", 96, eyes_y=0.36, eye_distance=0.36),
        # The square of OpenCV's Haar cascade: its keypoints, those of `box_keypoints`, come to lie here exactly.
        Template(name="haar", size=48, points=_in_box(BOX_IN_HAAR_SQUARE) * np.float32(48)),
    )
}


def estimate_similarity(source: NDArray[Any], target: NDArray[Any]) -> NDArray[np.float32]:
    """Least-squares similarity (scale, rotation, shift; no mirroring) that takes `source` to `target`.

    Umeyama (1991), "Least-squares estimation of transformation parameters between two point patterns", in two
    dimensions and in closed form: as complex numbers z → a z + b.

    Args:
        source: (n, k, 2) points of n faces.
        target: (k, 2), or (n, k, 2).

    Returns:
        (n, 2, 3), invertible: where the points of a face coincide, or match the target at no angle, they fix no scale
        and no rotation, and the face is taken as upright and as spread out as its points are, at least one pixel.
    """
    source = np.asarray(source, np.float64)
    if source.ndim != 3 or source.shape[2] != 2:
        raise ShapeError(f"source points must be (n, k, 2), got {source.shape}; wrap one face as points[None]")
    target = np.broadcast_to(np.asarray(target, np.float64), source.shape)
    z = source[..., 0] + 1j * source[..., 1]
    w = target[..., 0] + 1j * target[..., 1]
    z_mean, w_mean = z.mean(1, keepdims=True), w.mean(1, keepdims=True)
    z_centred, w_centred = z - z_mean, w - w_mean
    z_spread, w_spread = (np.abs(z_centred) ** 2).sum(1), (np.abs(w_centred) ** 2).sum(1)
    match = (np.conj(z_centred) * w_centred).sum(1)
    fixed = np.abs(match) > _LEAST_MATCH * np.sqrt(np.maximum(z_spread, _LEAST_SPREAD_PX2) * w_spread)
    upright = np.sqrt(w_spread / np.maximum(z_spread, 1.0))
    a = np.where(fixed, match / np.where(fixed, z_spread, 1.0), upright)
    b = w_mean[:, 0] - a * z_mean[:, 0]
    rows = np.stack([a.real, -a.imag, b.real, a.imag, a.real, b.imag], axis=1)
    return rows.reshape(-1, 2, 3).astype(np.float32)


def box_keypoints(boxes: NDArray[Any]) -> NDArray[np.float32]:
    """Keypoints of an average upright face in each box, for detectors that find none.

    Args:
        boxes: (n, 4).

    Returns:
        (n, 5, 2) pixels.
    """
    return _in_box(np.asarray(boxes, np.float32))


def apply(transforms: NDArray[Any], points: NDArray[Any]) -> NDArray[np.float32]:
    """Points after their transforms.

    Args:
        transforms: (n, 2, 3).
        points: (n, k, 2).

    Returns:
        (n, k, 2).
    """
    turned = np.einsum("nij,nkj->nki", transforms[:, :, :2], points) + transforms[:, None, :, 2]
    return np.asarray(turned, np.float32)


def invert(transforms: NDArray[Any]) -> NDArray[np.float32]:
    """Transforms from crop pixels back to picture pixels.

    Args:
        transforms: (n, 2, 3).
    """
    linear = np.linalg.inv(transforms[:, :, :2])
    shift = -np.einsum("nij,nj->ni", linear, transforms[:, :, 2])
    return np.concatenate([linear, shift[:, :, None]], axis=2).astype(np.float32)


def align(image: NDArray[np.uint8], keypoints: NDArray[Any], template: Template) -> NDArray[np.uint8]:
    """Crops of every face, each brought to the template; beyond the picture its border pixels go on.

    Faces much larger than the template are first shrunk by area averaging: bilinear sampling alone would alias.

    Args:
        image: (h, w, 3) uint8.
        keypoints: (n, 5, 2) pixels in `image`.
        template: where they shall lie.

    Returns:
        (n, template.size, template.size, 3) uint8.
    """
    crops = np.empty((len(keypoints), template.size, template.size, image.shape[2]), np.uint8)
    transforms = estimate_similarity(keypoints, template.points)
    for crop, transform in zip(crops, transforms, strict=True):
        _warp(image, transform, template.size, crop)
    return crops


def _warp(image: NDArray[np.uint8], transform: NDArray[np.float32], size: int, out: NDArray[np.uint8]) -> None:
    factor = int(1 / np.hypot(transform[0, 0], transform[1, 0]))
    if factor > 1 or max(image.shape) > _LONGEST_SIDE_PX:
        image, transform = _shrunk(image, transform, size, max(factor, 1))
    between_centres = transform.astype(np.float64)
    between_centres[:, 2] += between_centres[:, :2].sum(1) * 0.5 - 0.5
    cv2.warpAffine(
        image, between_centres, (size, size), dst=out, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
    )


def _shrunk(
    image: NDArray[np.uint8], transform: NDArray[np.float32], size: int, factor: int
) -> tuple[NDArray[np.uint8], NDArray[np.float32]]:
    """The part of the picture that the crop shows, shrunk by a whole factor, and the transform from there."""
    corners = apply(invert(transform[None]), np.array([[[0, 0], [size, 0], [0, size], [size, size]]], np.float32))[0]
    height, width = image.shape[:2]
    x1, y1 = (int(v) for v in np.clip(np.floor(corners.min(0)) - factor, 0, [width - 1, height - 1]))
    x2, y2 = (int(v) for v in np.clip(np.ceil(corners.max(0)) + factor, [x1 + 1, y1 + 1], [width, height]))
    part = image[y1:y2, x1:x2]
    small_size = (max(1, (x2 - x1) // factor), max(1, (y2 - y1) // factor))
    small = cv2.resize(part, small_size, interpolation=cv2.INTER_AREA)
    stride = np.array([(x2 - x1) / small_size[0], (y2 - y1) / small_size[1]])
    moved = transform.astype(np.float64)
    moved[:, 2] += moved[:, :2] @ np.array([x1, y1])
    moved[:, :2] *= stride
    return np.asarray(small, np.uint8), moved.astype(np.float32)
