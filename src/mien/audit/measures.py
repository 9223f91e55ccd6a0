"""The figures that are taken of every group, from what is known of each person in it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from mien.audit.kinds import KINDS
from mien.audit.table import UNKNOWN, Answers, Flags, Floats, Places, Years
from mien.evaluate import metrics
from mien.evaluate.report import Figure

Rows = NDArray[np.int64]


class Measure(Protocol):
    """A figure that can be taken of any group."""

    def figure(self, rows: Rows, least: int) -> Figure:
        """Of some rows: without a value where fewer than `least` of them define it."""

    def resampled(self, rows: Rows, *, seed: int) -> Floats:
        """(RESAMPLES,) the same of people drawn again with replacement; of rows that give the figure a value."""

    def spread(self, rows: Rows) -> tuple[float, float, int] | None:
        """Mean, standard deviation and number of what is averaged, or `None` where the figure is no mean."""


@dataclass(frozen=True)
class Mean:
    """The mean of one number a person, NaN where it does not apply."""

    values: Floats

    def figure(self, rows: Rows, least: int) -> Figure:
        """See `Measure`."""
        values = self._of(rows)
        if len(values) < max(least, 1):
            return Figure(value=None, n=len(values))
        if np.isin(values, (0, 1)).all() and values.min() == values.max():
            return Figure.proportion(values.sum(), len(values))
        return Figure.of_resamples(float(values.mean()), len(values), metrics.resampled_means(values))

    def resampled(self, rows: Rows, *, seed: int) -> Floats:
        """See `Measure`."""
        return metrics.resampled_means(self._of(rows), seed=seed)

    def spread(self, rows: Rows) -> tuple[float, float, int]:
        """See `Measure`."""
        values = self._of(rows)
        return float(values.mean()), float(values.std()), len(values)

    def _of(self, rows: Rows) -> Floats:
        values = self.values[rows]
        return values[~np.isnan(values)]


@dataclass(frozen=True)
class MacroRecall:
    """Mean over the classes of the share recognised.

    It has a value only where every class that occurs among all people has enough of them in the group: else it would
    be the mean of other classes for each group, and of shares of a handful of people.
    """

    truth: Places
    predicted: Places
    classes: int

    def figure(self, rows: Rows, least: int) -> Figure:
        """See `Measure`."""
        confusion = self._confusion(rows)
        n, occurring = int(confusion.sum()), self._confusion(np.arange(len(self.truth))).sum(1) > 0
        if not n or (confusion.sum(1)[occurring] < least).any():
            return Figure(value=None, n=n)
        return Figure.of_confusion(confusion, self._figure)[0]

    def resampled(self, rows: Rows, *, seed: int) -> Floats:
        """See `Measure`."""
        return self._figure(metrics.resampled_confusions(self._confusion(rows), seed=seed))

    def spread(self, rows: Rows) -> None:
        """See `Measure`."""

    def _confusion(self, rows: Rows) -> NDArray[np.int64]:
        truth, predicted = self.truth[rows], self.predicted[rows]
        known = (truth != UNKNOWN) & (predicted != UNKNOWN)
        return metrics.confusion_matrix(truth[known], predicted[known], self.classes)

    @staticmethod
    def _figure(confusions: NDArray[np.int64]) -> Floats:
        return metrics.macro(confusions, metrics.recall)


def measures_of(one: Answers | Years) -> dict[str, Measure]:
    """Figure → how it is taken, in the order of `KINDS`; those without any data are left out."""
    found = _of_years(one) if isinstance(one, Years) else _of_answers(one)
    if one.labelled.sum() > one.paired.sum():
        found["answered"] = Mean(_where(one.labelled, one.paired))
    return {name: found[name] for name in KINDS if name in found}


def _of_years(years: Years) -> dict[str, Measure]:
    error = years.predicted - years.truth
    found: dict[str, Measure] = {
        "mae": Mean(np.abs(error)),
        "bias": Mean(error),
        "within_5": Mean(_where(years.paired, np.abs(error) <= 5)),
    }
    bounded = years.paired & ~np.isnan(years.low)
    if bounded.any():
        found["interval_holds"] = Mean(_where(bounded, (years.low <= years.truth) & (years.truth <= years.high)))
    return found


def _of_answers(one: Answers) -> dict[str, Measure]:
    scored = one.labelled & (one.predicted != UNKNOWN)
    right = one.truth == one.predicted
    found: dict[str, Measure] = {
        "accuracy": Mean(_where(scored, right)),
        "macro_recall": MacroRecall(one.truth, one.predicted, len(one.labels)),
    }
    if one.ordered:
        found["within_one"] = Mean(_where(scored, np.abs(one.truth - one.predicted) <= 1))
    if not np.isnan(one.confidence[scored]).all():
        found["overconfidence"] = Mean(_where(scored, one.confidence - right))
    if one.unsure[one.paired].any():
        found["sure"] = Mean(_where(one.paired, ~one.unsure))
        found["accuracy_sure"] = Mean(_where(scored & ~one.unsure, right))
    return found


def _where(rows: Flags, values: NDArray[Any]) -> Floats:
    return np.where(rows, np.asarray(values, np.float64), np.nan)
