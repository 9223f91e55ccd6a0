"""A picture of the published preprocessing, step by step, as the paper's figures show it."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from mien.errors import InputError
from mien.evaluate.picture import load_figure_class
from mien.media.atomic import output_errors
from mien.preprocess import steps

SIZES: Final = {"48 x 48, expression": 48, "64 x 64, EmoTrack": 64, "128 x 128, age and gender": 128}
"""What each network takes → side in pixels."""
_INCHES: Final = (12.0, 6.6)
_DPI: Final = 120
_SQUARE_COLOUR: Final = "#ff9f1c"
_CHOSEN_PX: Final = 3.0  # width of the square's lines
_OTHER_PX: Final = 1.0


def draw_steps(image: NDArray[np.uint8], boxes: NDArray[Any], path: Path) -> None:
    """Write a picture of what becomes of the surest face; the largest is often none at all.

    Above: the photo with the cascade's squares, the square, grey, equalised. Below: how often each level of grey occurs
    before and after, and the pictures that the networks take.

    Args:
        image: (h, w, 3) uint8 RGB.
        boxes: (n, 4) pixels, of the detector `haar`, best score first.
        path: of the picture; PNG, SVG or PDF by its ending.

    Raises:
        InputError: there is no face.
        MissingExtraError: matplotlib is not installed.
        OutputError: the picture cannot be written there.
    """
    if len(boxes) == 0:
        raise InputError("the Haar cascade finds no face in this photo; take one with an upright, frontal face")
    squares = steps.squares(boxes)
    face = steps.cut(image, squares[0])
    grey = steps.grey(face)
    equalised = steps.equalised(grey)

    figure = load_figure_class()(figsize=_INCHES, layout="constrained")
    above, below = figure.subfigures(2, 1)
    panels = above.subplots(1, 4)
    side = face.shape[1]
    _show(panels[0], image, f"1. Haar cascade: {len(squares)} found")
    for place, (x1, y1, x2, y2) in enumerate(squares.tolist()):
        width = _OTHER_PX if place else _CHOSEN_PX
        panels[0].plot([x1, x2, x2, x1, x1], [y1, y1, y2, y2, y1], color=_SQUARE_COLOUR, linewidth=width)
    panels[0].set_xlim(0, image.shape[1])
    panels[0].set_ylim(image.shape[0], 0)
    _show(panels[1], face[0], f"2. square cut out: {side} x {side}")
    _show(panels[2], grey[0], "3. grey")
    _show(panels[3], equalised[0], "4. histogram equalised")

    panels = below.subplots(1, 2 + len(SIZES))
    _histogram(panels[0], grey, "levels of grey")
    _histogram(panels[1], equalised, "after equalisation")
    for panel, (title, size) in zip(panels[2:], SIZES.items(), strict=True):
        picture = steps.unit(steps.equalised(steps.grey(steps.scaled(face, size))))
        _show(panel, picture[0], f"5. {title}\n{picture.min():.2f} to {picture.max():.2f}")
    with output_errors(path):
        figure.savefig(path, dpi=_DPI)


def _show(panel: Any, picture: NDArray[Any], title: str) -> None:
    highest = 1 if picture.dtype == np.float32 else 255
    flat = picture[..., 0] if picture.shape[2] == 1 else picture
    panel.imshow(flat, cmap="gray", vmin=0, vmax=highest, interpolation="nearest")
    panel.set_title(title, fontsize=9)
    panel.set_xticks([])
    panel.set_yticks([])


def _histogram(panel: Any, pictures: NDArray[np.uint8], title: str) -> None:
    counts = np.bincount(pictures.ravel(), minlength=256)
    panel.bar(np.arange(256), counts, width=1.0, color="0.35")
    panel.set_xlim(0, 255)
    panel.set_title(title, fontsize=9)
    panel.tick_params(labelsize=7)
    panel.set_yticks([])
