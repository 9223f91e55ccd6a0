"""One attribute of a person in probabilities over classes: fused, its label held, and unsure where it should be."""

from __future__ import annotations

from typing import Any, Generic, Protocol, Self, TypeVar

import numpy as np
from numpy.typing import NDArray

from mien.live.evidence import LEAST_WEIGHT
from mien.live.flag_rule import FlagRule
from mien.live.hysteresis import HeldLabel, Hold, hold_class, show_class


class Pool(Protocol):
    """What brings the frames' probabilities together: `ClassFusion`, or `EmotionMemory`."""

    @property
    def probabilities(self) -> NDArray[np.float64] | None:
        """(k,) summing to 1; None without evidence."""

    @property
    def settled(self) -> float:
        """0–1: how little is left to gain from further frames."""

    def add(self, probabilities: NDArray[Any], weight: float, time_s: float) -> None:
        """Takes in one frame."""

    def absorb(self, other: Self) -> None:
        """Takes in all that another one knows of the same person."""


PoolT = TypeVar("PoolT", bound=Pool)


class ClassProfile(Generic[PoolT]):
    """Gender, race or emotion of one person.

    Args:
        pool: of the frames' probabilities.
        hold: what it takes to change the label; for as long the label must be sure, or unsure, to be called so anew.
        unsure_below: fused probability below which the label is unsure; None where the frames' flags are to tell.

    Attributes:
        pool: the same.
        shown: (k,) fused probabilities with the held label on top, see `hysteresis.show_class`; None without evidence.
    """

    def __init__(self, pool: PoolT, hold: Hold, *, unsure_below: float | None) -> None:
        self.pool = pool
        self.shown: NDArray[np.float32] | None = None
        self._label = HeldLabel(hold)
        self._rule = FlagRule(unsure_below, seconds=hold.seconds)

    def add(self, probabilities: NDArray[Any], flagged: bool | None, weight: float, time_s: float) -> None:
        """Takes in one frame.

        Args:
            probabilities: (k,) summing to 1.
            flagged: the frame is unsure; None where nobody said so or otherwise.
            weight: 0–1; below `evidence.LEAST_WEIGHT` nothing changes.
            time_s: of the frame.
        """
        if weight < LEAST_WEIGHT:
            return
        self.pool.add(probabilities, weight, time_s)
        if flagged is not None:
            self._rule.add(float(np.max(probabilities)), flagged, weight)
        if (fused := self.pool.probabilities) is not None:
            self.shown = show_class(fused, hold_class(self._label, fused, time_s))
            self._rule.hold(float(self.shown.max()), time_s)

    def absorb(self, other: ClassProfile[PoolT]) -> None:
        """Takes in all that another one knows of the same person; the label held here stays."""
        self.pool.absorb(other.pool)
        self._rule.absorb(other._rule)
        if self._label.place is None:
            self._label = other._label
        if (fused := self.pool.probabilities) is not None and self._label.place is not None:
            self.shown = show_class(fused, self._label.place)

    @property
    def unsure(self) -> bool | None:
        """Whether the label should not be relied on; None where neither a limit nor the frames' flags tell."""
        return self._rule.unsure

    @property
    def certainty(self) -> float:
        """0–1: how little a further frame can be expected to change.

        What is settled counts in full where the classes are told apart, and by half where they are not: the label of an
        ambiguous face is worth more looks than that of a plain one, but not without end.
        """
        if self.shown is None:
            return 0.0
        chance = 1 / len(self.shown)
        return self.pool.settled * (1 + (float(self.shown.max()) - chance) / (1 - chance)) / 2
