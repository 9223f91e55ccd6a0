"""Receiver operating characteristic of similarities, in pure NumPy.

Two faces match where their similarity is at or above a threshold. FMR (false-match rate) is the share of pairs of
different people that match, TAR (true-accept rate, 1 - FNMR) the share of pairs of one person that do: ISO/IEC 19795-1.
The operating points run from the strictest threshold, at which nothing matches, to the loosest, at which everything
does, one for every similarity that occurs; between two of them the curve is a straight line.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from mien.evaluate.metrics import RESAMPLES, SEED, Floats

_ROUNDING: Final = 1e-12  # of a rate: 3 / 1000 and 0.001 × 3 are not quite one number
_NUMBERS_AT_ONCE: Final = 1_000_000  # in one array of the bootstrap: 8 MB


@dataclass(frozen=True, kw_only=True, eq=False)
class Roc:
    """Operating points, from the strictest.

    Attributes:
        thresholds: (k,) falling; midway between the last similarity that matches and the first that does not.
        fmr: (…, k) rising from 0 to 1.
        tar: (…, k) rising from 0 to 1.
    """

    thresholds: Floats
    fmr: Floats
    tar: Floats


def roc(similarity: NDArray[Any], same: NDArray[Any]) -> Roc:
    """The curve of some pairs.

    Args:
        similarity: (n,).
        same: (n,) bool, whether the two are one person; both kinds are there.

    >>> curve = roc(np.array([0.9, 0.7, 0.7, 0.1]), np.array([True, True, False, False]))
    >>> curve.fmr, curve.tar, curve.thresholds.round(3)
    (array([0. , 0. , 0.5, 1. ]), array([0. , 0.5, 1. , 1. ]), array([0.9, 0.8, 0.4, 0.1]))
    """
    levels, places = _levels(similarity)
    same = np.asarray(same, bool)
    matches = np.bincount(places[same], minlength=len(levels))
    false_matches = np.bincount(places[~same], minlength=len(levels))
    return _curve(levels, matches, false_matches)


def resampled_rocs(similarity: NDArray[Any], same: NDArray[Any]) -> Iterator[Roc]:
    """The curves of pairs drawn again with replacement, each kind among its own.

    Args:
        similarity: (n,).
        same: (n,) bool; both kinds are there.

    Yields:
        Curves of some resamples each, `RESAMPLES` in all along the first axis.
    """
    levels, places = _levels(similarity)
    same = np.asarray(same, bool)
    random = np.random.default_rng(SEED)
    step = max(1, _NUMBERS_AT_ONCE // len(places))
    for done in range(0, RESAMPLES, step):
        rows = min(step, RESAMPLES - done)
        matches, false_matches = (_drawn(random, places[kind], rows, len(levels)) for kind in (same, ~same))
        yield _curve(levels, matches, false_matches)


def auc(curve: Roc) -> Floats:
    """Area under the curve: how often a pair of one person is more similar than one of different people, ties half.

    (Hanley and McNeil 1982, "The meaning and use of the area under a receiver operating characteristic curve")
    """
    width, height = np.diff(curve.fmr), curve.tar[..., :-1] + curve.tar[..., 1:]
    return np.asarray((width * height).sum(-1) / 2, np.float64)


def eer(curve: Roc) -> Floats:
    """Equal error rate: where the curve has FMR = FNMR."""
    excess = 1 - curve.tar - curve.fmr  # FNMR - FMR falls from 1 to -1
    after = np.argmax(excess <= 0, axis=-1)[..., None]
    first, second = (np.take_along_axis(excess, place, -1) for place in (after - 1, after))
    low, high = (np.take_along_axis(curve.fmr, place, -1) for place in (after - 1, after))
    return np.asarray((low + (high - low) * first / (first - second))[..., 0], np.float64)


def point_at_fmr(curve: Roc, fmr: float) -> NDArray[np.int64]:
    """Place of the loosest operating point whose FMR is at most `fmr`; nothing is interpolated."""
    return np.asarray((curve.fmr <= fmr + _ROUNDING).sum(-1) - 1, np.int64)


def tar_at_fmr(curve: Roc, fmr: float) -> Floats:
    """The highest TAR whose FMR is at most `fmr`."""
    place = point_at_fmr(curve, fmr)[..., None]
    return np.asarray(np.take_along_axis(curve.tar, place, -1)[..., 0], np.float64)


def best_threshold(similarity: NDArray[Any], same: NDArray[Any]) -> float:
    """The threshold with the most pairs decided rightly; of several the strictest.

    Args:
        similarity: (n,).
        same: (n,) bool; may be all of one kind.
    """
    levels, places = _levels(similarity)
    right = np.where(same, 1, -1)
    gained = np.concatenate([[0], np.cumsum(np.bincount(places, weights=right, minlength=len(levels)))])
    return float(_thresholds(levels)[np.argmax(gained)])


def _levels(similarity: NDArray[Any]) -> tuple[Floats, NDArray[np.int64]]:
    """The similarities that occur, falling, and the place of each pair's among them."""
    rising, places = np.unique(np.asarray(similarity, np.float64), return_inverse=True)
    return rising[::-1], len(rising) - 1 - places.reshape(-1)


def _thresholds(levels: Floats) -> Floats:
    """At the strictest point nothing matches, so its threshold lies just above the highest similarity."""
    above = np.nextafter(levels[:1], np.inf)
    return np.concatenate([above, (levels[:-1] + levels[1:]) / 2, levels[-1:]])


def _drawn(random: np.random.Generator, places: NDArray[np.int64], rows: int, levels: int) -> NDArray[np.int64]:
    """(rows, levels): how often each level is drawn when the places are drawn again, row by row."""
    drawn = places[random.integers(len(places), size=(rows, len(places)))]
    cells = drawn + levels * np.arange(rows)[:, None]
    return np.bincount(cells.ravel(), minlength=rows * levels).reshape(rows, levels)


def _curve(levels: Floats, matches: NDArray[Any], false_matches: NDArray[Any]) -> Roc:
    return Roc(thresholds=_thresholds(levels), fmr=_cumulative(false_matches), tar=_cumulative(matches))


def _cumulative(counts: NDArray[Any]) -> Floats:
    """Shares counted from the first, 0 before it."""
    sums = np.cumsum(counts, axis=-1)
    nothing = np.zeros((*sums.shape[:-1], 1))
    return np.concatenate([nothing, sums / sums[..., -1:]], axis=-1)
