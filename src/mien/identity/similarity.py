"""Similarity of faces: the cosine of their embeddings, from -1 to 1."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from mien.errors import ShapeError

_LENGTH: Final = 1e-3  # by how much a length may differ from 1: float16 keeps three digits


def similarities(a: NDArray[Any], b: NDArray[Any]) -> NDArray[np.float32]:
    """The cosine of every embedding in `a` with every one in `b`.

    Args:
        a: (n, d) of L2 norm 1.
        b: (m, d) likewise, of the same network.

    Returns:
        (n, m) from -1 to 1; rounding does not carry the cosine of two equal ones beyond.

    Raises:
        ShapeError: these are no rows of unit length, or of different dimensions.

    >>> similarities(np.eye(2), np.array([[0.6, 0.8]]))
    array([[0.6],
           [0.8]], dtype=float32)
    """
    a, b = _checked("a", a), _checked("b", b)
    if a.shape[1] != b.shape[1]:
        raise ShapeError(
            f"embeddings of {a.shape[1]} and {b.shape[1]} dimensions cannot be compared; make both with one network"
        )
    return np.asarray(np.clip(a @ b.T, -1, 1), np.float32)


def distances(a: NDArray[Any], b: NDArray[Any]) -> NDArray[np.float32]:
    """The same as squared distances, which is how FaceNet tells faces apart (Schroff et al. 2015): 2 - 2 · cosine.

    Args:
        a: (n, d) of L2 norm 1.
        b: (m, d) likewise, of the same network.

    Returns:
        (n, m) from 0, the same face, to 4.

    Raises:
        ShapeError: these are no rows of unit length, or of different dimensions.

    >>> distances(np.eye(2), np.array([[0.6, 0.8]]))
    array([[0.79999995],
           [0.39999998]], dtype=float32)
    """
    return 2 - 2 * similarities(a, b)


def _checked(name: str, embeddings: NDArray[Any]) -> NDArray[np.float32]:
    rows = np.asarray(embeddings, np.float32)
    if rows.ndim != 2:
        raise ShapeError(f"{name} must be embeddings (n, d), got {rows.shape}; wrap one as embedding[None]")
    lengths = np.linalg.norm(rows, axis=1)
    if wrong := np.flatnonzero(~(np.abs(lengths - 1) <= _LENGTH)).tolist():  # NaN is wrong too
        raise ShapeError(
            f"{name}: embeddings must have length 1, row {wrong[0]} has {lengths[wrong[0]]:g}; "
            "divide each by its length, and leave out those without one"
        )
    return rows
