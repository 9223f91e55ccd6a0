"""Statistics of face shapes: the mean face, which point mirrors which, and the directions in which shapes vary.

A shape is (478, 3) points in MediaPipe's topology. The mean face is in head axes (`mien.geometry.pose`: x to image
right, y to the chin, z to the back of the head), mirror-symmetric, with the middle between the outer eye corners at
(0, 0, 0) and those corners one unit apart.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from mien.errors import DatasetError
from mien.geometry.kabsch import kabsch
from mien.geometry.landmark_subsets import OUTER_EYE_CORNERS
from mien.geometry.pose import from_matrix

_FRONTAL_DEG: Final = 30.0  # faces turned further hide a half, whose points are guesses
_LEAST_FACES: Final = 20
_ROUNDS: Final = 4  # of the generalised Procrustes analysis; the mean no longer moves then


def mean_face(landmarks: NDArray[Any], rotations: NDArray[Any]) -> NDArray[np.float32]:
    """The mirror-symmetric mean of shapes, by generalised Procrustes analysis (Gower 1975).

    Args:
        landmarks: (n, 478, 3) pixels.
        rotations: (n, 3, 3) of the heads; they fix which way the mean face looks.

    Returns:
        (478, 3).

    Raises:
        DatasetError: there are too few faces.
    """
    pose = from_matrix(rotations)
    near = (np.abs(pose) < _FRONTAL_DEG).all(1)
    if near.sum() < _LEAST_FACES:
        raise DatasetError(
            f"a mean face needs {_LEAST_FACES} faces turned less than {_FRONTAL_DEG:g}°, got {near.sum()}; "
            "train on more images"
        )
    shapes = _unit(np.asarray(landmarks, np.float64)[near] @ np.asarray(rotations, np.float64)[near])
    first = _unit(shapes.mean(0)[None])[0]
    mean = first
    for _ in range(_ROUNDS):
        mean = _unit(np.mean(shapes @ np.swapaxes(kabsch(shapes, mean), 1, 2), axis=0)[None])[0]
    mean = mean @ kabsch(mean[None], first)[0].T
    mean = (mean + mirrored(mean, mirror_points(mean))) / 2
    corners = mean[list(OUTER_EYE_CORNERS)]
    return np.asarray((mean - corners.mean(0)) / np.linalg.norm(corners[1] - corners[0]), np.float32)


def mirror_points(mean: NDArray[Any]) -> NDArray[np.intp]:
    """The point that each point becomes when the picture is flipped left to right.

    Args:
        mean: (478, 3), nearly symmetric about x = 0 after its middle is taken off.

    Returns:
        (478,): an involution. Flipped landmarks are `flip(landmarks)[mirror_points]`.

    Raises:
        DatasetError: the points do not pair off.
    """
    centred = mean - mean.mean(0)
    flipped = centred * [-1, 1, 1]
    nearest = np.linalg.norm(centred[:, None] - flipped[None], axis=2).argmin(1)
    if not (nearest[nearest] == np.arange(len(mean))).all():
        raise DatasetError("the mean face is too lopsided for its points to pair off; train on more images")
    return np.asarray(nearest, np.intp)


def mirrored(shapes: NDArray[Any], pairs: NDArray[np.intp]) -> NDArray[Any]:
    """Shapes (…, 478, 3) flipped about x = 0, in the topology's order."""
    return np.asarray((shapes * np.array([-1, 1, 1], shapes.dtype))[..., pairs, :])


def basis(shapes: NDArray[Any], count: int) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Mean and scaled principal components: shapes ≈ mean + coefficients of unit variance · components.

    Args:
        shapes: (n, k).
        count: of components, at most k.

    Returns:
        (k,) and (count, k).
    """
    mean = shapes.mean(0)
    centred = np.asarray(shapes - mean, np.float64)
    variances, directions = np.linalg.eigh(centred.T @ centred / len(shapes))
    variances, directions = variances[::-1][:count], directions[:, ::-1][:, :count]
    components = directions.T * np.sqrt(np.maximum(variances, 0))[:, None]
    return np.asarray(mean, np.float32), np.asarray(components, np.float32)


def _unit(shapes: NDArray[np.float64]) -> NDArray[np.float64]:
    centred = shapes - shapes.mean(1, keepdims=True)
    return np.asarray(centred / np.linalg.norm(centred, axis=(1, 2), keepdims=True))
