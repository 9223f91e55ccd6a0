"""False-match rates too small to be counted: the normal tail of strangers' similarities.

Beyond the last threshold that enough false matches vouch for, similarities are taken to rise in a straight line with
the normal quantile of the false-match rate, as those of a normal distribution do; only the most similar strangers have
a say in the line. Tried on LAG, with the tail set by 60 to 250 people drawn from it and rates counted among all 7.3
million pairs of strangers: of rates 10 to 1000 times below the least one counted, none was more than 10 times as high
as told. It errs on the strict side: most were lower, those of SFace within a factor of 10. A generalised Pareto tail
(Coles 2001, "An introduction to statistical modeling of extreme values", ch. 4) was no closer, and has an end beyond
which it says 0; an exponential one was far off, always the same way.
"""

from __future__ import annotations

from dataclasses import dataclass
from statistics import NormalDist
from typing import Any, Final, Self

import numpy as np
from numpy.typing import NDArray

from mien.errors import InputError
from mien.models.thresholds import Thresholds

REACH: Final = 1e-3  # of the least rate counted: three decades on, errors of a factor of 10 are common
LEAST_TAIL: Final = 100  # pairs that the slope is taken from
_TAIL_SHARE: Final = 0.01  # of all pairs, where that is more
_MOST_SHARE: Final = 0.5  # of all pairs, where they are few: the lower half says nothing of the upper tail
_RANKS: Final = 50  # points that the line is laid through, evenly on the rank's logarithm
_NORMAL: Final = NormalDist()


@dataclass(frozen=True, kw_only=True)
class Tail:
    """A normal tail that goes on from the last row of a table of thresholds.

    Attributes:
        similarity: of that row.
        fmr: of that row.
        slope: similarity for each standard deviation further out; above 0.

    Raises:
        InputError: the numbers are not of that kind.
    """

    similarity: float
    fmr: float
    slope: float

    def __post_init__(self) -> None:
        if not (-1 < self.similarity <= 1 and 0 < self.fmr < 1 and 0 < self.slope < np.inf):
            raise InputError(
                "a tail needs a similarity from -1 to 1, a rate between 0 and 1 and a slope above 0, "
                f"got {self.similarity}, {self.fmr} and {self.slope}"
            )

    @classmethod
    def after(cls, thresholds: Thresholds, *, slope: float) -> Self:
        """The tail that goes on from a table's end."""
        return cls(similarity=thresholds.similarity[-1], fmr=thresholds.fmr[-1], slope=slope)

    @property
    def least_fmr(self) -> float:
        """The smallest rate that it tells."""
        return self.fmr * REACH

    def rate(self, similarity: float) -> float:
        """The false-match rate at a similarity above the table's end; it is never 0."""
        out = -_NORMAL.inv_cdf(self.fmr) + (similarity - self.similarity) / self.slope
        return max(_NORMAL.cdf(-out), np.finfo(np.float64).tiny)

    def threshold(self, fmr: float) -> float:
        """The similarity at which a rate below the table's least is reached."""
        return self.similarity + self.slope * (_NORMAL.inv_cdf(self.fmr) - _NORMAL.inv_cdf(fmr))


def tail_slope(different: NDArray[Any], *, fmr: float) -> float | None:
    """Similarity for each standard deviation further out, from the most similar pairs of different people.

    Args:
        different: (n,) similarities.
        fmr: the least rate counted; the most similar pairs, fewer than that share, have no say.

    Returns:
        `None` where these are too few, or all alike.
    """
    falling = np.sort(np.asarray(different, np.float64))[::-1]
    count = round(min(len(falling) * _MOST_SHARE, max(len(falling) * _TAIL_SHARE, LEAST_TAIL)))
    first = max(1, round(fmr * len(falling)))
    if count < max(LEAST_TAIL, first + 1):
        return None
    ranks = np.unique(np.geomspace(first, count, _RANKS).astype(int))
    quantiles = np.array([-_NORMAL.inv_cdf(rank / len(falling)) for rank in ranks.tolist()])
    slope, _ = np.polyfit(quantiles, falling[ranks - 1], 1, w=np.sqrt(ranks))
    return float(slope) if slope > 0 else None
