"""Rotations of heads: from six numbers of a network, or from the landmarks, and how far they look past the camera.

Rotations are (n, 3, 3) and take head axes to camera axes; axes and angles are those of `mien.geometry.pose`. Landmarks
are (n, 478, 3) with z in the scale of x and y, negative toward the camera: camera axes, seen from far away.
"""

from __future__ import annotations

import functools
from importlib.resources import files
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from mien.errors import ShapeError
from mien.geometry.kabsch import kabsch
from mien.geometry.landmark_subsets import COUNT

_SHORTEST: Final = 1e-9  # lengths below are taken as this, so that nothing is divided by 0


@functools.cache
def mean_face() -> NDArray[np.float32]:
    """The mean of the training set's faces: (478, 3) in head axes, mirror-symmetric, read-only.

    The middle between the outer eye corners is at (0, 0, 0), and these corners are one unit apart.
    """
    with files("mien.geometry").joinpath("mean_face.npy").open("rb") as file:
        face: NDArray[np.float32] = np.load(file).astype(np.float32)
    face.flags.writeable = False
    return face


def from_6d(values: NDArray[Any]) -> NDArray[np.float64]:
    """Rotations from their first two columns, which need be neither of length 1 nor at right angles.

    Zhou et al. (2019), "On the continuity of rotation representations in neural networks", equation 15.

    Args:
        values: (n, 6): three numbers of the first column, then three of the second.

    Returns:
        (n, 3, 3).

    >>> from_6d(np.array([[2, 0, 0, 5, 3, 0]]))
    array([[[1., 0., 0.],
            [0., 1., 0.],
            [0., 0., 1.]]])
    """
    values = np.asarray(values, np.float64)
    if values.ndim != 2 or values.shape[1] != 6:
        raise ShapeError(f"6-D rotations must be (n, 6), got {values.shape}; wrap one as values[None]")
    first = _unit(values[:, :3])
    second = _unit(values[:, 3:] - (values[:, 3:] * first).sum(1, keepdims=True) * first)
    return np.stack([first, second, np.cross(first, second)], axis=2)


def from_landmarks(landmarks: NDArray[Any]) -> NDArray[np.float64]:
    """The rotations that lay the mean face best on the landmarks, whatever their place and size.

    Over all 478 points: against the teacher's own rotations that measured better than leaving out the mouth, or the
    lower half of the face.

    Args:
        landmarks: (n, 478, 3).

    Returns:
        (n, 3, 3).
    """
    landmarks = np.asarray(landmarks, np.float64)
    if landmarks.ndim != 3 or landmarks.shape[1:] != (COUNT, 3):
        remedy = "; wrap one face as landmarks[None]" if landmarks.shape == (COUNT, 3) else ""
        raise ShapeError(f"landmarks must be (n, {COUNT}, 3), got {landmarks.shape}{remedy}")
    face = mean_face() - mean_face().mean(0)
    centred = landmarks - landmarks.mean(1, keepdims=True)
    return np.swapaxes(kabsch(centred, face), 1, 2)


def turned_away_deg(rotations: NDArray[Any]) -> NDArray[np.float32]:
    """Angles in degrees between where noses point and the way to the camera, up, down or sideways; roll does not count.

    Args:
        rotations: (n, 3, 3).

    Returns:
        (n,) 0–180.
    """
    return np.asarray(np.degrees(np.arccos(np.clip(np.asarray(rotations)[:, 2, 2], -1, 1))), np.float32)


def _unit(vectors: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), _SHORTEST))
