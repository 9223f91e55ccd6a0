"""Probabilities over classes that do not change, such as gender, fused over the frames of a track.

The logarithmic opinion pool (Genest and Zidek 1986, "Combining probability distributions", sec. 3.2): log-odds are
added, weighted by the quality of the frames. Its exponents sum to the effective number of independent frames (see
`mien.live.evidence`), so that a thousand frames of one person are not a thousand witnesses. For Gaussian classes with
equally correlated frames that is Bayes' rule itself. All classes are taken as equally probable beforehand.
"""

from __future__ import annotations

import math
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from mien.live.evidence import LEAST_WEIGHT, effective_number, remembered, settled

LEAST_PROBABILITY: Final = 1e-3  # below which no frame's probability is taken, so that none has a veto


class ClassFusion:
    """One attribute of one person.

    Args:
        correlation: ρ of the frames' evidence.
        memory_s: weights fall to 1 / e in that time, so that a track which has gone over to somebody else recovers.
            What is told does not change by time alone.
    """

    def __init__(self, *, correlation: float, memory_s: float) -> None:
        self._correlation, self._memory_s = correlation, memory_s
        self._log_sum: NDArray[np.float64] | None = None
        self._weight = 0.0
        self._time_s = -math.inf

    @property
    def settled(self) -> float:
        """0–1: how little is left to gain from further frames; see `evidence.settled`."""
        return settled(self._weight)

    @property
    def probabilities(self) -> NDArray[np.float64] | None:
        """(k,) summing to 1; None without evidence."""
        if self._log_sum is None:
            return None
        number = effective_number(self._weight, self._correlation)
        logits = self._log_sum * (number / self._weight)
        powers = np.exp(logits - logits.max())
        return np.asarray(powers / powers.sum(), np.float64)

    def add(self, probabilities: NDArray[Any], weight: float, time_s: float) -> None:
        """Takes in one frame; frames of the same time may come in any order.

        Args:
            probabilities: (k,) summing to 1.
            weight: 0–1; below `evidence.LEAST_WEIGHT` nothing changes.
            time_s: of the frame.
        """
        if weight < LEAST_WEIGHT:
            return
        logs = np.log(np.maximum(np.asarray(probabilities, np.float64), LEAST_PROBABILITY))
        self._take(weight * logs, weight, time_s)

    def absorb(self, other: ClassFusion) -> None:
        """Takes in all that another one knows of the same person."""
        if other._log_sum is not None:
            self._take(other._log_sum, other._weight, other._time_s)

    def _take(self, log_sum: NDArray[np.float64], weight: float, time_s: float) -> None:
        """Adds evidence; whichever is older has faded by the time of the newer."""
        if self._log_sum is None:
            self._log_sum, self._weight, self._time_s = log_sum, weight, time_s
            return
        newest_s = max(time_s, self._time_s)
        mine, theirs = (remembered(newest_s - seen_s, self._memory_s) for seen_s in (self._time_s, time_s))
        self._log_sum = mine * self._log_sum + theirs * log_sum
        self._weight = mine * self._weight + theirs * weight
        self._time_s = newest_s
