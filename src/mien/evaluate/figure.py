"""One measured number, with the samples behind it and its 95 % interval."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from mien.evaluate import metrics

_DIGITS: Final = 6
INTERVALS: Final = (
    f"95 %: Wilson's score interval for proportions; percentile bootstrap ({metrics.RESAMPLES} resamples, "
    f"seed {metrics.SEED}) for means, F1, macro figures and those of ROC curves"
)


@dataclass(frozen=True, kw_only=True)
class Figure:
    """One number.

    Attributes:
        value: `None` where no sample defines it.
        n: samples that it is drawn from.
        low: lower end of the 95 % interval.
        high: upper end.
    """

    value: float | None
    n: int
    low: float | None = None
    high: float | None = None

    @classmethod
    def proportion(cls, hits: Any, n: Any) -> Figure:
        """The share hits / n, with Wilson's interval."""
        hits, n = int(hits), int(n)
        return cls._of(hits / n, n, metrics.wilson(hits, n)) if n else cls(value=None, n=0)

    @classmethod
    def mean(cls, values: NDArray[Any]) -> Figure:
        """Mean of (n,) values, with a bootstrap interval."""
        if len(values) == 0:
            return cls(value=None, n=0)
        return cls._of(float(values.mean()), len(values), metrics.bootstrap_mean(values))

    @classmethod
    def of_resamples(cls, value: float, n: int, resampled: metrics.Floats) -> Figure:
        """Any figure, with the percentile interval of its resamples."""
        return cls._of(value, n, metrics.interval_of(resampled))

    @classmethod
    def of_confusion(
        cls, confusion: NDArray[Any], figure: Callable[[NDArray[Any]], metrics.Floats]
    ) -> tuple[Figure, ...]:
        """What `figure` makes of a confusion matrix, each number with a bootstrap interval."""
        n = int(confusion.sum())
        values = np.atleast_1d(figure(confusion))
        if n == 0:
            return tuple(cls(value=None, n=0) for _ in values)
        intervals = metrics.bootstrap_confusion(confusion, figure)
        return tuple(cls._of(float(value), n, interval) for value, interval in zip(values, intervals, strict=True))

    @classmethod
    def _of(cls, value: float, n: int, interval: metrics.Interval) -> Figure:
        if math.isnan(value):
            return cls(value=None, n=n)
        low, high = (None if math.isnan(end) else end for end in interval)
        return cls(value=value, n=n, low=low, high=high)


def rounded(value: Any) -> Any:
    """A JSON-ready structure with its floats cut to the digits that mean something."""
    if isinstance(value, float):
        return round(value, _DIGITS)
    if isinstance(value, Mapping):
        return {key: rounded(entry) for key, entry in value.items()}
    return [rounded(entry) for entry in value] if isinstance(value, (list, tuple)) else value
