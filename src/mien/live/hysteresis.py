"""Labels that stay until something else is clearly and lastingly true.

A label taken anew from every frame flickers where two are about as probable. Here the label is held, as by a Schmitt
trigger (1938, "A thermionic trigger"), until a rival has led by a margin for some time.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from mien.errors import InputError
from mien.vocabulary import AGE_GROUP_STARTS

TIE: Final = 0.001  # what a held label leads by where a rival is as probable: seen in the four digits that are written
FINEST_AGE: Final = 0.1  # years; the finest that is written
_NO_LIMIT: Final = math.inf


@dataclass(frozen=True, kw_only=True)
class Hold:
    """What it takes to change a label.

    Attributes:
        margin: lead that the rival needs, in the unit of its measure.
        seconds: how long it must lead by that much without a break; 0 changes the label at once.
    """

    margin: float
    seconds: float

    def __post_init__(self) -> None:
        for name in ("margin", "seconds"):
            if not 0 <= getattr(self, name) < math.inf:
                raise InputError(f"{name} of a hold must be 0 or more, got {getattr(self, name)}; 0 holds nothing")


class HeldLabel:
    """A label that changes only when a rival leads by a margin for a time.

    Attributes:
        place: of the label among the labels; None before the first.
    """

    def __init__(self, hold: Hold) -> None:
        self.place: int | None = None
        self._hold = hold
        self._rival: int | None = None
        self._since_s = math.inf

    def update(self, best: int, lead: float, time_s: float) -> int:
        """Takes note of the label that is best now, and returns the one that holds.

        Args:
            best: its place.
            lead: of the best over the held label; of no effect where they are the same.
            time_s: of the evidence.
        """
        if self.place is None or best == self.place:
            self.place, self._rival = best, None
        elif lead < self._hold.margin:
            self._rival = None
        else:
            if best != self._rival:
                self._rival, self._since_s = best, time_s
            if time_s - self._since_s >= self._hold.seconds:
                self.place, self._rival = best, None
        return self.place


def hold_class(label: HeldLabel, probabilities: NDArray[Any], time_s: float) -> int:
    """Updates a label by (k,) probabilities; the lead is the difference of two of them."""
    best = int(np.argmax(probabilities))
    lead = 0.0 if label.place is None else float(probabilities[best] - probabilities[label.place])
    return label.update(best, lead, time_s)


def hold_age_group(label: HeldLabel, years: float, time_s: float) -> int:
    """Updates the place of an age group by an age; the lead is how many years that lies outside the held group."""
    best = _age_group(years)
    lead = 0.0
    if label.place is not None:
        low, high = _ages_of(label.place)
        lead = max(low - years, years - high)
    return label.update(best, lead, time_s)


def show_class(probabilities: NDArray[Any], held: int) -> NDArray[np.float32]:
    """Probabilities whose most probable label is the held one.

    Where it is already, nothing changes. Where others are more probable, they and the held label share what they have
    together evenly, but for `TIE`: it is a tie that the held label wins, and its probability says so.

    Args:
        probabilities: (k,) summing to 1.
        held: place of the held label.

    Returns:
        (k,) summing to 1.

    >>> show_class(np.array([0.4, 0.6]), 0), show_class(np.array([0.7, 0.3]), 0)
    (array([0.5005, 0.4995], dtype=float32), array([0.7, 0.3], dtype=float32))
    """
    shown = np.array(probabilities, np.float32)
    if shown.argmax() != held:
        level_with = shown >= shown[held]  # the held one among them
        count = int(level_with.sum())
        level = float(shown[level_with].sum()) / count
        step = min(TIE, level) / count
        shown[level_with] = level - step
        shown[held] = level + (count - 1) * step
    return shown


def show_age(years: float, held: int) -> float:
    """The nearest age that is in the held group, no finer than `FINEST_AGE` at its upper end.

    >>> show_age(40.6, 2), show_age(40.6, 3), show_age(12.5, 1)
    (39.9, 40.6, 13)
    """
    low, high = _ages_of(held)
    return low if years < low else min(years, high - FINEST_AGE) if years >= high else years


def _age_group(years: float) -> int:
    return max(sum(years >= start for start in AGE_GROUP_STARTS) - 1, 0)


def _ages_of(group: int) -> tuple[float, float]:
    return AGE_GROUP_STARTS[group], (*AGE_GROUP_STARTS, _NO_LIMIT)[group + 1]
