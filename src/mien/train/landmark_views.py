"""Random views of labelled crops, with landmarks and rotation carried along, and pictures that hold no face."""

from __future__ import annotations

import dataclasses
import math
from dataclasses import dataclass
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from mien.train.augment import Augmentation, Crop, augment
from mien.train.landmark_crops import carried, turned

FAR_TURNS: Final = 0.2  # share of views turned by any angle up to `FAR_TURN_DEG`: detectors' keypoints can be wrong
FAR_TURN_DEG: Final = 50.0


@dataclass(frozen=True, kw_only=True)
class View:
    """What the network sees, and what it should say.

    Attributes:
        picture: (size, size, 3) uint8.
        landmarks: (478, 3) in its pixels.
        rotation: (3, 3) head axes to camera axes.
    """

    picture: Crop
    landmarks: NDArray[np.float32]
    rotation: NDArray[np.float32]


def random_view(
    crop: Crop,
    landmarks: NDArray[Any],
    rotation: NDArray[Any],
    *,
    size: int,
    mirror_points: NDArray[np.intp],
    strengths: Augmentation,
    random: np.random.Generator,
) -> View:
    """One random view of a padded crop that shows a face.

    Args:
        crop: (side, side, 3) uint8 with `side` ≥ `size`.
        landmarks: (478, 3) in its pixels.
        rotation: (3, 3).
        size: side of the view in pixels.
        mirror_points: see `mien.train.landmark_shape.mirror_points`.
        strengths: what may happen to it.
        random: source of every choice.
    """
    transform = _placement(crop.shape[0], size, strengths, random)
    landmarks = carried(landmarks[None], transform[None])[0]
    if np.linalg.det(transform[:, :2]) < 0:
        landmarks = landmarks[mirror_points]
    # Placed here, so that the labels go along; the picture's own changes are those of every recipe.
    only_picture = dataclasses.replace(strengths, turn_deg=0.0, zoom=0.0, shift=0.0, flip=0.0)
    return View(
        picture=augment(warped(crop, transform, size), size, only_picture, random),
        landmarks=landmarks,
        rotation=turned(rotation[None], transform[None])[0],
    )


def faceless(crop: Crop, *, size: int, strengths: Augmentation, random: np.random.Generator) -> Crop:
    """A picture (size, size, 3) with no face to be found: a scrambled one, a small part of one, or a colour and noise.

    Args:
        crop: (side, side, 3) uint8 of anything.
        size: side of the picture in pixels.
        strengths: what may happen to it besides.
        random: source of every choice.
    """
    kind = random.integers(3)
    if kind == 0:
        picture = _scrambled(warped(crop, about_middle(crop.shape[0], size, 1.0, 0.0), size), random)
    elif kind == 1:
        picture = warped(crop, _part(crop.shape[0], size, random), size)
    else:
        noise = random.standard_normal((size, size, 3), np.float32) * random.uniform(0, 60)
        smooth = cv2.GaussianBlur(noise, (0, 0), random.uniform(0.5, 12)) * random.uniform(1, 6)
        picture = np.asarray(np.clip(random.uniform(0, 255, 3) + smooth, 0, 255), np.uint8)
    return augment(picture, size, dataclasses.replace(strengths, shift=0.0), random)


def warped(crop: Crop, transform: NDArray[np.float64], size: int) -> Crop:
    """The picture after a transform of continuous pixels, as in `mien.geometry.align`; border pixels go on."""
    between_centres = transform.astype(np.float64)
    between_centres[:, 2] += between_centres[:, :2].sum(1) * 0.5 - 0.5
    view = cv2.warpAffine(crop, between_centres, (size, size), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(view, np.uint8)


def about_middle(side: int, size: int, zoom: float, angle: float) -> NDArray[np.float64]:
    """The similarity (2, 3) that takes the middle of a crop to the middle of a view.

    Args:
        side: of the crop in pixels.
        size: side of the view in pixels.
        zoom: its scale.
        angle: radians, clockwise.
    """
    cos, sin = zoom * math.cos(angle), zoom * math.sin(angle)
    linear = np.array([[cos, -sin], [sin, cos]])
    return np.column_stack([linear, np.full(2, size / 2) - linear @ np.full(2, side / 2)])


def _placement(side: int, size: int, strengths: Augmentation, random: np.random.Generator) -> NDArray[np.float64]:
    far = random.random() < FAR_TURNS
    angle = random.uniform(-FAR_TURN_DEG, FAR_TURN_DEG) if far else random.normal(0, strengths.turn_deg)
    transform = about_middle(side, size, float(np.exp(random.normal(0, strengths.zoom))), math.radians(angle))
    transform[:, 2] += random.normal(0, strengths.shift * size, 2)
    if random.random() < strengths.flip:
        transform[0] *= -1
        transform[0, 2] += size
    return transform


def _part(side: int, size: int, random: np.random.Generator) -> NDArray[np.float64]:
    """Enlarged 2.5 to 5 times, about any place."""
    transform = about_middle(side, size, random.uniform(2.5, 5), random.uniform(-math.pi, math.pi))
    transform[:, 2] += transform[:, :2] @ random.uniform(-side / 2, side / 2, 2)
    return transform


def _scrambled(picture: Crop, random: np.random.Generator) -> Crop:
    """Three to six tiles a side, in random order."""
    count = int(random.integers(3, 7))
    tile = picture.shape[0] // count
    scrambled = picture.copy()
    for to, source in enumerate(random.permutation(count * count).tolist()):
        (top, left), (y, x) = divmod(to, count), divmod(source, count)
        part = picture[y * tile : (y + 1) * tile, x * tile : (x + 1) * tile]
        scrambled[top * tile : (top + 1) * tile, left * tile : (left + 1) * tile] = part
    return scrambled
