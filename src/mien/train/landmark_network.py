"""The landmark network: a residual trunk whose last feature map keeps its places, and three linear heads on it.

Landmarks are a mean shape plus a weighted sum of shapes (Cootes et al. 1995, "Active shape models"): the network gives
the weights, and the shapes, first the teacher's principal components, are trained with it. Pooling would lose where in
the picture a feature is, so the map is narrowed by a 1×1 convolution and read whole.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from mien.errors import InputError
from mien.train.landmark_worker import POINTS
from mien.train.network import build_trunk

HEADS = ("landmarks", "rotation", "presence")


class LandmarkNetwork(nn.Module):
    """Landmarks, rotation and presence of the face in a crop.

    Args:
        size: side of the crops in pixels.
        stem: channels after the stem, see `build_trunk`.
        stages: (channels, blocks) of every stage.
        narrow: channels of the map that the heads read.
        mean: (478 · 3,) mean shape in units of `unit` pixels about the crop's middle.
        components: (k, 478 · 3) shapes to be weighted and added to it.

    Raises:
        InputError: a number is outside its range.
    """

    def __init__(
        self,
        *,
        size: int,
        stem: int,
        stages: Sequence[tuple[int, int]],
        narrow: int,
        mean: NDArray[Any],
        components: NDArray[Any],
    ) -> None:
        super().__init__()
        self.trunk = build_trunk(channels=3, stem=stem, stages=stages)
        if narrow < 1:
            raise InputError(f"narrow must be at least 1, got {narrow}")
        self.narrow = nn.Sequential(
            nn.Conv2d(stages[-1][0], narrow, 1, bias=False), nn.BatchNorm2d(narrow), nn.ReLU(), nn.Flatten()
        )
        cells = math.ceil(size / 2 ** (1 + len(stages))) ** 2
        self.weights = nn.Linear(narrow * cells, len(components))
        self.shapes = nn.Linear(len(components), POINTS * 3)
        self.rotation = nn.Linear(narrow * cells, 6)
        self.presence = nn.Linear(narrow * cells, 1)
        with torch.no_grad():
            self.shapes.weight.copy_(torch.from_numpy(components.T.copy()))
            self.shapes.bias.copy_(torch.from_numpy(mean))
            self.rotation.bias.copy_(torch.tensor([1.0, 0, 0, 0, 1, 0]))

    def forward(self, x: Tensor) -> dict[str, Tensor]:
        """What is found in crops.

        Args:
            x: (n, 3, size, size) float, see `normalise`.

        Returns:
            `landmarks` (n, 478 · 3) in units about the crop's middle, `rotation` (n, 6): the first two columns of the
            head's rotation, not yet orthonormal (Zhou et al. 2019, "On the continuity of rotation representations"),
            `presence` (n, 1): logit of there being a face that the teacher would find.
        """
        features = self.narrow(self.trunk(x))
        with torch.autocast("cpu", enabled=False):  # bfloat16 has steps of half a pixel at the crop's border
            features = features.float()
            return {
                "landmarks": self.shapes(self.weights(features)),
                "rotation": self.rotation(features),
                "presence": self.presence(features),
            }


class InPixels(nn.Module):
    """The network as it is used: landmarks in the crop's pixels, presence as a probability.

    Args:
        network: a `LandmarkNetwork`.
        size: side of the crops in pixels.
        unit: pixels of the network's unit.
    """

    def __init__(self, network: nn.Module, *, size: int, unit: float) -> None:
        super().__init__()
        self.network, self.unit = network, unit
        self.register_buffer("middle", torch.tensor([size / 2, size / 2, 0.0]))

    def forward(self, x: Tensor) -> dict[str, Tensor]:
        """`landmarks` (n, 478, 3), `rotation` (n, 6), `presence` (n, 1)."""
        out = self.network(x)
        assert isinstance(self.middle, Tensor)
        return {
            "landmarks": out["landmarks"].reshape(-1, POINTS, 3) * self.unit + self.middle,
            "rotation": out["rotation"],
            "presence": out["presence"].sigmoid(),
        }


def orthonormal(columns: Tensor) -> Tensor:
    """Rotations (n, 3, 3) of two columns each (n, 6), by Gram and Schmidt (Zhou et al. 2019, eq. 15)."""
    first = nn.functional.normalize(columns[:, :3], dim=1)
    second = columns[:, 3:] - (first * columns[:, 3:]).sum(1, keepdim=True) * first
    second = nn.functional.normalize(second, dim=1)
    return torch.stack([first, second, torch.linalg.cross(first, second)], dim=2)
