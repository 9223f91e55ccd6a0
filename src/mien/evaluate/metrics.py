"""Figures and their 95 % intervals, in pure NumPy.

A confusion matrix is (…, k, k): rows are the true classes, columns the predicted ones, so that its diagonal is what was
right. TP, FP and FN of a class are its diagonal cell, the rest of its column and the rest of its row. What is divided
by nothing is NaN, never 0.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

Z95: Final = 1.959963984540054  # 97.5 % quantile of the standard normal distribution
RESAMPLES: Final = 2000  # Efron and Tibshirani (1993), ch. 13: 1000 or more for percentile intervals
SEED: Final = 0
_NUMBERS_AT_ONCE: Final = 1_000_000  # drawn by one step of the bootstrap: 8 MB

Floats = NDArray[np.float64]


class Interval(NamedTuple):
    """Where the true figure lies, with 95 % confidence."""

    low: float
    high: float


def confusion_matrix(truth: NDArray[Any], predicted: NDArray[Any], classes: int) -> NDArray[np.int64]:
    """How often each true class was taken for each class.

    Args:
        truth: (n,) places of the true classes.
        predicted: (n,) places of the predicted ones.
        classes: how many there are.

    Returns:
        (classes, classes).

    >>> confusion_matrix(np.array([0, 0, 1]), np.array([0, 1, 1]), 2)
    array([[1, 1],
           [0, 1]])
    """
    cells = np.asarray(truth, np.int64) * classes + np.asarray(predicted, np.int64)
    return np.bincount(cells, minlength=classes * classes).reshape(classes, classes)


def accuracy(confusion: NDArray[Any]) -> Floats:
    """Σ TP / n."""
    return _ratio(np.trace(confusion, axis1=-2, axis2=-1), confusion.sum((-2, -1)))


def precision(confusion: NDArray[Any]) -> Floats:
    """TP / (TP + FP) of each class; NaN where it was never predicted."""
    return _ratio(_diagonal(confusion), confusion.sum(-2))


def recall(confusion: NDArray[Any]) -> Floats:
    """TP / (TP + FN) of each class; NaN where it never occurs."""
    return _ratio(_diagonal(confusion), confusion.sum(-1))


def f1(confusion: NDArray[Any]) -> Floats:
    """2 TP / (2 TP + FP + FN) of each class: the harmonic mean of precision and recall.

    NaN where the class neither occurs nor was predicted.
    """
    return _ratio(2 * _diagonal(confusion), confusion.sum(-2) + confusion.sum(-1))


def macro(confusion: NDArray[Any], figure: Callable[[NDArray[Any]], Floats]) -> Floats:
    """Mean of `precision`, `recall` or `f1` over the classes that occur, each counting alike.

    A class that occurs and was never predicted has precision 0 here. The macro recall is also called balanced accuracy.

    >>> macro(np.array([[8, 2, 0], [1, 4, 0], [0, 0, 0]]), recall).item()
    0.8
    """
    occurs = confusion.sum(-1) > 0
    values = np.where(occurs, np.nan_to_num(figure(confusion)), 0)
    return _ratio(values.sum(-1), occurs.sum(-1))


def within_one(confusion: NDArray[Any]) -> Floats:
    """Share of predictions at most one class off, for classes in an order, as age groups are."""
    places = np.arange(confusion.shape[-1])
    near = np.abs(places[:, None] - places) <= 1
    return _ratio((confusion * near).sum((-2, -1)), confusion.sum((-2, -1)))


def wilson(hits: float, n: float) -> Interval:
    """95 % interval of a proportion, Wilson's score interval: right also for few samples and near 0 and 1.

    Wilson (1927), "Probable inference, the law of succession, and statistical inference":
    (p + z²/2n ± z √(p(1-p)/n + z²/4n²)) / (1 + z²/n), with p = hits / n.

    Args:
        hits: how many of the samples; for a mean of values 0 to 1 their sum, which makes the interval wide enough and
            often too wide.
        n: samples, more than 0; not whole where it is what they are worth.
    """
    share, spread = hits / n, Z95**2 / n
    middle = (share + spread / 2) / (1 + spread)
    half = Z95 / (1 + spread) * np.sqrt(share * (1 - share) / n + spread / (4 * n))
    return Interval(max(0.0, float(middle - half)), min(1.0, float(middle + half)))


def bootstrap_mean(values: NDArray[Any]) -> Interval:
    """95 % interval of a mean, by the percentile bootstrap (Efron 1979).

    Args:
        values: (n,), at least one.
    """
    return interval_of(resampled_means(values))


def resampled_means(values: NDArray[Any], *, seed: int = SEED) -> Floats:
    """Means of (n,) values drawn again with replacement, once for each of the bootstrap's resamples.

    Drawing zeros and ones and counting them is drawing from a binomial distribution, which is what is done with those.

    Args:
        values: (n,), at least one.
        seed: of the draws; two samples that are compared with each other need two.

    Returns:
        (RESAMPLES,).
    """
    values = np.asarray(values, np.float64)
    random = np.random.default_rng(seed)
    if np.isin(values, (0, 1)).all():
        return random.binomial(len(values), values.mean(), RESAMPLES) / len(values)
    step = max(1, _NUMBERS_AT_ONCE // len(values))
    means = [
        values[random.integers(len(values), size=(min(step, RESAMPLES - done), len(values)))].mean(1)
        for done in range(0, RESAMPLES, step)
    ]
    return np.concatenate(means)


def bootstrap_confusion(confusion: NDArray[Any], figure: Callable[[NDArray[Any]], Floats]) -> list[Interval]:
    """95 % intervals of figures of a confusion matrix, by the percentile bootstrap.

    A figure that is 0 or 1 in the sample is so in every resample, and its interval is that one point.

    Drawing n samples with replacement and counting them is drawing the matrix from a multinomial distribution, which
    is what is done, all resamples at once.

    Args:
        confusion: (k, k), with at least one sample.
        figure: from matrices (r, k, k) to (r,), or (r, k) for one figure a class.

    Returns:
        As many as `figure` gives; NaN where no resample defines it.
    """
    figures = figure(resampled_confusions(confusion)).reshape(RESAMPLES, -1)
    return [interval_of(column) for column in figures.T]


def resampled_confusions(confusion: NDArray[Any], *, seed: int = SEED) -> NDArray[np.int64]:
    """The matrices of samples drawn again with replacement: (RESAMPLES, k, k) from (k, k) with at least one sample."""
    n = int(confusion.sum())
    draws = np.random.default_rng(seed).multinomial(n, confusion.ravel() / n, size=RESAMPLES)
    return draws.reshape(RESAMPLES, *confusion.shape)


def interval_of(resampled: Floats) -> Interval:
    """The middle 95 % of a figure's resamples, those left out that do not define it; NaN where none does."""
    defined = resampled[~np.isnan(resampled)]
    if len(defined) == 0:
        return Interval(np.nan, np.nan)
    low, high = np.percentile(defined, [2.5, 97.5])
    return Interval(float(low), float(high))


def _diagonal(confusion: NDArray[Any]) -> NDArray[Any]:
    return np.diagonal(confusion, axis1=-2, axis2=-1)


def _ratio(part: NDArray[Any], whole: NDArray[Any]) -> Floats:
    part, whole = np.asarray(part, np.float64), np.asarray(whole, np.float64)
    ratio: Floats = np.divide(part, whole, out=np.full(whole.shape, np.nan), where=whole > 0)
    return ratio
