"""What is set on validation images after training: temperatures, tails of the age interval, and when to be unsure.

Temperatures, and the tails of the age interval, are set on all of these images: a calibration error measured on few
is mostly chance, and the interval must hold in every age group, the smallest of which has few. What they achieve is
measured by `cross_tempered` and `cross_calibrated`, on each tenth with what is set on the others. For the limits below
which a label is unsure, rows with an even number are used to set them, those with an odd number to measure them.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from mien.errors import DatasetError
from mien.models.age import AgeTails, levels
from mien.models.temperature import temper
from mien.models.unsure import UnsureRule

SET_ON: Final = 0
MEASURED_ON: Final = 1
"""What a row's number leaves when it is divided by two."""
COVERAGE: Final = 0.8
"""Share of people whose age shall be inside the interval; with 90 % it would be too wide to tell anything."""
FOLDS: Final = 10
"""Of `cross_calibrated`; Kohavi (1995), "A study of cross-validation and bootstrap", sec. 5."""
_AGES: Final = (0, 2, 5, 8, 11, 14, 17, *range(20, 91, 5))
"""Years at which a tail is set: finer where faces change faster."""
_REACH: Final = (2.0, 0.2)
"""How far, in years, an age learns from others: so much for newborns, and so much more for each year of age.
Farther, and teenagers are held too rarely; nearer, and the tails follow the chance of who is in the validation set."""
_LEAST_MISSED: Final = 6
"""An age learns from so many people at the least, however far, that so many of them may be missed."""
_TEMPERATURES: Final = (0.2, 5.0)
_STEPS: Final = 40
_GOLDEN: Final = (math.sqrt(5) - 1) / 2
_LIMIT_DIGITS: Final = 4


@dataclass(frozen=True, kw_only=True)
class Aim:
    """What a limit of unsureness shall achieve.

    Attributes:
        accuracy: of the labels kept; None keeps a share of the cases alone.
        most: largest share of the cases called unsure; it wins over the accuracy.
    """

    accuracy: float | None
    most: float


AIMS: Final[Mapping[str, Aim]] = MappingProxyType(
    {
        "gender": Aim(accuracy=0.97, most=0.15),
        "race": Aim(accuracy=0.80, most=0.25),
        "emotion": Aim(accuracy=0.90, most=0.20),
        "age": Aim(accuracy=None, most=0.10),
    }
)
"""Attribute → aim. A choice: on the validation images of the first networks (0.1.0), the 15 to 25 % of the faces that
are given up hold half of the wrong labels."""


class Judged(NamedTuple):
    """Answers of a classifier.

    Attributes:
        confidence: (n,) probability of the likeliest class, or group of classes.
        right: (n,) whether it is the true one.
    """

    confidence: NDArray[np.float32]
    right: NDArray[np.bool_]


@dataclass(frozen=True, kw_only=True)
class Labelled:
    """Probabilities and what is true.

    Attributes:
        probabilities: (n, classes).
        labels: (n,) index of a class, or of a group of classes; −1 where it is not known, and then of no effect.
        groups: for each class its group, or None where labels name classes.
    """

    probabilities: NDArray[Any]
    labels: NDArray[np.int64]
    groups: tuple[int, ...] | None = None

    def loss(self, temperature: float) -> float:
        """Negative log-likelihood of the labels, summed over the images."""
        known = self.labels >= 0
        p = self._grouped(temper(self.probabilities, temperature))
        return float(-np.log(np.maximum(p[known, self.labels[known]], 1e-9)).sum())

    def sureness(self, temperature: float) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
        """Of the images with a label: the probability of the likeliest class, and whether its label is right."""
        known = self.labels >= 0
        p = temper(self.probabilities[known], temperature)
        right = self._grouped(p).argmax(axis=1) == self.labels[known]
        return np.asarray(p.max(axis=1, initial=0), np.float32), np.asarray(right)

    def judged(self, temperature: float) -> Judged:
        """Of the images with a label: the probability of what the label names, and whether that is right."""
        known = self.labels >= 0
        p = self._grouped(temper(self.probabilities[known], temperature))
        return Judged(p.max(axis=1, initial=0), np.asarray(p.argmax(axis=1) == self.labels[known]))

    def only(self, chosen: NDArray[np.bool_]) -> Labelled:
        """Some of the images."""
        return dataclasses.replace(self, probabilities=self.probabilities[chosen], labels=self.labels[chosen])

    def _grouped(self, probabilities: NDArray[np.float32]) -> NDArray[np.float32]:
        if self.groups is None:
            return probabilities
        return probabilities @ np.eye(max(self.groups) + 1, dtype=np.float32)[list(self.groups)]


def fit_temperature(sets: Sequence[Labelled]) -> float:
    """The temperature at which the labels of all sets together are most likely."""
    low, high = (math.log(end) for end in _TEMPERATURES)
    best = _minimum(lambda x: sum(one.loss(math.exp(x)) for one in sets), low, high)
    return round(math.exp(best), 4)


def cross_tempered(sets: Sequence[Labelled]) -> list[Judged]:
    """Answers to images on which their temperature was not set: to each tenth by what suits the others of all sets."""
    known = [one.only(one.labels >= 0) for one in sets]
    folds = [np.random.default_rng(0).permutation(len(one.labels)) % FOLDS for one in known]
    answers = [Judged(np.empty(len(fold), np.float32), np.empty(len(fold), np.bool_)) for fold in folds]
    for left_out in range(FOLDS):
        own = [fold == left_out for fold in folds]
        temperature = fit_temperature([one.only(~mask) for one, mask in zip(known, own, strict=True)])
        for one, mask, (confidence, right) in zip(known, own, answers, strict=True):
            confidence[mask], right[mask] = one.only(mask).judged(temperature)
    return answers


def fit_unsure(sets: Sequence[Labelled], temperature: float, aim: Aim) -> UnsureRule:
    """The limit that keeps most labels at the accuracy aimed for, of all sets together.

    Raises:
        DatasetError: no image has a label.
    """
    parts = [one.sureness(temperature) for one in sets]
    confidence, right = (np.concatenate(column) for column in zip(*parts, strict=True))
    if len(confidence) == 0:
        raise DatasetError("no validation image with an even row number has a label to calibrate on; add some")
    surest_first = np.argsort(-confidence, kind="stable")
    kept = np.arange(1, len(confidence) + 1)
    accuracy = np.cumsum(right[surest_first]) / kept
    fewest = max(math.ceil((1 - aim.most) * len(confidence)), 1)
    reached = np.flatnonzero((kept >= fewest) & (accuracy >= (aim.accuracy or 0)))
    count = int(kept[reached[-1]]) if len(reached) else fewest
    limit = math.floor(confidence[surest_first[count - 1]] * 10**_LIMIT_DIGITS) / 10**_LIMIT_DIGITS
    return UnsureRule(limit=limit, aim=aim.accuracy, most=aim.most)


def fit_widest(intervals: NDArray[Any], aim: Aim) -> UnsureRule:
    """The width of an age interval that as many exceed as the aim allows.

    Args:
        intervals: (n, 2) years, of validation images.
        aim: without an accuracy.
    """
    widest = float(np.quantile(intervals[:, 1] - intervals[:, 0], 1 - aim.most, method="higher"))
    return UnsureRule(limit=math.ceil(widest * 10) / 10, aim=None, most=aim.most)


def fit_age_tails(truth: NDArray[Any], distributions: NDArray[Any], coverage: float = COVERAGE) -> AgeTails:
    """The tails at which the intervals hold a share `coverage` of true ages, at every age.

    A tail is the quantile of the levels of the people around its age, who count less the farther they are; the new face
    counts as one of them whose level is not known (weighted conformal prediction, Tibshirani et al. 2019, "Conformal
    prediction under covariate shift", eq. 7). Where people are too few for the coverage asked for, the tail is 0.

    Args:
        truth: (n,) years.
        distributions: (n, years) probabilities.
        coverage: 0–1.
    """
    found = levels(distributions, np.asarray(truth, np.float64)[:, None])[:, 0] if len(truth) else np.empty(0)
    tails = [_tail(found, np.abs(truth - age), _REACH[0] + _REACH[1] * age, 1 - coverage) for age in _AGES]
    return AgeTails(ages=tuple(float(age) for age in _AGES), tails=tuple(tails), coverage=coverage)


def cross_calibrated(
    truth: NDArray[Any], distributions: NDArray[Any], coverage: float = COVERAGE
) -> NDArray[np.float32]:
    """Intervals of people on whom their tails were not set: each tenth of them by tails set on the others.

    Args:
        truth: (n,) years.
        distributions: (n, years) probabilities.
        coverage: 0–1.

    Returns:
        (n, 2) years.
    """
    intervals = np.empty((len(truth), 2), np.float32)
    fold = np.random.default_rng(0).permutation(len(truth)) % FOLDS
    for left_out in range(FOLDS):
        own = fold == left_out
        tails = fit_age_tails(truth[~own], distributions[~own], coverage)
        intervals[own] = tails.interval(distributions[own])
    return intervals


def _tail(found: NDArray[Any], distances: NDArray[Any], reach: float, missed: float) -> float:
    """The largest level that no more than a share `missed` of the people, by weight, fall short of."""
    if len(found) == 0:
        return 0.0
    nearest = np.sort(distances)[: round(_LEAST_MISSED / missed)]
    weights = np.maximum(1 - distances / max(reach, float(nearest[-1]) + 1), 0)
    order = np.argsort(found, kind="stable")
    short = np.cumsum(weights[order]) / (weights.sum() + 1)
    place = int(np.searchsorted(short, missed, side="right"))
    return math.floor(found[order[place - 1]] * 1e5) / 1e5 if place else 0.0


def _minimum(function: Callable[[float], float], low: float, high: float) -> float:
    """Where a function with one valley is lowest, by golden-section search (Kiefer 1953)."""
    for _ in range(_STEPS):
        step = _GOLDEN * (high - low)
        left, right = high - step, low + step
        low, high = (low, right) if function(left) < function(right) else (left, high)
    return (low + high) / 2
