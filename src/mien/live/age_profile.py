"""The age of a person: fused, its group held, and unsure where it should be."""

from __future__ import annotations

from typing import Any

from numpy.typing import NDArray

from mien.live.age_fusion import AgeFusion, FusedAge
from mien.live.evidence import LEAST_WEIGHT
from mien.live.flag_rule import FlagRule
from mien.live.hysteresis import HeldLabel, Hold, hold_age_group, show_age


class AgeProfile:
    """The age of one person.

    Args:
        fusion: of the frames' ages.
        hold: what it takes to change the age group; for as long the age must be sure, or unsure, to be called so anew.
        unsure_wider_years: width of the fused interval above which the age is unsure; None where the frames' flags are
            to tell.

    Attributes:
        fusion: the same.
        shown: the fused age, brought to the nearest of the held age group (see `hysteresis.show_age`), and its
            interval, widened where it must be to hold that age; None without evidence.
    """

    def __init__(self, fusion: AgeFusion, hold: Hold, *, unsure_wider_years: float | None) -> None:
        self.fusion = fusion
        self.shown: FusedAge | None = None
        self._group = HeldLabel(hold)
        self._rule = FlagRule(None if unsure_wider_years is None else -unsure_wider_years, seconds=hold.seconds)

    def add(
        self, years: float, interval: NDArray[Any] | None, flagged: bool | None, weight: float, time_s: float
    ) -> None:
        """Takes in one frame.

        Args:
            years: the age.
            interval: (2,) low and high, or None.
            flagged: the frame is unsure; None where nobody said so or otherwise.
            weight: 0–1; below `evidence.LEAST_WEIGHT` nothing changes.
            time_s: of the frame.
        """
        if weight < LEAST_WEIGHT:
            return
        self.fusion.add(years, interval, weight, time_s)
        if flagged is not None:
            ends = None if interval is None else (float(interval[0]), float(interval[1]))
            self._rule.add(_narrowness(ends), flagged, weight)
        if (fused := self.fusion.fused) is not None:
            self.shown = _shown(fused, hold_age_group(self._group, fused.years, time_s))
            self._rule.hold(_narrowness(self.shown.interval), time_s)

    def absorb(self, other: AgeProfile) -> None:
        """Takes in all that another one knows of the same person; the group held here stays."""
        self.fusion.absorb(other.fusion)
        self._rule.absorb(other._rule)
        if self._group.place is None:
            self._group = other._group
        if (fused := self.fusion.fused) is not None and self._group.place is not None:
            self.shown = _shown(fused, self._group.place)

    @property
    def unsure(self) -> bool | None:
        """Whether the age should not be relied on; None where neither a limit nor the frames' flags tell."""
        return self._rule.unsure

    @property
    def certainty(self) -> float:
        """0–1: how little a further frame can be expected to change."""
        return self.fusion.settled


def _narrowness(interval: tuple[float, float] | None) -> float:
    """A measure that is higher for surer ages."""
    return 0.0 if interval is None else interval[0] - interval[1]


def _shown(fused: FusedAge, group: int) -> FusedAge:
    years = show_age(fused.years, group)
    if fused.interval is None:
        return FusedAge(years=years, interval=None)
    return FusedAge(years=years, interval=(min(fused.interval[0], years), max(fused.interval[1], years)))
