"""The expression of a person now, and the share of time spent in each."""

from __future__ import annotations

import math
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from mien.live.evidence import LEAST_WEIGHT, remembered

FIRST_S: Final = 0.1  # the first look counts as if it had lasted so long; a few frames of a camera
LONGEST_GAP_S: Final = 1.0  # what lies between looks further apart than this was not observed

Floats = NDArray[np.float64]


class EmotionMemory:
    """A short memory of expressions, by time and not by frames.

    What counts as now is the mean over the past, fading exponentially: a look stands for the time since the look before
    it, so that ten looks in a second say no more of it than three. The share of time in each expression is the mean of
    the probabilities over the time observed, joined by straight lines: for calibrated probabilities that is the
    expected share, without the bias of counting winners.

    Args:
        time_constant_s: after this time a look has faded to 1 / e.
    """

    def __init__(self, *, time_constant_s: float) -> None:
        self._time_constant_s = time_constant_s
        self._fading: Floats | None = None  # fading sum of probabilities; what it sums to is the sum of the weights
        self._latest: Floats | None = None
        self._latest_s = -math.inf
        self._time_in: Floats | None = None  # seconds
        self._now: Floats | None = None

    @property
    def probabilities(self) -> Floats | None:
        """(k,) of the expression now; None before the first look of any weight."""
        return self._now

    @property
    def settled(self) -> float:
        """1 after the first look: expressions change, and there is nothing to settle."""
        return 0.0 if self._now is None else 1.0

    @property
    def observed_s(self) -> float:
        """Seconds that the shares are of."""
        return 0.0 if self._time_in is None else float(self._time_in.sum())

    @property
    def shares(self) -> Floats | None:
        """(k,) summing to 1: share of the observed time in each; None before the first look.

        While there has been only one look, that is its probabilities.
        """
        if self._time_in is None or self._latest is None:
            return None
        total = self.observed_s
        return self._time_in / total if total > 0 else self._latest

    def add(self, probabilities: NDArray[Any], weight: float, time_s: float) -> None:
        """Takes in one look.

        Args:
            probabilities: (k,) summing to 1.
            weight: 0–1; below `evidence.LEAST_WEIGHT` nothing changes.
            time_s: not before that of the look before.
        """
        if weight < LEAST_WEIGHT:
            return
        seen = np.asarray(probabilities, np.float64)
        seen = seen / seen.sum()
        if self._fading is None or self._latest is None or self._time_in is None:
            self._fading, self._time_in = self._mass(FIRST_S) * weight * seen, np.zeros_like(seen)
        else:
            gap_s = max(time_s - self._latest_s, 0.0)
            mass = self._mass(gap_s)
            self._fading = (1 - mass) * self._fading + mass * weight * seen
            self._time_in = self._time_in + min(gap_s, LONGEST_GAP_S) * (self._latest + seen) / 2
        self._now = self._fading / self._fading.sum()
        self._latest, self._latest_s = seen, time_s

    def absorb(self, other: EmotionMemory) -> None:
        """Takes in what another one knows of the same person: times add up, the later expression is the one now."""
        if other._time_in is None:
            return
        self._time_in = other._time_in if self._time_in is None else self._time_in + other._time_in
        if other._latest_s > self._latest_s:
            self._fading, self._now = other._fading, other._now
            self._latest, self._latest_s = other._latest, other._latest_s

    def _mass(self, seconds: float) -> float:
        return 1 - remembered(seconds, self._time_constant_s)
