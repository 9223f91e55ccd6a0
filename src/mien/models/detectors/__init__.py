"""Face detectors: each is one file in this folder, named as users name it.

Such a file holds `CARD`, its `ModelCard`, and `load(*, long_side, threads, score_threshold)`, which returns a
`Detector` and takes None for its own threshold. Putting a file here is all that it takes to add one.
"""

from __future__ import annotations

import importlib
import numbers
import pkgutil
from types import ModuleType
from typing import TYPE_CHECKING, Final, NamedTuple, Protocol

from mien.errors import InputError, ShapeError, UnknownNameError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from mien.models.card import ModelCard
    from mien.models.session import Threads

MIN_LONG_SIDE: Final = 32
"""Pixels; no detector finds a face in less."""


class Detections(NamedTuple):
    """Faces, best score first, in the picture's pixels.

    Attributes:
        boxes: (n, 4) float32; may reach beyond the picture.
        scores: (n,) float32, 0–1.
        keypoints: (n, 5, 2) float32.
    """

    boxes: NDArray[np.float32]
    scores: NDArray[np.float32]
    keypoints: NDArray[np.float32]


class Detector(Protocol):
    """Finds faces; `detect` may be called from any number of threads at once."""

    def detect(self, image: NDArray[np.uint8]) -> Detections:
        """Every face in the picture.

        Args:
            image: (h, w, 3) uint8 RGB.

        Raises:
            ShapeError: `image` is something else.
        """


def names() -> tuple[str, ...]:
    """The detectors that there are."""
    return tuple(sorted(module.name for module in pkgutil.iter_modules(__path__)))


def card(name: str) -> ModelCard:
    """The card of a detector.

    Raises:
        UnknownNameError: there is no such detector; the nearest names are suggested.
    """
    found: ModelCard = _module(name).CARD
    return found


def load(name: str, *, long_side: int, threads: Threads, score_threshold: float | None = None) -> Detector:
    """A detector that is ready to use.

    Args:
        name: one of `names()`.
        long_side: pictures are shrunk so that their longer side has at most this many pixels.
        threads: explicit thread counts.
        score_threshold: faces below it are dropped, 0–1; None is the detector's own threshold.

    Raises:
        UnknownNameError: there is no such detector; the nearest names are suggested.
        InputError: `long_side` is no whole number or too small, or `score_threshold` is not 0–1.
        ModelError: its file is missing, wrong or cannot be fetched.
    """
    module = _module(name)
    check_long_side(long_side)
    if score_threshold is not None and not 0 <= score_threshold <= 1:
        raise InputError(f"score_threshold must be between 0 and 1, got {score_threshold}")
    detector: Detector = module.load(long_side=long_side, threads=threads, score_threshold=score_threshold)
    return detector


def check_name(name: str) -> None:
    """Makes sure that there is a detector of that name.

    Raises:
        InputError: `name` is no text.
        UnknownNameError: there is no such detector; the nearest names are suggested.
    """
    if not isinstance(name, str):
        raise InputError(f"detector must be one of the names {', '.join(names())}, got {name!r}")
    if name not in names():
        raise UnknownNameError("detector", name, names())


def check_long_side(long_side: int) -> None:
    """Makes sure that pictures can be shrunk to this.

    Raises:
        InputError: it is no whole number, or smaller than `MIN_LONG_SIDE`.
    """
    if not isinstance(long_side, numbers.Integral):
        raise InputError(f"long_side must be a whole number of pixels, got {long_side!r}; 640 suits most photos")
    if long_side < MIN_LONG_SIDE:
        raise InputError(f"long_side must be at least {MIN_LONG_SIDE} pixels, got {long_side}; 640 suits most photos")


def check_image(image: NDArray[np.uint8]) -> None:
    """Makes sure that a picture is what detectors take.

    Raises:
        ShapeError: it is not (h, w, 3) uint8 with at least one pixel.
    """
    if image.ndim != 3 or image.shape[2] != 3 or image.dtype != "uint8" or image.size == 0:
        raise ShapeError(
            f"image must be (h, w, 3) uint8 RGB, got {image.shape} {image.dtype}; mien.read_image makes such an array"
        )


def _module(name: str) -> ModuleType:
    check_name(name)
    return importlib.import_module(f"{__name__}.{name}")
