"""What the landmark network minimises: the very distances that it is measured by."""

from __future__ import annotations

from typing import Final

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from mien.geometry.landmark_subsets import (
    INNER_LIPS,
    LEFT_EYE,
    LEFT_IRIS,
    OUTER_EYE_CORNERS,
    OUTER_LIPS,
    RIGHT_EYE,
    RIGHT_IRIS,
)
from mien.train.landmark_network import orthonormal
from mien.train.landmark_worker import POINTS
from mien.train.loop import Batch

_FINE: Final = 2.0  # weight of eyes, irises and lips, whose small movements carry what is read from landmarks

LIDS: Final = ((159, 145), (158, 153), (160, 144), (386, 374), (385, 380), (387, 373), (13, 14), (82, 87), (312, 317))
"""Upper and lower points of eyes and mouth: how far they are open is a small difference of large numbers."""

_DEPTH: Final = 0.3  # weight of z: the teacher itself guesses it from one picture
_LIDS_WEIGHT: Final = 0.5
_LANDMARKS_WEIGHT: Final = 10.0  # brings a mean error of a few per cent to the size of the other parts
_ROUND: Final = 1e-4  # in squared units: the distance is smooth where it is nought


def point_weights() -> Tensor:
    """(478,) with mean 1."""
    weights = np.ones(POINTS, np.float32)
    weights[[*LEFT_EYE, *RIGHT_EYE, *LEFT_IRIS, *RIGHT_IRIS, *OUTER_LIPS, *INNER_LIPS]] = _FINE
    return torch.from_numpy(weights / weights.mean())


def loss(outputs: dict[str, Tensor], batch: Batch) -> tuple[Tensor, dict[str, float]]:
    """Sum of the parts, and each of them.

    Args:
        outputs: of `LandmarkNetwork`.
        batch: `landmarks` (n, 478, 3) in the network's units, `rotation` (n, 3, 3), `presence` (n,) 1 where there is a
            face; the others' landmarks and rotations count nothing.
    """
    presence = batch["presence"]
    faces = presence.sum().clamp(min=1)
    truth = batch["landmarks"]
    difference = outputs["landmarks"].reshape(truth.shape) - truth
    corners = truth[:, OUTER_EYE_CORNERS[0]] - truth[:, OUTER_EYE_CORNERS[1]]
    share = presence / corners.norm(dim=1).clamp(min=1e-3) / faces  # of a face, by its size in three dimensions
    flat = (difference[..., :2].square().sum(2) + _ROUND).sqrt()
    depth = difference[..., 2].abs()
    upper, lower = (torch.tensor(points) for points in zip(*LIDS, strict=True))
    opening = (difference[:, upper, :2] - difference[:, lower, :2]).abs().sum(2)
    angle = (orthonormal(outputs["rotation"]) - batch["rotation"]).flatten(1).norm(dim=1)
    weights = point_weights()
    parts = {
        "landmarks": _LANDMARKS_WEIGHT * (share * (flat * weights).mean(1)).sum(),
        "depth": _LANDMARKS_WEIGHT * _DEPTH * (share * (depth * weights).mean(1)).sum(),
        "lids": _LANDMARKS_WEIGHT * _LIDS_WEIGHT * (share * opening.mean(1)).sum(),
        # 2 √2 sin(half of the angle between the rotations), which is about the angle in radians times √2.
        "rotation": (angle * presence).sum() / faces,
        "presence": functional.binary_cross_entropy_with_logits(outputs["presence"][:, 0], presence),
    }
    return sum(parts.values(), torch.zeros(())), {name: part.item() for name, part in parts.items()}
