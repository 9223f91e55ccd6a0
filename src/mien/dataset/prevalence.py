"""Shares corrected for what the classifier confuses.

Counting predicted labels ("classify and count") is biased: of a group that is one in fifty, a classifier that is right
in nine cases of ten finds about one in eight. With the shares p of the true classes and a confusion matrix R, R[i, j]
being how often class i is taken for class j, the predicted shares are q = p R, whatever p is, as long as faces of one
class are confused here as they were there ("prior probability shift"). Solved for p: Rogan and Gladen (1978),
"Estimating prevalence from the results of a screening test", for two classes; for several, the p of greatest likelihood
that is a distribution, which is the solution where that has no negative share, and else found by the EM steps of
Vardi and Lee (1993), "From image deblurring to optimal investments: maximum likelihood solutions for positive linear
inverse problems", whose shape Saerens et al. (2002), "Adjusting the outputs of a classifier to new a priori
probabilities", use for single predictions.

Intervals are percentile bootstraps over both samples, drawn from what was fitted: the labelled one, class by class, and
the data set, with the number of faces that it is worth where faces in one picture are alike.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from mien.errors import DatasetError
from mien.evaluate import metrics

Floats = NDArray[np.float64]

_STEPS: Final = 2000
_STILL: Final = 1e-8  # change of a share from step to step
_LEAST_DETERMINANT: Final = 1e-6  # below it, classes cannot be told apart by their predictions


@dataclass(frozen=True, kw_only=True)
class Corrected:
    """Shares of the classes of one attribute.

    Attributes:
        labels: the k classes.
        naive: (k,) shares of the predicted labels.
        shares: (k,) corrected.
        low: (k,) lower ends of the 95 % intervals of `shares`.
        high: (k,) upper ends.
        confusion: (k, k) counts that they were corrected by, rows true and columns predicted.
        source: where those are from.
    """

    labels: tuple[str, ...]
    naive: tuple[float, ...]
    shares: tuple[float, ...]
    low: tuple[float, ...]
    high: tuple[float, ...]
    confusion: tuple[tuple[int, ...], ...]
    source: str


def correct(
    naive: NDArray[Any],
    worth: float,
    confusion: NDArray[Any],
    *,
    labels: Sequence[str],
    source: str,
    seed: int = metrics.SEED,
    resamples: int = metrics.RESAMPLES,
) -> Corrected:
    """Correct the shares of predicted labels.

    Args:
        naive: (k,) shares of the predicted labels.
        worth: independent faces that they are worth.
        confusion: (k, k) counts of a labelled sample, rows true and columns predicted.
        labels: the k classes.
        source: where the confusion matrix is from, for the reader.
        seed: of the bootstrap.
        resamples: of the bootstrap.

    Raises:
        DatasetError: a class has no labelled face, or the predictions do not tell the classes apart.
    """
    confusion = np.asarray(confusion, np.int64)
    truths = confusion.sum(1)
    if empty := [label for label, count in zip(labels, truths, strict=True) if count == 0]:
        raise DatasetError(
            f"{source} has nobody labelled {' or '.join(empty)}, so shares cannot be corrected; label some of each"
        )
    rates = confusion / truths[:, None]
    if abs(np.linalg.det(rates)) < _LEAST_DETERMINANT:
        raise DatasetError(f"by {source}, predictions do not tell {', '.join(labels)} apart; nothing can be corrected")
    shares = solve(rates[None], naive[None])[0]
    draw = np.random.default_rng(seed)
    size = max(1, round(worth))
    # Drawn from what the corrected shares give: where no shares give just what was counted, draws from that would be as
    # impossible, and the interval of a share that is found to be none would end at none.
    expected = shares @ rates
    seen = draw.multinomial(size, expected / expected.sum(), size=resamples) / size
    confused = np.stack(
        [draw.multinomial(count, row, size=resamples) / count for count, row in zip(truths, rates, strict=True)], axis=1
    )
    low, high = np.percentile(solve(confused, seen), (2.5, 97.5), axis=0)
    return Corrected(
        labels=tuple(labels),
        naive=tuple(naive.tolist()),
        shares=tuple(shares.tolist()),
        low=tuple(low.tolist()),
        high=tuple(high.tolist()),
        confusion=tuple(tuple(row) for row in confusion.tolist()),
        source=source,
    )


def solve(rates: NDArray[Any], seen: NDArray[Any]) -> Floats:
    """True shares from those seen.

    Args:
        rates: (b, k, k), rows summing to 1: how often each class is taken for each.
        seen: (b, k) shares of the predicted labels.

    Returns:
        (b, k) shares, none negative, each row summing to 1.

    >>> solve(np.array([[[0.9, 0.1], [0.2, 0.8]]]), np.array([[0.34, 0.66]])).round(3).tolist()
    [[0.2, 0.8]]
    """
    rates, seen = np.asarray(rates, np.float64), np.asarray(seen, np.float64)
    found = np.full_like(seen, -1.0)
    regular = np.abs(np.linalg.det(rates)) >= _LEAST_DETERMINANT
    found[regular] = np.linalg.solve(np.swapaxes(rates[regular], 1, 2), seen[regular][..., None])[..., 0]
    outside = (found < 0).any(axis=1)
    found[outside] = _likeliest(rates[outside], seen[outside])
    return found


def _likeliest(rates: Floats, seen: Floats) -> Floats:
    """By EM, from equal shares."""
    shares = np.full_like(seen, 1 / seen.shape[1])
    for _ in range(_STEPS):
        expected = np.einsum("bi,bij->bj", shares, rates)
        ratio = np.divide(seen, expected, out=np.zeros_like(seen), where=expected > 0)
        after = shares * np.einsum("bij,bj->bi", rates, ratio)
        after /= after.sum(axis=1, keepdims=True)
        still = np.abs(after - shares).max(initial=0) < _STILL
        shares = after
        if still:
            break
    return shares
