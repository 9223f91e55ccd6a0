"""Augmentation of aligned crops that matches what a camera does to a face in use.

Geometry: a detector's keypoints are off by a few per cent (shift, turn, scale), and people are mirrored in previews.
Picture: small faces enlarged, motion and focus blur, JPEG blocks, low light, noise, strong light, grey cameras.
"""

from __future__ import annotations

import dataclasses
import math
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from mien.errors import InputError

Crop = NDArray[np.uint8]


@dataclass(frozen=True, kw_only=True)
class Augmentation:
    """Strengths; every chance is a share of the images.

    Attributes:
        turn_deg: standard deviation of the in-plane rotation.
        zoom: standard deviation of the logarithm of the scale.
        shift: standard deviation of the shift, in parts of the side.
        flip: chance of mirroring.
        shrink: chance of being seen from afar: shrunk to `shrink_to` of its size or more, and enlarged again.
        shrink_to: the smallest such factor.
        blur: chance of Gaussian or motion blur.
        jpeg: chance of JPEG compression at quality 20–80.
        light: chance of a change in gamma, contrast and brightness.
        colour: chance of a colour cast (RGB only).
        grey: chance of losing the colour (RGB only).
        noise: chance of sensor noise.
        erase: chance of one occluded rectangle (Zhong et al. 2020, "Random erasing").
    """

    turn_deg: float = 7.0
    zoom: float = 0.08
    shift: float = 0.03
    flip: float = 0.5
    shrink: float = 0.25
    shrink_to: float = 0.25
    blur: float = 0.12
    jpeg: float = 0.2
    light: float = 0.5
    colour: float = 0.3
    grey: float = 0.12
    noise: float = 0.1
    erase: float = 0.15

    def __post_init__(self) -> None:
        for name, value in dataclasses.asdict(self).items():
            most = math.inf if name in ("turn_deg", "zoom", "shift") else 1.0
            if not 0 <= value <= most:
                raise InputError(f"{name} of an augmentation must be from 0 to {most:g}, got {value}")


GENTLE = Augmentation(
    turn_deg=4.0,
    zoom=0.05,
    shift=0.02,
    shrink=0.12,
    blur=0.05,
    jpeg=0.1,
    light=0.25,
    colour=0.15,
    grey=0.05,
    noise=0.04,
    erase=0.05,
)
"""For the last epochs: strong augmentation shifts what a network sees away from what it meets in use, and a short
finish without brings it back (Touvron et al. 2019, "Fixing the train-test resolution discrepancy", for scale)."""


def augment(crop: Crop, size: int, strengths: Augmentation, random: np.random.Generator) -> Crop:
    """One random view of a padded crop.

    Args:
        crop: (side, side, 1 or 3) uint8, `side` ≥ `size`: the template's picture with a margin.
        size: side of the result in pixels.
        strengths: what may happen to it.
        random: source of every choice.

    Returns:
        (size, size, 1 or 3) uint8.
    """
    channels = crop.shape[2]
    view = _placed(crop, size, strengths, random)
    if channels == 3:
        view = _coloured(view, strengths, random)
    if random.random() < strengths.light:
        view = _lit(view, random)
    if random.random() < strengths.shrink:
        small = max(8, round(size * random.uniform(strengths.shrink_to, 1)))
        far = cv2.resize(view, (small, small), interpolation=cv2.INTER_AREA)
        view = np.asarray(cv2.resize(far, (size, size), interpolation=cv2.INTER_LINEAR), np.uint8)
    if random.random() < strengths.blur:
        view = _blurred(view, random)
    if random.random() < strengths.noise:
        sigma = random.uniform(2, 14)
        view = _clipped(view + random.standard_normal(view.shape, np.float32) * sigma)
    if random.random() < strengths.jpeg:
        quality = int(random.integers(20, 80))
        encoded = cv2.imencode(".jpg", view, [cv2.IMWRITE_JPEG_QUALITY, quality])[1]
        view = np.asarray(cv2.imdecode(encoded, cv2.IMREAD_UNCHANGED), np.uint8)
    view = view.reshape(size, size, channels)
    if random.random() < strengths.erase:
        height, width = (random.uniform(0.1, 0.4, 2) * size).astype(int)
        top, left = int(random.integers(0, size - height)), int(random.integers(0, size - width))
        view[top : top + height, left : left + width] = random.integers(0, 256, channels)
    return np.ascontiguousarray(view)


def centre(crops: Crop, size: int) -> Crop:
    """The template's picture itself, without margin: what the network sees in use.

    Args:
        crops: (…, side, side, channels) with side − size even.
        size: of the template, in pixels.
    """
    margin = (crops.shape[-2] - size) // 2
    return crops[..., margin : margin + size, margin : margin + size, :]


def _placed(crop: Crop, size: int, strengths: Augmentation, random: np.random.Generator) -> Crop:
    angle, zoom = random.normal(0, strengths.turn_deg), float(np.exp(random.normal(0, strengths.zoom)))
    middle = (crop.shape[0] - 1) / 2
    matrix = cv2.getRotationMatrix2D((middle, middle), angle, zoom)
    matrix[:, 2] += (size - 1) / 2 - middle + random.normal(0, strengths.shift * size, 2)
    if random.random() < strengths.flip:
        matrix[0] *= -1
        matrix[0, 2] += size - 1
    view = cv2.warpAffine(crop, matrix, (size, size), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(view, np.uint8).reshape(size, size, crop.shape[2])


def _coloured(view: Crop, strengths: Augmentation, random: np.random.Generator) -> Crop:
    if random.random() < strengths.grey:
        return np.repeat(cv2.cvtColor(view, cv2.COLOR_RGB2GRAY)[..., None], 3, axis=2)
    if random.random() < strengths.colour:
        return _clipped(view * random.uniform(0.8, 1.2, 3).astype(np.float32))
    return view


def _lit(view: Crop, random: np.random.Generator) -> Crop:
    """Gamma, contrast and brightness through one table of 256 values."""
    values = (np.arange(256, dtype=np.float32) / 255) ** np.float32(np.exp(random.normal(0, 0.35)))
    values = (values - 0.5) * np.float32(np.exp(random.normal(0, 0.2))) + 0.5 + np.float32(random.normal(0, 0.07))
    return np.asarray(cv2.LUT(view, _clipped(values * 255)), np.uint8)


def _blurred(view: Crop, random: np.random.Generator) -> Crop:
    if random.random() < 0.5:
        return np.asarray(cv2.GaussianBlur(view, (0, 0), random.uniform(0.5, 2.0)), np.uint8)
    length = int(random.integers(3, 8))
    kernel = np.zeros((length, length), np.float32)
    kernel[length // 2] = 1 / length
    turn = cv2.getRotationMatrix2D(((length - 1) / 2, (length - 1) / 2), random.uniform(0, 180), 1)
    turned = np.asarray(cv2.warpAffine(kernel, turn, (length, length)), np.float32)
    return np.asarray(cv2.filter2D(view, -1, turned / max(float(turned.sum()), 1e-3)), np.uint8)


def _clipped(values: NDArray[Any]) -> Crop:
    return np.asarray(np.clip(values, 0, 255), np.uint8)
