"""Age fused over the frames of a track: a robust mean, and an interval that shrinks only as far as fusing helps."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from mien.live.evidence import LEAST_WEIGHT, effective_number, remembered, settled

CENTROIDS: Final = 64  # ages kept for a person; beyond, the two nearest are merged
TUNING: Final = 1.345  # Huber (1981): 95 % efficiency where errors are normal
_MAD_TO_SIGMA: Final = 1.4826  # of a normal distribution
_LEAST_SIGMA: Final = 2.3  # years; what ages of one person's frames vary by, as `benchmarks/fusion.py` makes them
_STEPS: Final = 50
_CLOSE_ENOUGH: Final = 1e-6  # years

Floats = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class FusedAge:
    """What is known of a person's age.

    Attributes:
        years: the robust mean.
        interval: low and high, in years; None where no frame had one.
    """

    years: float
    interval: tuple[float, float] | None


class AgeFusion:
    """The age of one person.

    The mean is Huber's (1964, "Robust estimation of a location parameter"), weighted by the quality of the frames:
    frames further off than `TUNING` standard deviations pull no harder than one at that distance. The standard
    deviation is that of the person's own frames, from their median absolute deviation, and at least what is usual.

    The error of one frame is partly the person's (who looks older than they are does so in all frames) and partly the
    frame's. By the model of `mien.live.evidence`, the standard deviation of the mean is √(ρ + (1 - ρ) / W) of one good
    frame's, and so the two sides of the interval are the frames' mean sides times that: as wide as one good frame's
    for one good frame, wider for a poor one, never below √ρ of it. So the age is in them about as often as in the
    frames' own intervals, and no more often where those are too narrow; `FusionConfig` has what was measured.

    Memory is bounded: of more than `CENTROIDS` ages the two nearest become their weighted mean, as in Dunning and Ertl
    (2019), "Computing extremely accurate quantiles using t-digests".

    Args:
        correlation: ρ, the share of the variance of a frame's error that all frames of the person have in common.
        memory_s: weights fall to 1 / e in that time.
    """

    def __init__(self, *, correlation: float, memory_s: float) -> None:
        self._correlation, self._memory_s = correlation, memory_s
        self._ages: Floats = np.empty(0)
        self._weights: Floats = np.empty(0)
        self._sides: Floats = np.zeros(2)  # weighted sum of the intervals' lengths below and above the age
        self._sides_weight = 0.0
        self._time_s = -math.inf

    @property
    def settled(self) -> float:
        """0–1: how little is left to gain from further frames; see `evidence.settled`."""
        return settled(float(self._weights.sum()))

    @property
    def fused(self) -> FusedAge | None:
        """The age; None without evidence."""
        if len(self._ages) == 0:
            return None
        years = huber_mean(self._ages, self._weights)
        if self._sides_weight == 0:
            return FusedAge(years=years, interval=None)
        factor = 1 / math.sqrt(effective_number(float(self._weights.sum()), self._correlation))
        below, above = self._sides / self._sides_weight * factor
        return FusedAge(years=years, interval=(max(years - below, 0.0), years + above))

    def add(self, years: float, interval: NDArray[Any] | None, weight: float, time_s: float) -> None:
        """Takes in one frame; frames of the same time may come in any order.

        Args:
            years: the age.
            interval: (2,) low and high, or None.
            weight: 0–1; below `evidence.LEAST_WEIGHT` nothing changes.
            time_s: of the frame.
        """
        if weight < LEAST_WEIGHT:
            return
        self._fade(time_s)
        if interval is not None:
            low, high = (float(end) for end in interval)
            self._sides = self._sides + weight * np.maximum([years - low, high - years], 0)
            self._sides_weight += weight
        self._insert(np.array([years], np.float64), np.array([weight], np.float64))

    def absorb(self, other: AgeFusion) -> None:
        """Takes in all that another one knows of the same person."""
        if len(other._ages) == 0:
            return
        self._fade(other._time_s)
        share = remembered(self._time_s - other._time_s, self._memory_s)
        self._sides = self._sides + share * other._sides
        self._sides_weight += share * other._sides_weight
        self._insert(other._ages, share * other._weights)

    def _fade(self, time_s: float) -> None:
        """Brings the weights to the given time, unless it is past."""
        if len(self._ages) and time_s > self._time_s:
            share = remembered(time_s - self._time_s, self._memory_s)
            self._weights = share * self._weights
            self._sides, self._sides_weight = share * self._sides, share * self._sides_weight
        self._time_s = max(time_s, self._time_s)

    def _insert(self, ages: Floats, weights: Floats) -> None:
        ages, weights = np.concatenate([self._ages, ages]), np.concatenate([self._weights, weights])
        order = np.lexsort((weights, ages))  # sorted by both, so that sums do not depend on who came first
        ages, weights = ages[order], weights[order]
        while len(ages) > CENTROIDS:
            first = int(np.argmin(np.diff(ages)))
            pair = slice(first, first + 2)
            ages[first + 1] = np.average(ages[pair], weights=weights[pair])
            weights[first + 1] = weights[pair].sum()
            ages, weights = np.delete(ages, first), np.delete(weights, first)
        self._ages, self._weights = ages, weights


def huber_mean(values: Floats, weights: Floats) -> float:
    """Huber's weighted mean, by iteratively reweighted least squares from the weighted median.

    Args:
        values: (n,) in rising order, n ≥ 1.
        weights: (n,) above 0.

    >>> round(huber_mean(np.array([30.0, 31.0, 32.0, 90.0]), np.ones(4)), 2)
    32.03
    """
    middle = weighted_median(values, weights)
    off = np.abs(values - middle)
    order = np.argsort(off, kind="stable")
    sigma = max(_MAD_TO_SIGMA * weighted_median(off[order], weights[order]), _LEAST_SIGMA)
    for _ in range(_STEPS):
        pull = np.minimum(1, TUNING * sigma / np.maximum(np.abs(values - middle), _CLOSE_ENOUGH))
        moved = float(np.average(values, weights=weights * pull))
        if abs(moved - middle) < _CLOSE_ENOUGH:
            break
        middle = moved
    return moved


def weighted_median(values: Floats, weights: Floats) -> float:
    """The value with half of the weight on either side; midway between two where that is exactly between them.

    Args:
        values: (n,) in rising order, n ≥ 1.
        weights: (n,) above 0.
    """
    below = np.cumsum(weights)
    half = below[-1] / 2
    place = int(np.searchsorted(below, half))
    if math.isclose(below[place], half, rel_tol=1e-12) and place + 1 < len(values):
        return float(values[place] + values[place + 1]) / 2
    return float(values[place])
