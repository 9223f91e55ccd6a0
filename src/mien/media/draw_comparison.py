"""`draw_comparison`: two pictures side by side, and lines between the faces that may be one person."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from mien.faces import Faces
from mien.media.draw import COLOURS, HALO_COLOUR, draw_box, polyline
from mien.media.labels import PLATE_COLOUR, label_size, render_label

if TYPE_CHECKING:
    from mien.identity.comparison import Comparison, FacePair

_HEIGHT_PX: Final = (320, 900)  # of the pictures: small ones are enlarged, large ones shrunk
_WIDEST_PX: Final = 1600  # of one picture
_FONT_PX: Final = (14, 1 / 40)  # the smallest, and the share of the pictures' height
_GUTTER: Final = 1.5  # width between the pictures, in widths of the widest label
_NO_MATCH: Final = (150, 154, 160)
_COLOUR: Final = {"same": COLOURS[2], "unsure": COLOURS[1], "different": _NO_MATCH}
"""Bluish green, orange, grey."""
_DASHES: Final = 24  # of a line between faces that are not the same


def draw_comparison(comparison: Comparison, a: NDArray[np.uint8], b: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Both pictures at one height; a box around every face, in the colour of its most similar pair.

    A line joins the faces of every pair that is the same, and dashed ones the most similar pair of each other face.

    Args:
        comparison: of these pictures.
        a: (h, w, 3) uint8 RGB.
        b: the same, of any size.

    Returns:
        (h, w, 3) uint8 RGB.
    """
    pairs = _shown(comparison)
    (left, scale_a), (right, scale_b) = _scaled(a, b)
    font = max(_FONT_PX[0], round(left.shape[0] * _FONT_PX[1]))
    texts = [f"{pair.decision} {pair.similarity:.2f}" for pair in pairs]
    gutter = round(_GUTTER * max(label_size([text], font)[0] for text in texts))
    told = [
        f"{comparison.decision}: similarity {comparison.similarity:.3f}",
        f"{comparison.embedding}: from {comparison.threshold:.3f} on the same (false-match rate {comparison.fmr:g})",
    ]
    foot = label_size(told, font)
    height, shift = left.shape[0], left.shape[1] + gutter
    width = max(shift + right.shape[1], foot[0])
    canvas = np.full((height + foot[1], width, 3), PLATE_COLOUR, np.uint8)
    canvas[:height, : left.shape[1]], canvas[:height, shift : shift + right.shape[1]] = left, right
    boxes = _boxes(comparison.a, scale_a, 0), _boxes(comparison.b, scale_b, shift)
    for side, placed in zip(("a", "b"), boxes, strict=True):
        for index, box in enumerate(placed):
            pair = next(one for one in comparison.pairs if getattr(one, side) == index)
            draw_box(canvas, box, _COLOUR[pair.decision], line_px=2)
    ends = [(_edge(boxes[0][pair.a], 2), _edge(boxes[1][pair.b], 0)) for pair in pairs]
    for pair, (start, end) in reversed(list(zip(pairs, ends, strict=True))):
        _line(canvas, start, end, _COLOUR[pair.decision], dashed=pair.decision != "same")
    _labels(canvas[:height, left.shape[1] : shift], texts, pairs, [(s[1] + e[1]) / 2 for s, e in ends], font)
    _paste(canvas, told, _COLOUR[comparison.decision], 0, height, font)
    return canvas


def _shown(comparison: Comparison) -> list[FacePair]:
    """Pairs that are joined: all of one person, and the best of every face that has none."""
    chosen = [pair for pair in comparison.pairs if pair.decision == "same"]
    for pair in comparison.pairs:
        if not any(one.a == pair.a or one.b == pair.b for one in chosen):
            chosen.append(pair)
    return chosen


def _scaled(a: NDArray[np.uint8], b: NDArray[np.uint8]) -> tuple[tuple[NDArray[np.uint8], float], ...]:
    """Both at one height, with the factor that each was scaled by."""
    low, high = _HEIGHT_PX
    height = min(max(low, a.shape[0], b.shape[0]), high)
    height = max(1, min(height, *(_WIDEST_PX * image.shape[0] // image.shape[1] for image in (a, b))))
    scaled = []
    for image in (a, b):
        scale = height / image.shape[0]
        method = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
        size = (max(1, round(image.shape[1] * scale)), height)
        scaled.append((np.asarray(cv2.resize(image, size, interpolation=method), np.uint8), scale))
    return tuple(scaled)


def _boxes(faces: Faces, scale: float, shift: int) -> NDArray[np.float32]:
    return np.asarray(faces.boxes * scale + np.array([shift, 0, shift, 0]), np.float32)


def _edge(box: NDArray[np.float32], side: int) -> tuple[float, float]:
    """The middle of a box's left (0) or right (2) side."""
    return float(box[side]), float(box[1] + box[3]) / 2


def _line(
    canvas: NDArray[np.uint8],
    start: tuple[float, float],
    end: tuple[float, float],
    colour: tuple[int, int, int],
    *,
    dashed: bool,
) -> None:
    points = np.linspace(start, end, 2 * _DASHES if dashed else 2)
    for thickness, paint in ((5, HALO_COLOUR), (2, colour)):
        for first in range(0, len(points), 2):
            polyline(canvas, points[first : first + 2], paint, thickness, closed=False)


def _labels(
    gutter: NDArray[np.uint8], texts: list[str], pairs: list[FacePair], middles: list[float], font: int
) -> None:
    """A label on every line between the pictures, pushed down where two would meet; what has no room is left out."""
    free = 0
    for place in np.argsort(middles, kind="stable").tolist():
        width, height = label_size([texts[place]], font)
        top = max(round(middles[place] - height / 2), free)
        if top + height <= gutter.shape[0]:
            left = (gutter.shape[1] - width) // 2
            _paste(gutter, [texts[place]], _COLOUR[pairs[place].decision], left, top, font)
            free = top + height + 2


def _paste(canvas: NDArray[np.uint8], lines: list[str], colour: Any, left: int, top: int, font: int) -> None:
    pixels, opacity = render_label(lines, font, colour)
    region = canvas[top : top + pixels.shape[0], left : left + pixels.shape[1]]
    region[:] = np.rint(region * (1 - opacity) + pixels * opacity)
