"""Figures of apparent age."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mien.evaluate.figure import Figure
from mien.vocabulary import AGE_GROUPS, age_group


@dataclass(frozen=True, kw_only=True)
class AgeGroupErrors:
    """Those of one age group, by true age.

    Attributes:
        label: its name, one of `AGE_GROUPS`.
        n: samples of it.
        mae: mean absolute error, years.
        bias: mean of predicted − true, years.
        within_5: share of errors of at most 5 years.
        within_10: share of errors of at most 10 years.
    """

    label: str
    n: int
    mae: Figure
    bias: Figure
    within_5: Figure
    within_10: Figure


@dataclass(frozen=True, kw_only=True)
class AgeErrors:
    """Apparent age in years against the manifest's, on the faces that were found.

    Attributes:
        name: `"age"`.
        n: labelled samples with a face.
        not_found: labelled samples without.
        mae: mean absolute error, years.
        bias: mean of predicted − true, years.
        within_5: share of errors of at most 5 years.
        within_10: share of errors of at most 10 years.
        coverage: share of true ages inside the predicted interval, its ends included.
        stated_coverage: what the model says that this share is.
        interval_width: mean width of the predicted interval, years.
        groups: the errors of each age group.
    """

    name: str = "age"
    n: int
    not_found: int
    mae: Figure
    bias: Figure
    within_5: Figure
    within_10: Figure
    coverage: Figure | None
    stated_coverage: float | None
    interval_width: Figure | None
    groups: tuple[AgeGroupErrors, ...]

    @classmethod
    def of(
        cls,
        truth: NDArray[Any],
        predicted: NDArray[Any],
        intervals: NDArray[Any] | None,
        *,
        not_found: int,
        stated_coverage: float | None,
    ) -> AgeErrors:
        """From years.

        Args:
            truth: (n,) true ages.
            predicted: (n,) predicted ages.
            intervals: (n, 2) predicted low and high, or `None` where the model gives none.
            not_found: labelled samples without a face.
            stated_coverage: share of true ages that the intervals shall hold.
        """
        error = np.asarray(predicted, np.float64) - truth
        size, n = np.abs(error), len(error)
        coverage = width = None
        if intervals is not None:
            low, high = np.asarray(intervals, np.float64).T
            coverage = Figure.proportion(((low <= truth) & (truth <= high)).sum(), n)
            width = Figure.mean(high - low)
        return cls(
            n=n,
            not_found=not_found,
            mae=Figure.mean(size),
            bias=Figure.mean(error),
            within_5=Figure.proportion((size <= 5).sum(), n),
            within_10=Figure.proportion((size <= 10).sum(), n),
            coverage=coverage,
            stated_coverage=stated_coverage,
            interval_width=width,
            groups=tuple(_of_groups(truth, error)),
        )


def _of_groups(truth: NDArray[Any], error: NDArray[np.float64]) -> Iterator[AgeGroupErrors]:
    own_group = np.array([age_group(age) for age in truth], object)
    for label in AGE_GROUPS:
        own = error[own_group == label]
        size, n = np.abs(own), len(own)
        yield AgeGroupErrors(
            label=label,
            n=n,
            mae=Figure.mean(size),
            bias=Figure.mean(own),
            within_5=Figure.proportion((size <= 5).sum(), n),
            within_10=Figure.proportion((size <= 10).sum(), n),
        )
