"""What is written beside a face in a picture, as an image of its own, and where it is put."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from mien.face import UNSURE, Distribution, Face
from mien.geometry.boxes import Boxes

PLATE_COLOUR: Final = (18, 20, 24)
TEXT_COLOUR: Final = (255, 255, 255)
PLATE_OPACITY: Final = 0.78
_SEPARATOR: Final = " · "
_EDGE_SMOOTHING: Final = 4  # the plate's mask is drawn this many times larger, for smooth corners
# What hiding one whole label's worth of each costs; only the order of the first three matters.
_COST_OF_LABEL, _COST_OF_FACE, _COST_OF_OWN_FACE = 8.0, 4.0, 2.0
_COST_OF_PLACE: Final = 0.02  # for every place further down the list: the first of equals wins


def label_layouts(face: Face) -> list[list[str]]:
    """The label's lines, wide and narrow; only what is known is in it, and with nothing known there is no layout."""
    age = None if face.age is None else f"{face.age:.0f}"
    if age is not None and face.age_interval is not None:
        age += " ({:.0f}-{:.0f})".format(*face.age_interval)
    person = [None if face.track_id is None else f"#{face.track_id}", age, _worded("gender", face.gender)]
    emotion = _worded("emotion", face.emotion)
    if face.emotion is not None and face.emotion.label != UNSURE:
        emotion = f"{emotion} {face.emotion.confidence:.0%}".replace("%", " %")
    race = _worded("race", face.race)
    wide = [[face.who, *person, emotion], [race]]
    narrow = [[face.who], person[:2], person[2:], [emotion], [race]]
    layouts = [[_SEPARATOR.join(filter(None, parts)) for parts in layout if any(parts)] for layout in (wide, narrow)]
    return [lines for index, lines in enumerate(layouts) if lines and lines not in layouts[:index]]


def label_size(lines: Sequence[str], size_px: int) -> tuple[int, int]:
    """Width and height in pixels of what `render_label` makes of the same lines."""
    font = load_font(size_px)
    left, margin, line = _spacing(size_px)
    return left + round(max(font.getlength(text) for text in lines)) + margin, len(lines) * line + margin


def render_label(
    lines: Sequence[str], size_px: int, colour: tuple[int, int, int]
) -> tuple[NDArray[np.uint8], NDArray[np.float32]]:
    """Lines of text on a dark plate with round corners and a stripe in the face's colour.

    Args:
        lines: the text.
        size_px: of the font.
        colour: RGB of the face's box.

    Returns:
        (h, w, 3) uint8 RGB and (h, w, 1) float32 opacity 0–1.
    """
    width, height = label_size(lines, size_px)
    left, margin, line = _spacing(size_px)
    plate = Image.new("RGB", (width, height), PLATE_COLOUR)
    draw = ImageDraw.Draw(plate)
    for index, text in enumerate(lines):
        draw.text((left, margin // 2 + index * line), text, font=load_font(size_px), fill=TEXT_COLOUR)
    draw.rectangle((0, 0, left - margin - 1, height), colour)
    pixels = np.asarray(plate)
    opaque = pixels.max(axis=2) > max(PLATE_COLOUR)
    opacity = np.where(opaque, 1.0, PLATE_OPACITY) * _round_mask(width, height, radius_px=size_px // 3)
    return pixels, opacity[:, :, None].astype(np.float32)


def place_label(
    width: int, height: int, *, own: Boxes, others: Boxes, labels: Boxes, picture: tuple[int, int]
) -> tuple[float, int, int]:
    """Where a label hides least: beside its face, else over as little of other labels and faces as can be.

    Args:
        width: of the label, at most that of the picture.
        height: of the label, at most that of the picture.
        own: (1, 4) box of its face.
        others: (n, 4) boxes of the other faces.
        labels: (m, 4) boxes of the labels that are placed.
        picture: height and width.

    Returns:
        (cost, x, y) of the label's upper left corner; the label lies wholly in the picture.
    """
    x1, y1, x2, y2 = own[0]
    gap = 0.25 * min(height, 24)
    above, below = y1 - height - gap, y2 + gap
    right, left = x2 + gap, x1 - width - gap
    corners = np.array(
        [
            (x1, above),
            (x1, below),
            (x2 - width, above),
            (x2 - width, below),
            ((x1 + x2 - width) / 2, above),
            ((x1 + x2 - width) / 2, below),
            (right, y1),
            (left, y1),
            (right, y2 - height),
            (left, y2 - height),
            (x1, y2 - height),
        ]
    )
    corners = np.rint(np.clip(corners, 0, [picture[1] - width, picture[0] - height]))
    places = np.concatenate([corners, corners + np.array([width, height])], axis=1)
    cost = _COST_OF_PLACE * np.arange(len(places))
    for boxes, weight in ((labels, _COST_OF_LABEL), (others, _COST_OF_FACE), (own, _COST_OF_OWN_FACE)):
        cost += weight * _hidden(places, boxes) / (width * height)
    best = int(np.argmin(cost))
    return float(cost[best]), int(corners[best, 0]), int(corners[best, 1])


@functools.lru_cache(maxsize=64)
def load_font(size_px: int) -> ImageFont.FreeTypeFont:
    """Pillow's own font, Aileron; its few characters have a middle dot and no en dash."""
    font = ImageFont.load_default(size_px)
    assert isinstance(font, ImageFont.FreeTypeFont)
    return font


def _spacing(size_px: int) -> tuple[int, int, int]:
    """Pixels left of the text (the stripe and a margin), the margin, and from line to line."""
    stripe, margin = max(2, size_px // 4), max(2, round(size_px * 0.4))
    return stripe + margin, margin, sum(load_font(size_px).getmetrics())


def _worded(name: str, value: Distribution | None) -> str | None:
    if value is None:
        return None
    return f"{name} unsure" if value.label == UNSURE else value.label.replace("_", " ")


def _hidden(places: NDArray[Any], boxes: NDArray[Any]) -> NDArray[Any]:
    """Square pixels of all boxes that each place covers: (k, 4), (n, 4) → (k,)."""
    low = np.maximum(places[:, None, :2], boxes[None, :, :2])
    high = np.minimum(places[:, None, 2:], boxes[None, :, 2:])
    return np.asarray(np.maximum(high - low, 0).prod(axis=2).sum(axis=1))


def _round_mask(width: int, height: int, *, radius_px: int) -> NDArray[np.float32]:
    scale = _EDGE_SMOOTHING
    mask = Image.new("L", (width * scale, height * scale))
    shape = (0, 0, width * scale - 1, height * scale - 1)
    ImageDraw.Draw(mask).rounded_rectangle(shape, radius_px * scale, fill=255)
    return np.asarray(mask.reduce(scale), np.float32) / np.float32(255)
