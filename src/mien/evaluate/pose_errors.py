"""Figures of head pose."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mien.evaluate.figure import Figure
from mien.geometry.pose import to_matrix

_FULL_TURN_DEG = 360


@dataclass(frozen=True, kw_only=True)
class PoseErrors:
    """Angles in degrees against the manifest's, on the faces that were found.

    Differences are taken the short way round: of 179° and -179° it is 2°.

    Attributes:
        name: `"pose"`.
        n: labelled samples with a face.
        not_found: labelled samples without.
        yaw: mean absolute error, degrees.
        pitch: the same.
        roll: the same.
        mae: mean over yaw, pitch and roll of the faces that are labelled with all three.
        mae_sure: the same, of the faces whose pose the model does not call unsure; `None` where it never says so.
        geodesic: mean angle of the one rotation from the true pose to the predicted, of the same faces as `mae`.
        unsure: share of faces whose pose the model calls unsure; `None` where it never says so.
    """

    name: str = "pose"
    n: int
    not_found: int
    yaw: Figure
    pitch: Figure
    roll: Figure
    mae: Figure
    mae_sure: Figure | None
    geodesic: Figure
    unsure: Figure | None

    @classmethod
    def of(
        cls, truth: NDArray[Any], predicted: NDArray[Any], *, unsure: NDArray[np.bool_] | None, not_found: int
    ) -> PoseErrors:
        """From degrees.

        Args:
            truth: (n, 3) yaw, pitch, roll; NaN where an angle is not labelled.
            predicted: (n, 3).
            unsure: (n,) whether the model calls its answer unsure, or `None`.
            not_found: labelled samples without a face.
        """
        truth, predicted = np.asarray(truth, np.float64), np.asarray(predicted, np.float64)
        size = np.abs(shortest_turn(predicted - truth))
        yaw, pitch, roll = (Figure.mean(column[~np.isnan(column)]) for column in size.T)
        whole = ~np.isnan(size).any(1)
        sure = None if unsure is None else Figure.mean(size[whole & ~unsure].mean(1))
        return cls(
            n=len(size),
            not_found=not_found,
            yaw=yaw,
            pitch=pitch,
            roll=roll,
            mae=Figure.mean(size[whole].mean(1)),
            mae_sure=sure,
            geodesic=Figure.mean(geodesic(truth[whole], predicted[whole])),
            unsure=None if unsure is None else Figure.proportion(unsure.sum(), len(unsure)),
        )


def shortest_turn(degrees: NDArray[Any]) -> NDArray[np.float64]:
    """Angles brought to [-180, 180).

    >>> shortest_turn(np.array([358.0, -190.0, 20.0]))
    array([ -2., 170.,  20.])
    """
    half = _FULL_TURN_DEG / 2
    return np.asarray((np.asarray(degrees, np.float64) + half) % _FULL_TURN_DEG - half, np.float64)


def geodesic(first: NDArray[Any], second: NDArray[Any]) -> NDArray[np.float64]:
    """Angle of the one rotation that takes a pose to another.

    For rotations R and S the distance |R - S| (Frobenius) is 2√2 sin(angle / 2), which unlike the trace is exact for
    small angles too; see Huynh (2009), "Metrics for 3D rotations: comparison and analysis".

    Args:
        first: (n, 3) degrees: yaw, pitch, roll.
        second: (n, 3).

    Returns:
        (n,) degrees, 0 to 180.
    """
    distance = np.linalg.norm(to_matrix(first) - to_matrix(second), axis=(1, 2))
    return np.asarray(np.degrees(2 * np.arcsin(np.minimum(distance / np.sqrt(8), 1))), np.float64)
