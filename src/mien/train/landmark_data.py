"""The landmark network's training set: which images are drawn, and what a batch of them holds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from mien.geometry.align import TEMPLATES
from mien.geometry.pose import from_matrix
from mien.train.augment import Augmentation
from mien.train.landmark_crops import LabelledCrops
from mien.train.landmark_shape import basis
from mien.train.landmark_views import faceless, random_view
from mien.train.landmark_worker import POINTS
from mien.train.loop import Batch
from mien.train.network import normalise

TEMPLATE: Final = "head"
SHAPES_FROM: Final = 8000
"""Faces that the mean face and the principal components are computed from."""

_YAW_STEPS_DEG: Final = (10, 20, 30, 45, 60)  # turned faces are rare, and drawn more often by these steps


@dataclass(frozen=True, kw_only=True)
class Units:
    """What the network counts in: `unit` pixels about the middle of a crop.

    Attributes:
        size: side of the crop in pixels.
        unit: the template's distance between the eyes in pixels.
    """

    size: int
    unit: float

    @classmethod
    def at(cls, size: int) -> Units:
        """Those of crops in the recipe's template at a size in pixels."""
        points = TEMPLATES[TEMPLATE].resized(size).points
        return cls(size=size, unit=float(np.linalg.norm(points[1] - points[0])))

    def from_pixels(self, landmarks: NDArray[Any]) -> NDArray[np.float32]:
        """Landmarks (…, 478, 3) in the crop's pixels to the network's units."""
        return np.asarray((landmarks - [self.size / 2, self.size / 2, 0]) / self.unit, np.float32)


class Data:
    """Crops and the teacher's answers of several sets as one.

    Args:
        crops: of each set.
        train: rows of each set that are trained on.
        mirror_points: see `mien.train.landmark_shape.mirror_points`.
        size: side of the network's crops in pixels.
        balance: heads turned further are drawn more often: weight = share ** −balance.
        faceless: share of the views that show no face.
    """

    def __init__(
        self,
        crops: Sequence[LabelledCrops],
        train: Sequence[NDArray[np.intp]],
        *,
        mirror_points: NDArray[np.intp],
        size: int,
        balance: float,
        faceless: float,
    ) -> None:
        self._crops, self._mirror_points = crops, mirror_points
        self._units = Units.at(size)
        self._balance, self._faceless = balance, faceless
        places = [np.stack([np.full(len(rows), which), rows], axis=1) for which, rows in enumerate(train)]
        self._places = np.concatenate(places)

    def weights(self) -> NDArray[np.float64]:
        """How often each training image is drawn: heads turned further more often, those not found as the frontal."""
        rotations = np.stack([self._crops[which].rotations[row] for which, row in self._places])
        found = np.array([self._crops[which].found[row] for which, row in self._places])
        steps = np.zeros(len(found), np.int64)
        steps[found] = np.searchsorted(_YAW_STEPS_DEG, np.abs(from_matrix(rotations[found])[:, 0]))
        share = np.bincount(steps) / len(steps)
        return np.asarray(share[steps] ** -self._balance, np.float64)

    def make_batch(self, drawn: NDArray[np.intp], random: np.random.Generator, strengths: Augmentation) -> Batch:
        """Augmented crops and what the teacher says of them."""
        size = self._units.size
        pictures, landmarks, rotations, presence = [], [], [], []
        for which, row in self._places[drawn]:
            crops = self._crops[which]
            crop, face = np.asarray(crops.pack.crops[row]), bool(crops.found[row])
            if random.random() < self._faceless:
                pictures.append(faceless(crop, size=size, strengths=strengths, random=random))
                face = False
            else:
                view = random_view(
                    crop,
                    crops.landmarks[row],
                    crops.rotations[row],
                    size=size,
                    mirror_points=self._mirror_points,
                    strengths=strengths,
                    random=random,
                )
                pictures.append(view.picture)
            landmarks.append(view.landmarks if face else np.zeros((POINTS, 3), np.float32))
            rotations.append(view.rotation if face else np.eye(3, dtype=np.float32))
            presence.append(face)
        return {
            "crops": normalise(torch.from_numpy(np.stack(pictures))),
            "landmarks": torch.from_numpy(self._units.from_pixels(np.stack(landmarks))),
            "rotation": torch.from_numpy(np.stack(rotations)),
            "presence": torch.from_numpy(np.array(presence, np.float32)),
        }

    def mirrored_mean(self, network: nn.Module) -> dict[str, NDArray[np.float32]]:
        """Nothing: the heads give no probabilities over classes, which alone can be folded."""
        return {}


def shape_basis(
    crops: Sequence[LabelledCrops],
    count: int,
    *,
    size: int,
    mirror_points: NDArray[np.intp],
    strengths: Augmentation,
    seed: int,
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Mean and principal components of the shapes that training shows, from random views of some faces of each set.

    Args:
        crops: of each set.
        count: of components.
        size: side of the network's crops in pixels.
        mirror_points: see `mien.train.landmark_shape.mirror_points`.
        strengths: of the views.
        seed: of the choice of faces and views.

    Returns:
        (478 · 3,) and (count, 478 · 3) in the network's units.
    """
    random = np.random.default_rng(seed)
    blank = np.zeros_like(np.asarray(crops[0].pack.crops[0]))
    shapes = []
    for one in crops:
        rows = np.flatnonzero(one.found)
        for row in random.choice(rows, min(len(rows), SHAPES_FROM // len(crops)), replace=False):
            view = random_view(
                blank,
                one.landmarks[row],
                one.rotations[row],
                size=size,
                mirror_points=mirror_points,
                strengths=strengths,
                random=random,
            )
            shapes.append(view.landmarks)
    return basis(Units.at(size).from_pixels(np.stack(shapes)).reshape(len(shapes), -1), count)
