"""Folds for pairs that come without any."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

FOLDS = 10
"""As many as LFW has."""
_SEED = 0


def drawn_folds(same: NDArray[np.bool_], count: int = FOLDS) -> tuple[str, ...] | None:
    """A fold for every pair, drawn at random once and for all, each with the same share of both kinds.

    Args:
        same: (n,) whether the two are one person.
        count: how many folds, at least 2.

    Returns:
        `None` where a kind has fewer pairs than there are folds.
    """
    if min(same.sum(), (~same).sum()) < count:
        return None
    random = np.random.default_rng(_SEED)
    folds = np.empty(len(same), np.int64)
    for kind in (same, ~same):
        folds[kind] = random.permutation(np.arange(kind.sum()) % count)
    return tuple(str(fold + 1) for fold in folds.tolist())
