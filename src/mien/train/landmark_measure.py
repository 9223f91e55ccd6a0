"""Errors of landmarks and pose against the teacher's."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from mien.evaluate.pose_errors import shortest_turn
from mien.geometry.landmark_subsets import OUTER_EYE_CORNERS, landmarks5, landmarks68
from mien.train.crops import plain_views
from mien.train.pack import Pack

Outputs = dict[str, NDArray[np.float32]]
Predict = Callable[[NDArray[np.uint8]], Outputs]
"""uint8 crops to the exported network's outputs: `landmarks` (n, 478, 3) px, `rotation` (n, 6), `presence` (n, 1)."""

ANGLES: Final = ("yaw", "pitch", "roll")
_BATCH: Final = 128


@dataclass(frozen=True, kw_only=True)
class Errors:
    """Of n faces. Distances are means over points in the picture, as parts of that between the outer eye corners.

    That is the normalised mean error of Sagonas et al. (2013), "300 faces in-the-wild challenge".

    Attributes:
        all_points, points_68, points_5: (n,) by the corners' distance in the picture.
        in_space: (n,) of all points, by the corners' distance in space, which does not shrink where a head is turned.
        angles: (n, 3) degrees: differences of yaw, pitch and roll, from -180 to 180.
    """

    all_points: NDArray[np.float64]
    points_68: NDArray[np.float64]
    points_5: NDArray[np.float64]
    in_space: NDArray[np.float64]
    angles: NDArray[np.float64]


def errors(landmarks: NDArray[Any], pose: NDArray[Any], truth: NDArray[Any], truth_pose: NDArray[Any]) -> Errors:
    """Landmarks and pose against the teacher's.

    Args:
        landmarks: (n, 478, 3) pixels.
        pose: (n, 3) degrees.
        truth: (n, 478, 3), the teacher's, in the same pixels.
        truth_pose: (n, 3).
    """
    corners = truth[:, OUTER_EYE_CORNERS[0]].astype(np.float64) - truth[:, OUTER_EYE_CORNERS[1]]
    flat = np.linalg.norm(corners[:, :2], axis=1)
    apart = distances(landmarks, truth)
    return Errors(
        all_points=apart / flat,
        points_68=distances(landmarks68(landmarks), landmarks68(truth)) / flat,
        points_5=distances(landmarks5(landmarks), landmarks5(truth)) / flat,
        in_space=apart / np.linalg.norm(corners, axis=1),
        angles=differences(pose, truth_pose),
    )


def distances(landmarks: NDArray[Any], truth: NDArray[Any]) -> NDArray[np.float64]:
    """Mean distances in the picture.

    Args:
        landmarks: (n, k, 3) pixels.
        truth: the same.

    Returns:
        (n,) pixels.
    """
    apart = np.asarray(landmarks[..., :2], np.float64) - truth[..., :2]
    return np.asarray(np.linalg.norm(apart, axis=2).mean(1))


def differences(a: NDArray[Any], b: NDArray[Any]) -> NDArray[np.float64]:
    """Angles a less angles b in degrees, from -180 to 180."""
    return shortest_turn(np.asarray(a, np.float64) - b)


def predicted(predict: Predict, pack: Pack, rows: NDArray[np.intp], size: int) -> Outputs:
    """The network's outputs for some rows of a pack.

    Args:
        predict: the network.
        pack: padded by a margin.
        rows: of the pack, at least one.
        size: side of the network's crops in pixels.
    """
    starts = range(0, len(rows), _BATCH)
    parts = [predict(plain_views(pack, rows[start : start + _BATCH], size)) for start in starts]
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
