"""Age and its interval from a distribution over whole years.

The interval is conformal given the true age: a candidate age is inside where its level, the probability on the thinner
side of it, reaches what the levels of people of about that age reach in a stated share of cases. Each age is a class of
its own in label-conditional (Mondrian) conformal prediction (Vovk, Gammerman and Shafer 2005, "Algorithmic learning in
a random world", sec. 4.5), with neighbouring ages weighed in (Guan 2023, "Localized conformal prediction"). One limit
for all ages, or one for each predicted age group, holds too many children and too few teenagers: networks draw the
rare ages towards the common ones, and one taken for 22 is rarely 15, while one who is 15 is often taken for 22.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Self

import numpy as np
from numpy.typing import NDArray

from mien.errors import InputError, ModelError

Floats = NDArray[np.float64]

_STEPS_A_YEAR: Final = 10  # candidate ages: as fine as an age is shown


@dataclass(frozen=True, kw_only=True)
class AgeTails:
    """How far out in a distribution the true age may lie, for people of every age.

    Attributes:
        ages: (k,) years, rising.
        tails: (k,) 0–0.5: the least level of a candidate of that age; linear in between, constant beyond.
        coverage: share of people whose true age is inside the interval, 0–1.

    Raises:
        InputError: these are no such numbers.
    """

    ages: tuple[float, ...]
    tails: tuple[float, ...]
    coverage: float

    def __post_init__(self) -> None:
        if not self.ages or len(self.ages) != len(self.tails) or (np.diff(self.ages) <= 0).any():
            raise InputError(f"age tails need rising ages and a tail for each, got {self.ages} and {self.tails}")
        if min(self.tails) < 0 or max(self.tails) > 0.5 or not 0 < self.coverage < 1:
            raise InputError(
                f"age tails must be from 0 to 0.5 and their coverage between 0 and 1, "
                f"got {self.tails} and {self.coverage}"
            )

    @classmethod
    def of_card(cls, calibration: Mapping[str, Any]) -> Self:
        """From what a card holds under `calibration["age_interval"]`.

        Raises:
            ModelError: it holds no such thing.
        """
        try:
            values = calibration["age_interval"]
            return cls(ages=tuple(values["ages"]), tails=tuple(values["tails"]), coverage=float(values["coverage"]))
        except (KeyError, TypeError, ValueError, InputError) as error:
            raise ModelError(
                f"the card's calibration.age_interval must hold ages, tails and coverage "
                f"({type(error).__name__}: {error}); train it anew, or reinstall Mien"
            ) from error

    def interval(self, probabilities: NDArray[Any]) -> NDArray[np.float32]:
        """From the lowest to the highest candidate inside; the median always is.

        Args:
            probabilities: (n, years), rows summing to 1.

        Returns:
            (n, 2) years, low and high, on tenths of a year but for the median.
        """
        years = probabilities.shape[1]
        candidates = np.arange((years - 1) * _STEPS_A_YEAR + 1) / _STEPS_A_YEAR
        inside = levels(probabilities, candidates) >= np.interp(candidates, self.ages, self.tails)
        median = median_age(probabilities)
        found = inside.any(axis=1)
        low = np.where(found, candidates[inside.argmax(axis=1)], median)
        high = np.where(found, candidates[::-1][inside[:, ::-1].argmax(axis=1)], median)
        return np.stack([np.minimum(low, median), np.maximum(high, median)], axis=1).astype(np.float32)


def median_age(probabilities: NDArray[Any]) -> NDArray[np.float32]:
    """Median of each distribution: no other number has a smaller expected absolute error.

    Args:
        probabilities: (n, years), rows summing to 1.

    Returns:
        (n,) years, not below 0.
    """
    edges = np.arange(probabilities.shape[1] + 1) - 0.5
    years = np.array([np.interp(0.5, row, edges) for row in _cumulative(probabilities)])
    return np.asarray(np.maximum(years, 0), np.float32)


def levels(probabilities: NDArray[Any], ages: NDArray[Any]) -> Floats:
    """The probability on the thinner side of an age: 0.5 at the median, falling outward.

    Args:
        probabilities: (n, years), rows summing to 1.
        ages: (m,) years, the same for every row, or (n, 1), one for each; from 0 to the last year.

    Returns:
        (n, m), or (n, 1).
    """
    places = np.asarray(ages, np.float64) + 0.5  # from the lower edge of the year 0
    edge = np.floor(places).astype(np.int64)
    cumulative = _cumulative(probabilities)
    rows = np.arange(len(cumulative))[:, None]
    below, above = cumulative[rows, edge], cumulative[rows, edge + 1]
    at = below + (places - edge) * (above - below)
    return np.minimum(at, 1 - at)


def _cumulative(probabilities: NDArray[Any]) -> Floats:
    """(n, years + 1) at the edges of the years. A whole year k stands for the ages k − ½ to k + ½, evenly."""
    cumulative = np.cumsum(probabilities, axis=1, dtype=np.float64)
    cumulative = np.concatenate([np.zeros((len(cumulative), 1)), cumulative], axis=1)
    return np.asarray(cumulative / cumulative[:, -1:], np.float64)
