"""Shares of pairs, with intervals that know that pairs of one person stand or fall together.

Ten photos of somebody give 45 pairs of one person and thousands with others, all of one face: to take them as
independent makes intervals far too narrow. Here people are drawn again, not pairs (the subsets bootstrap of Bolle,
Ratha and Pankanti 2004, "Error analysis of pattern recognition systems").
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mien.evaluate.figure import Figure
from mien.evaluate.metrics import RESAMPLES, SEED, Floats, wilson


def share_of_same(matches: NDArray[Any], people: NDArray[Any]) -> Figure:
    """Share of pairs of one person, such as a true-accept rate.

    Args:
        matches: (n,) bool, whether each pair counts.
        people: (n,) whom each pair shows, numbered from 0.
    """
    matches = np.asarray(matches, bool)
    if len(matches) and (matches.all() or not matches.any()):
        return _all_alike(float(matches[0]), len(matches), len(np.unique(people)))
    return mean_of_same(matches, people)


def mean_of_same(values: NDArray[Any], people: NDArray[Any]) -> Figure:
    """Mean of a number that every pair of one person has.

    Args:
        values: (n,).
        people: (n,) whom each pair shows, numbered from 0.
    """
    if len(values) == 0:
        return Figure(value=None, n=0)
    sums = np.bincount(people, weights=values)
    pairs = np.bincount(people)
    return _figure(
        float(np.mean(values)), len(values), (_ratio((w * sums).sum(), (w * pairs).sum()) for w in _draws(len(pairs)))
    )


def share_of_different(a: NDArray[Any], b: NDArray[Any], images: NDArray[Any]) -> Figure:
    """Share of all pairs of different people, such as a false-match rate.

    Args:
        a: (n,) one of the two people in each pair that counts, numbered from 0.
        b: (n,) the other.
        images: (people,) how many images each has; every image is compared with all of other people.
    """
    images = np.asarray(images, np.float64)
    total = _pairs(images)
    if total == 0:
        return Figure(value=None, n=0)
    resampled = (_ratio((w[a] * w[b]).sum(), _pairs(w * images)) for w in _draws(len(images)))
    if len(a) == 0:
        return _all_alike(0.0, round(total), len(images) // 2)
    return _figure(len(a) / total, round(total), resampled)


def _all_alike(value: float, n: int, independent: int) -> Figure:
    """Where none or all count, so do they in every resample; Wilson's interval of independent pairs stands in."""
    low, high = wilson(value * independent, independent)
    return Figure(value=value, n=n, low=low, high=high)


def _figure(value: float, n: int, resampled: Iterator[float]) -> Figure:
    return Figure.of_resamples(value, n, np.fromiter(resampled, np.float64, RESAMPLES))


def _draws(people: int) -> Iterator[Floats]:
    """How often each is drawn, in every resample."""
    random = np.random.default_rng(SEED)
    for _ in range(RESAMPLES):
        yield np.bincount(random.integers(people, size=people), minlength=people).astype(np.float64)


def _pairs(images: Floats) -> float:
    """Of different people."""
    return float((images.sum() ** 2 - (images**2).sum()) / 2)


def _ratio(part: float, whole: float) -> float:
    return float(part / whole) if whole else float("nan")
