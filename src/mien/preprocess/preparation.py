"""`Preparation`: which of the published steps a network's pictures go through."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mien.errors import ModelError
from mien.geometry.align import TEMPLATES, align
from mien.models.card import ModelCard
from mien.preprocess import steps

TEMPLATE = "haar"
"""The cascade's square: with keypoints of `box_keypoints`, as Haar's are, aligning to it cuts out just that square."""


@dataclass(frozen=True, kw_only=True)
class Preparation:
    """From crops to network input.

    Attributes:
        size: side of the pictures in pixels.
        equalise: whether their histograms are equalised.
        colour: RGB instead of grey.
    """

    size: int
    equalise: bool = True
    colour: bool = False

    @classmethod
    def of_card(cls, card: ModelCard) -> Preparation:
        """As the card's `input` says.

        Raises:
            ModelError: it says no such thing.
        """
        given = card.input
        if given.get("template") != TEMPLATE or not isinstance(given.get("size"), int) or given["size"] < 1:
            raise ModelError(
                f"card {card.name}: input must have the template {TEMPLATE!r} and a size in pixels, got "
                f"{given.get('template')!r} and {given.get('size')!r}; train the network anew"
            )
        return cls(size=given["size"], equalise=bool(given.get("equalised")), colour=given.get("channels") == "RGB")

    @property
    def channels(self) -> int:
        """Of the network's input: 1 or 3."""
        return 3 if self.colour else 1

    def to_input(self) -> dict[str, Any]:
        """What a card's `input` says of it; `of_card` reads it back."""
        return {
            "name": "pictures",
            "type": f"float32 0-1, n x {self.size} x {self.size} x {self.channels}",
            "template": TEMPLATE,
            "size": self.size,
            "channels": "RGB" if self.colour else "grey",
            "equalised": self.equalise,
        }

    def faces(self, image: NDArray[np.uint8], keypoints: NDArray[Any]) -> NDArray[np.float32]:
        """Every face's picture, ready for the network.

        Args:
            image: (h, w, 3) uint8 RGB.
            keypoints: (n, 5, 2) pixels.

        Returns:
            (n, size, size, channels), 0–1.
        """
        return self.crops(align(image, keypoints, TEMPLATES[TEMPLATE].resized(self.size)))

    def crops(self, crops: NDArray[np.uint8]) -> NDArray[np.float32]:
        """The same from squares that are cut out and scaled already.

        Args:
            crops: (n, size, size, 3), or with one channel where they are grey.
        """
        if not self.colour and crops.shape[3] == 3:
            crops = steps.grey(crops)
        return steps.unit(steps.equalised(crops) if self.equalise else crops)
