"""Similarities of pairs known to be of one person or of different people, and shares of them that match."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final, Protocol

import numpy as np
from numpy.typing import NDArray

from mien.errors import ShapeError
from mien.evaluate.by_person import share_of_different, share_of_same
from mien.evaluate.figure import Figure

MOST_FACES: Final = 8_000
"""With which every pair is still compared in a gigabyte: 32 million pairs count rates of one in a million."""
_ROWS: Final = 512  # of the matrix of all similarities, at a time
_SEED: Final = 0


def drawn_people(people: NDArray[Any], most: int = MOST_FACES) -> NDArray[np.intp]:
    """Places of all faces of as many people as have no more than `most` faces together, drawn once and for all.

    Args:
        people: (n,) whom each face shows.
        most: faces wanted at the most.
    """
    whose, images = np.unique(people, return_inverse=True, return_counts=True)[1:]
    if len(people) <= most:
        return np.arange(len(people))
    shuffled = np.random.default_rng(_SEED).permutation(len(images))
    chosen = shuffled[np.cumsum(images[shuffled]) <= most]
    return np.flatnonzero(np.isin(whose, chosen))


class LabelledPairs(Protocol):
    """What a calibration is fitted on and measured by."""

    @property
    def different(self) -> NDArray[np.float32]:
        """(n,) similarities of pairs of different people."""

    @property
    def same(self) -> NDArray[np.float32]:
        """(m,) similarities of pairs of one person; there may be none."""

    def fmr(self, threshold: float) -> Figure:
        """The false-match rate: share of the pairs of different people at or above a threshold."""

    def tar(self, threshold: float) -> Figure:
        """The true-accept rate: the same share of the pairs of one person."""


class GivenPairs:
    """Pairs from a list, taken as independent of each other.

    Args:
        similarity: (n,).
        same: (n,) bool.
    """

    def __init__(self, similarity: NDArray[Any], same: NDArray[Any]) -> None:
        values, same = np.asarray(similarity, np.float32), np.asarray(same, bool)
        self.different, self.same = values[~same], values[same]

    def fmr(self, threshold: float) -> Figure:
        """With Wilson's interval."""
        return Figure.proportion((self.different >= threshold).sum(), len(self.different))

    def tar(self, threshold: float) -> Figure:
        """With Wilson's interval."""
        return Figure.proportion((self.same >= threshold).sum(), len(self.same))


class AllPairs:
    """Every image with every other.

    Args:
        embeddings: (n, d) of L2 norm 1.
        people: whom each image shows, n of any kind.

    Raises:
        ShapeError: these are not as many.
    """

    def __init__(self, embeddings: NDArray[np.float32], people: Sequence[Any] | NDArray[Any]) -> None:
        if embeddings.ndim != 2 or len(embeddings) != len(people):
            raise ShapeError(f"embeddings must be (n, d), one for each of {len(people)} labels, got {embeddings.shape}")
        self._embeddings = embeddings
        self._people = np.unique(np.asarray(people), return_inverse=True)[1].reshape(-1)
        different, same, whose = [], [], []
        for first, second, similarity in self._blocks():
            alike = self._people[first] == self._people[second]
            different.append(similarity[~alike])
            same.append(similarity[alike])
            whose.append(self._people[first][alike])
        self.different: NDArray[np.float32] = np.concatenate([np.empty(0, np.float32), *different])
        self.same: NDArray[np.float32] = np.concatenate([np.empty(0, np.float32), *same])
        self.whose: NDArray[np.int64] = np.concatenate([np.empty(0, np.int64), *whose])
        """(m,) whom each pair of one person shows, numbered from 0."""

    def fmr(self, threshold: float) -> Figure:
        """With an interval by people, see `mien.evaluate.by_person`."""
        ends = []
        for first, second, similarity in self._blocks():
            pairs = np.stack([self._people[first], self._people[second]])[:, similarity >= threshold]
            ends.append(pairs[:, pairs[0] != pairs[1]])
        a, b = np.concatenate([np.empty((2, 0), np.int64), *ends], axis=1)
        return share_of_different(a, b, np.bincount(self._people))

    def tar(self, threshold: float) -> Figure:
        """With an interval by people."""
        return share_of_same(self.same >= threshold, self.whose)

    def _blocks(self) -> Iterator[tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float32]]]:
        """The pairs, some rows of the matrix at a time: places of the first and the second, and their similarity."""
        for start in range(0, len(self._embeddings), _ROWS):
            rows = self._embeddings[start : start + _ROWS]
            first, second = np.nonzero(np.arange(len(self._embeddings)) > np.arange(start, start + len(rows))[:, None])
            yield first + start, second, np.clip(rows @ self._embeddings.T, -1, 1)[first, second]
