"""What is set on validation images after training: temperatures and the tails of the age interval.

Rows of a data set with an even number are used to set them, those with an odd number to measure what they achieve.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from mien.models.demographics import age_interval
from mien.models.temperature import temper

SET_ON: Final = 0
MEASURED_ON: Final = 1
"""What a row's number leaves when it is divided by two."""
_TEMPERATURES: Final = (0.2, 5.0)
_STEPS: Final = 40
_GOLDEN: Final = (math.sqrt(5) - 1) / 2


@dataclass(frozen=True, kw_only=True)
class Labelled:
    """Probabilities and what is true.

    Attributes:
        probabilities: (n, classes).
        labels: (n,) index of a class, or of a group of classes; −1 where it is not known, and then of no effect.
        groups: for each class its group, or None where labels name classes.
    """

    probabilities: NDArray[Any]
    labels: NDArray[np.int64]
    groups: tuple[int, ...] | None = None

    def loss(self, temperature: float) -> float:
        """Negative log-likelihood of the labels, summed over the images."""
        p = temper(self.probabilities, temperature)
        if self.groups is not None:
            p = p @ np.eye(max(self.groups) + 1, dtype=np.float32)[list(self.groups)]
        known = self.labels >= 0
        return float(-np.log(np.maximum(p[known, self.labels[known]], 1e-9)).sum())


def fit_temperature(sets: Sequence[Labelled]) -> float:
    """The temperature at which the labels of all sets together are most likely."""
    low, high = (math.log(end) for end in _TEMPERATURES)
    best = _minimum(lambda x: sum(one.loss(math.exp(x)) for one in sets), low, high)
    return round(math.exp(best), 4)


def fit_tail(truth: NDArray[Any], distributions: NDArray[Any], coverage: float) -> float:
    """The tail at which `age_interval` holds a share `coverage` of true ages, by bisection.

    Split conformal prediction with the quantile level as the score (Romano et al. 2019, "Conformalized quantile
    regression"): the finite-sample correction asks for ⌈(n + 1) coverage⌉ of the n ages.

    Args:
        truth: (n,) years.
        distributions: (n, years) probabilities.
        coverage: 0–1.
    """
    wanted = min(1.0, math.ceil((len(truth) + 1) * coverage) / len(truth))
    low, high = 0.0, 0.5
    for _ in range(_STEPS):
        middle = (low + high) / 2
        bounds = age_interval(distributions, middle)
        held = ((bounds[:, 0] <= truth) & (truth <= bounds[:, 1])).mean()
        low, high = (middle, high) if held >= wanted else (low, middle)
    return round(low, 5)


def _minimum(function: Callable[[float], float], low: float, high: float) -> float:
    """Where a function with one valley is lowest, by golden-section search (Kiefer 1953)."""
    for _ in range(_STEPS):
        step = _GOLDEN * (high - low)
        left, right = high - step, low + step
        low, high = (low, right) if function(left) < function(right) else (left, high)
    return (low + high) / 2
