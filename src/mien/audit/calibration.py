"""Does a confidence of 80 % mean being right in 80 % of cases? The calibration curve and its expected error.

Predictions are put into `BINS` bins of equal width by their confidence; in each, mean confidence is set against
accuracy. The expected calibration error is the mean of their distance over all predictions, ECE = Σ (n_b / n)
|accuracy_b − confidence_b| (Naeini et al. 2015; Guo et al. 2017, "On calibration of modern neural networks", eq. 3).

It can only be positive, so chance alone makes it so: `by_chance` is what a perfectly calibrated model of the same
confidences would not exceed in 95 of 100 cases (consistency resampling, Bröcker and Smith 2007).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from mien.audit.measures import Mean
from mien.audit.table import Flags, Floats, Places
from mien.evaluate import metrics
from mien.evaluate.report import Figure

BINS: Final = 15  # Guo et al. 2017, sec. 5


@dataclass(frozen=True, kw_only=True)
class Bin:
    """Predictions of about the same confidence.

    Attributes:
        low: confidence above which they are; the lowest bin includes it.
        high: confidence up to which they are.
        n: how many.
        confidence: their mean confidence.
        accuracy: share of them that is right; without a value where they are too few.
    """

    low: float
    high: float
    n: int
    confidence: float
    accuracy: Figure


@dataclass(frozen=True, kw_only=True)
class Calibration:
    """The curve and its error.

    Attributes:
        n: predictions with a confidence.
        ece: the expected calibration error, of all bins.
        by_chance: what perfect calibration would not exceed in 95 of 100 cases.
        bins: those with predictions in them.
    """

    n: int
    ece: Figure
    by_chance: float
    bins: tuple[Bin, ...]


def calibration_of(confidence: Floats, right: Flags, *, least: int) -> Calibration:
    """Of n predictions, at least one.

    Args:
        confidence: (n,) 0 to 1.
        right: (n,).
        least: predictions that a bin needs for its accuracy to be told.
    """
    edges = np.linspace(0, 1, BINS + 1)
    bins = np.maximum(np.searchsorted(edges, confidence, side="left") - 1, 0)
    n, random = len(confidence), np.random.default_rng(metrics.SEED)
    draws = (random.integers(n, size=n) for _ in range(metrics.RESAMPLES))
    resampled = [_ece(confidence[rows], right[rows], bins[rows]) for rows in draws]
    perfect = [_ece(confidence, random.random(n) < confidence, bins) for _ in range(metrics.RESAMPLES)]
    return Calibration(
        n=n,
        ece=Figure.of_resamples(_ece(confidence, right, bins), n, np.array(resampled)),
        by_chance=float(np.percentile(perfect, 95)),
        bins=tuple(
            Bin(
                low=float(edges[place]),
                high=float(edges[place + 1]),
                n=int((bins == place).sum()),
                confidence=float(confidence[bins == place].mean()),
                accuracy=Mean(np.where(bins == place, right, np.nan)).figure(np.arange(n), least),
            )
            for place in np.unique(bins).tolist()
        ),
    )


def _ece(confidence: Floats, right: Flags, bins: Places) -> float:
    """Σ over the bins of |Σ (right − confidence)|, by n."""
    return float(np.abs(np.bincount(bins, right - confidence, minlength=BINS)).sum() / len(bins))
