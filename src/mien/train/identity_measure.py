"""How well an embedding tells people apart that it never saw, and by how much that beats where it started."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from mien.evaluate.by_person import mean_of_same
from mien.evaluate.figure import Figure
from mien.evaluate.labelled_pairs import AllPairs
from mien.evaluate.roc import auc, roc

FMR: Final = 0.01
_MOST_PAIRS: Final = 200_000  # of different people, for the area under the curve: more change its fourth digit


@dataclass(frozen=True, kw_only=True)
class Apart:
    """Figures over every face with every other, of people who were held back.

    Attributes:
        pairs: the similarities.
        threshold: at which one pair of strangers in a hundred matches.
        tar: share of pairs of one person that match there.
        auc: area under the ROC curve.
    """

    pairs: AllPairs
    threshold: float
    tar: Figure
    auc: float

    @classmethod
    def of(cls, embeddings: NDArray[np.float32], people: NDArray[np.int64]) -> Apart:
        """From embeddings (n, d) of L2 norm 1, with pairs of both kinds among them."""
        pairs = AllPairs(embeddings, people)
        threshold = float(np.quantile(pairs.different, 1 - FMR))
        step = max(1, len(pairs.different) // _MOST_PAIRS)
        values = np.concatenate([pairs.same, pairs.different[::step]])
        same = np.arange(len(values)) < len(pairs.same)
        return cls(pairs=pairs, threshold=threshold, tar=pairs.tar(threshold), auc=float(auc(roc(values, same))))


def gain(start: Apart, end: Apart) -> Figure:
    """By how much the true-accept rate at `FMR` rose, with an interval by people; the pairs are the same ones."""
    before, after = (one.pairs.same >= one.threshold for one in (start, end))
    return mean_of_same(after.astype(np.float64) - before, end.pairs.whose)
