"""The rotation that lays one set of points best on another (Kabsch 1976)."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray


def kabsch(shapes: NDArray[Any], target: NDArray[Any]) -> NDArray[np.float64]:
    """The rotations that bring shapes nearest to another, by least squares.

    Kabsch (1976), "A solution for the best rotation to relate two sets of vectors".

    Args:
        shapes: (n, k, 3) about their middle.
        target: (k, 3) about its middle.

    Returns:
        (n, 3, 3): `rotation @ point` is near the target's point.
    """
    u, _, v = np.linalg.svd(np.swapaxes(shapes, 1, 2) @ target)
    signs = np.ones((len(shapes), 1, 3))
    signs[:, 0, 2] = np.sign(np.linalg.det(u @ v))  # a reflection would fit some flat sets of points better
    return np.asarray(np.swapaxes((u * signs) @ v, 1, 2), np.float64)
