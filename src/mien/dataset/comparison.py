"""What a comparison of two data sets tells."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Any

from mien.dataset.significance import Correction
from mien.evaluate.figure import rounded


@dataclass(frozen=True, kw_only=True)
class Difference:
    """One share or mean in both.

    Attributes:
        attribute: such as `gender`.
        label: its class; empty for a mean.
        a: in the first.
        b: in the second.
        difference: b − a; shares as shares, ages in years.
        low: lower end of its 95 % interval.
        high: upper end.
        effect: Cohen's h of shares, Cohen's d of means.
        p: of no difference; None where nothing varies.
        p_adjusted: the same, corrected for the number of tests.
    """

    attribute: str
    label: str
    a: float
    b: float
    difference: float
    low: float
    high: float
    effect: float
    p: float | None
    p_adjusted: float | None = None


@dataclass(frozen=True, kw_only=True)
class Distributions:
    """All classes of an attribute at once.

    Attributes:
        attribute: such as `race`.
        n_a: faces of which it is known in the first.
        n_b: and in the second.
        cramers_v: 0 where the distributions are equal, 1 where they share no class.
        chi_squared: Pearson's, over the mean design effect.
        degrees: of freedom.
        p: of equal distributions; None where there are no two classes.
        p_adjusted: the same, corrected for the number of tests.
    """

    attribute: str
    n_a: int
    n_b: int
    cramers_v: float
    chi_squared: float
    degrees: int
    p: float | None
    p_adjusted: float | None = None


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """Everything that differs, or does not.

    Attributes:
        a: what the first is called.
        b: and the second.
        paired: whether both are of the same pictures, which the intervals make use of.
        correction: for the number of tests.
        tests: how many there are.
        distributions: one an attribute.
        differences: one a class or mean.
        notes: what the reader should know.
    """

    a: str
    b: str
    paired: bool
    correction: Correction
    tests: int
    distributions: tuple[Distributions, ...]
    differences: tuple[Difference, ...]
    notes: tuple[str, ...]

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready."""
        content: dict[str, Any] = rounded(dataclasses.asdict(self))
        return content
