"""Shares and means of a data set, with intervals that know that faces in one picture are alike."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from mien.dataset.moments import Floats, Moments
from mien.evaluate import metrics
from mien.evaluate.figure import Figure


@dataclass(frozen=True, kw_only=True)
class Shares:
    """Of the classes of one attribute.

    Attributes:
        name: of the attribute.
        labels: its k classes.
        n: faces, or files, of which it is known.
        worth: independent ones that these are worth: `n` over the design effect.
        figures: one a class.
    """

    name: str
    labels: tuple[str, ...]
    n: int
    worth: float
    figures: tuple[Figure, ...]

    @property
    def values(self) -> Floats:
        """(k,)."""
        return np.array([figure.value for figure in self.figures], np.float64)


def shares(moments: Moments, name: str, labels: Sequence[str], *, above: Sequence[str], below: str) -> Shares:
    """Shares with Wilson's interval at the number of faces that the sample is worth.

    That number, n over the design effect (Kish 1965), makes the interval as wide as the variance between pictures asks
    (Korn and Graubard 1998, "Confidence intervals for proportions with small expected number of positive counts").

    Args:
        moments: of the data set.
        name: of the attribute.
        labels: its classes.
        above: the quantity of each class.
        below: the quantity that they are shares of.
    """
    n = moments.total(below)
    if n == 0:
        return Shares(
            name=name, labels=tuple(labels), n=0, worth=0.0, figures=tuple(Figure(value=None, n=0) for _ in labels)
        )
    values, covariance = moments.ratios(above, [below])
    variances = np.diag(covariance)
    simple = values * (1 - values) / n
    mean = design_effect(variances, simple, n / moments.pictures)
    figures = []
    for value, variance, plain in zip(values.tolist(), variances.tolist(), simple.tolist(), strict=True):
        effect = max(1.0, variance / plain) if plain > 0 and math.isfinite(variance) else mean
        low, high = metrics.wilson(value * n / effect, max(n / effect, 1e-9))
        figures.append(Figure(value=value, n=round(n), low=min(low, value), high=max(high, value)))
    return Shares(name=name, labels=tuple(labels), n=round(n), worth=n / mean, figures=tuple(figures))


def design_effect(variances: Floats, simple: Floats, alike: float) -> float:
    """Mean variance of the shares over that of a simple random sample, at least 1 (Rao and Scott 1981).

    Args:
        variances: of the shares.
        simple: those that they would have were all faces independent.
        alike: the effect where faces in one picture are all alike; taken where there is but one picture.
    """
    if not np.isfinite(variances).all():
        return max(1.0, alike)
    return max(1.0, float(variances.sum() / simple.sum())) if simple.sum() > 0 else 1.0


def mean(moments: Moments, above: str, below: str) -> Figure:
    """A mean with its normal interval."""
    n = round(moments.total(below))
    if n == 0:
        return Figure(value=None, n=0)
    values, covariance = moments.ratios([above], [below])
    error = math.sqrt(max(float(covariance[0, 0]), 0.0)) if math.isfinite(covariance[0, 0]) else None
    value = float(values[0])
    if error is None:  # there is one picture alone
        return Figure(value=value, n=n)
    return Figure(value=value, n=n, low=value - metrics.Z95 * error, high=value + metrics.Z95 * error)
