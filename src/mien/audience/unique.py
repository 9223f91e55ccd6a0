"""How many different people a number of visits are of, with an interval."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from mien.audience.returns import DRAWS, Evidence, plausible_returns
from mien.models.thresholds import Thresholds

SEED: Final = 0


@dataclass(frozen=True, kw_only=True)
class UniqueVisitors:
    """An estimate.

    Attributes:
        value: median of what is plausible.
        low: lower end of the 95 % interval.
        high: upper end.
        visits: that they are the visitors of.
    """

    value: int
    low: int
    high: int
    visits: int

    @classmethod
    def total(cls, parts: Sequence[UniqueVisitors]) -> UniqueVisitors | None:
        """Of visits that were estimated in parts, whose errors have nothing to do with each other; None for no part."""
        if not parts:
            return None
        value = sum(part.value for part in parts)
        below, above = (
            math.sqrt(sum((end - part.value) ** 2 for end, part in zip(ends, parts, strict=True)))
            for ends in ([part.low for part in parts], [part.high for part in parts])
        )
        visits = sum(part.visits for part in parts)
        low, high = max(math.floor(value - below), 1), min(math.ceil(value + above), visits)
        return cls(value=value, low=low, high=high, visits=visits)


def unique_visitors(evidence: Evidence, thresholds: Thresholds) -> UniqueVisitors | None:
    """The estimate: visits less those by people who had been there before.

    Args:
        evidence: of all visits.
        thresholds: of the network.

    Returns:
        None where no face was seen well enough.
    """
    known, total = ~np.isnan(evidence.compared), len(evidence.compared)
    visits = int(known.sum())
    if not visits:
        return None
    rng = np.random.default_rng(SEED)
    people = np.clip(visits - plausible_returns(evidence, thresholds, rng), 1, visits)
    # A visit whose face was never seen well enough may be a glimpse of somebody new as any other, or a bit of a visit.
    people = people + rng.binomial(total - visits, rng.random(DRAWS) * people / visits)
    low, value, high = np.percentile(people, [2.5, 50, 97.5])
    return UniqueVisitors(value=round(value), low=math.floor(low), high=math.ceil(high), visits=total)
