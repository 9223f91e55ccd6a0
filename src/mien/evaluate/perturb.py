"""Changes to a picture that leave its face the same: what a camera, a codec or a detector does from frame to frame."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

_SHIFTS_PX: Final = (1, 2)
_QUALITIES: Final = (60, 40)  # of JPEG, 0–100; video calls and messengers lie about there
_SCALES: Final = (0.97, 1.03)
_DIRECTIONS: Final = tuple((dx, dy) for dy in (-1, 0, 1) for dx in (-1, 0, 1) if dx or dy)


@dataclass(frozen=True, kw_only=True)
class Perturbation:
    """One change: the picture is scaled, then shifted, then compressed.

    Attributes:
        name: of the kind of change; several may share it and are then reported together.
        scale: of the picture's sides.
        shift: whole pixels to the right and down; the border's pixels are repeated.
        quality: of JPEG, 0–100, or `None` for no compression.
    """

    name: str
    scale: float = 1.0
    shift: tuple[int, int] = (0, 0)
    quality: int | None = None

    def apply(self, image: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """The changed picture, a new array.

        Args:
            image: (h, w, 3) uint8 RGB.
        """
        height, width = image.shape[:2]
        changed = image.copy()
        if self.scale != 1:
            size = (max(1, round(width * self.scale)), max(1, round(height * self.scale)))
            interpolation = cv2.INTER_AREA if self.scale < 1 else cv2.INTER_LINEAR
            changed = np.asarray(cv2.resize(image, size, interpolation=interpolation), np.uint8)
        if self.shift != (0, 0):
            changed = _shifted(changed, *self.shift)
        return changed if self.quality is None else _compressed(changed, self.quality)

    def move(self, boxes: NDArray[Any]) -> NDArray[np.float32]:
        """Where boxes (n, 4) of the picture come to lie in the changed one."""
        return np.asarray(boxes * self.scale + np.tile(self.shift, 2), np.float32)


PERTURBATIONS: Final = (
    *(
        Perturbation(name=f"shift {pixels} px", shift=(dx * pixels, dy * pixels))
        for pixels in _SHIFTS_PX
        for dx, dy in _DIRECTIONS
    ),
    *(Perturbation(name=f"JPEG quality {quality}", quality=quality) for quality in _QUALITIES),
    *(Perturbation(name="scale ±3 %", scale=scale) for scale in _SCALES),
)


def _shifted(image: NDArray[np.uint8], right: int, down: int) -> NDArray[np.uint8]:
    height, width = image.shape[:2]
    rows = np.clip(np.arange(height) - down, 0, height - 1)
    columns = np.clip(np.arange(width) - right, 0, width - 1)
    return image[rows[:, None], columns]


def _compressed(image: NDArray[np.uint8], quality: int) -> NDArray[np.uint8]:
    _, encoded = cv2.imencode(".jpg", cv2.cvtColor(image, cv2.COLOR_RGB2BGR), [cv2.IMWRITE_JPEG_QUALITY, quality])
    decoded = cv2.imdecode(encoded, cv2.IMREAD_COLOR)
    assert decoded is not None  # it was encoded a line before
    return np.asarray(cv2.cvtColor(decoded, cv2.COLOR_BGR2RGB), np.uint8)
