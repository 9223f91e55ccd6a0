"""What saying "unsure" buys: the error of those predictions that are kept when the least sure ones are not.

A threshold on the confidence keeps a share of the predictions, the coverage, and their mean error is the selective
risk (El-Yaniv and Wiener 2010; Geifman and El-Yaniv 2017, "Selective classification for deep neural networks"). The
area under the curve is the mean of the risks over all n coverages (Geifman, Uziel and El-Yaniv 2018); predictions of
the same confidence count as if kept in any order.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np

from mien.audit.measures import Mean
from mien.audit.table import Floats
from mien.evaluate.report import Figure

COVERAGES: Final = range(100, 0, -5)  # percent


@dataclass(frozen=True, kw_only=True)
class Point:
    """One threshold.

    Attributes:
        coverage: share of the predictions kept.
        threshold: the least confidence of those; of what is surest where it is lowest, the highest.
        risk: their mean loss.
    """

    coverage: float
    threshold: float
    risk: Figure


@dataclass(frozen=True, kw_only=True)
class RiskCoverage:
    """The curve.

    Attributes:
        n: predictions with a confidence.
        loss: what the risk is the mean of: `"error rate"`, or `"absolute error, years"`.
        order: what the threshold is on, and which end of it is kept.
        area: mean of the risk over all coverages; a random order has the risk at full coverage.
        points: from full coverage down; those that would keep too few are left out.
    """

    n: int
    loss: str
    order: str
    area: float
    points: tuple[Point, ...]


def risk_coverage(
    loss: Floats, confidence: Floats, *, least: int, name: str, order: str, lowest_first: bool = False
) -> RiskCoverage:
    """Of n predictions, at least one.

    Args:
        loss: (n,) of each.
        confidence: (n,) in which order they are kept, highest first.
        least: predictions that a point must keep.
        name: of the loss.
        order: what the confidence is, in words.
        lowest_first: whether it is the lowest that are kept first, as with the widths of intervals.
    """
    n, sign = len(loss), -1 if lowest_first else 1
    surest_first = np.argsort(-sign * confidence, kind="stable")
    loss, sureness = loss[surest_first], sign * confidence[surest_first]
    _, ties = np.unique(-sureness, return_inverse=True)
    expected = (np.bincount(ties, loss) / np.bincount(ties))[ties]
    area = (np.cumsum(expected) / np.arange(1, n + 1)).mean()
    points: list[Point] = []
    for coverage in COVERAGES:
        threshold = sureness[math.ceil(coverage * n / 100) - 1]
        kept = int((sureness >= threshold).sum())
        if kept >= least and (not points or kept < points[-1].risk.n):
            risk = Mean(loss).figure(np.arange(kept), least)
            points.append(Point(coverage=kept / n, threshold=sign * float(threshold), risk=risk))
    return RiskCoverage(n=n, loss=name, order=order, area=float(area), points=tuple(points))
