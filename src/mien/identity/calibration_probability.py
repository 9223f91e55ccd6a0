"""From similarity to the probability of one person: a logistic curve on labelled pairs."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from mien.errors import DatasetError, InputError

LEAST_PAIRS: Final = 30  # of each kind; with fewer the curve says more about chance than about faces
_STEPS: Final = 100  # Newton's, far more than are ever needed
_CONVERGED: Final = 1e-10
_MOST_LOG_ODDS: Final = 700.0  # beyond, exp() overflows


@dataclass(frozen=True, kw_only=True)
class Logistic:
    """Probability that two faces are one person, where one person and strangers are equally likely beforehand.

    Attributes:
        slope: of the log-odds with the similarity; above 0.
        intercept: log-odds at similarity 0.

    Raises:
        InputError: the numbers are not of that kind.
    """

    slope: float
    intercept: float

    def __post_init__(self) -> None:
        if not (0 < self.slope < math.inf and math.isfinite(self.intercept)):
            raise InputError(
                f"a probability needs a slope above 0 and a finite intercept, got {self.slope} and {self.intercept}"
            )

    @classmethod
    def fitted(cls, same: NDArray[Any], different: NDArray[Any]) -> Logistic | None:
        """The curve of most likelihood, each kind of pair weighing one half, whatever their numbers.

        After Platt (1999), "Probabilistic outputs for support vector machines", with his targets just short of 0 and 1,
        so that pairs told apart without a fault do not make a cliff.

        Args:
            same: (n,) similarities of pairs of one person.
            different: (m,) of different people.

        Returns:
            `None` where there are fewer than `LEAST_PAIRS` of one kind.

        Raises:
            DatasetError: pairs of one person are not the more similar ones.
        """
        if min(len(same), len(different)) < LEAST_PAIRS:
            return None
        x = np.concatenate([same, different]).astype(np.float64)
        targets = np.repeat([(len(same) + 1) / (len(same) + 2), 1 / (len(different) + 2)], [len(same), len(different)])
        weights = np.repeat([0.5 / len(same), 0.5 / len(different)], [len(same), len(different)])
        columns = np.stack([x, np.ones_like(x)], axis=1)
        found = np.zeros(2)
        for _ in range(_STEPS):
            fitted = 1 / (1 + np.exp(-np.clip(columns @ found, -_MOST_LOG_ODDS, _MOST_LOG_ODDS)))
            gradient = columns.T @ (weights * (targets - fitted))
            curvature = (columns * (weights * fitted * (1 - fitted))[:, None]).T @ columns
            step = np.linalg.lstsq(curvature, gradient, rcond=None)[0]
            # A full step may overshoot where the two kinds hardly overlap.
            found += step / max(1.0, float(np.abs(step).max()) / 10)
            if float(np.abs(step).max()) < _CONVERGED:
                break
        if found[0] <= 0:
            raise DatasetError(
                f"pairs of one person (mean similarity {np.mean(same):.3f}) are not more similar than those of "
                f"different people ({np.mean(different):.3f}); are the labels the wrong way round?"
            )
        return cls(slope=float(found[0]), intercept=float(found[1]))

    def probability(self, similarity: float) -> float:
        """0–1; never quite either.

        >>> Logistic(slope=10, intercept=-4).probability(0.4)
        0.5
        """
        log_odds = min(max(self.slope * similarity + self.intercept, -_MOST_LOG_ODDS), _MOST_LOG_ODDS)
        return 1 / (1 + math.exp(-log_odds))
