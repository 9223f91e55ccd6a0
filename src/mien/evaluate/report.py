"""What was measured: every figure with the number of samples behind it and its 95 % interval."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from mien.evaluate import metrics

_DIGITS: Final = 6
INTERVALS: Final = (
    f"95 %: Wilson's score interval for proportions; percentile bootstrap ({metrics.RESAMPLES} resamples, "
    f"seed {metrics.SEED}) for means, F1 and macro figures"
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


@dataclass(frozen=True, kw_only=True)
class ClassFigures:
    """One class.

    Attributes:
        label: its name.
        n: samples of it.
        predicted: samples taken for it.
        precision: of `predicted`.
        recall: of `n`.
        f1: their harmonic mean.
    """

    label: str
    n: int
    predicted: int
    precision: Figure
    recall: Figure
    f1: Figure


@dataclass(frozen=True, kw_only=True)
class Classification:
    """One attribute with classes, scored by the most probable one on the faces that were found.

    Attributes:
        name: of the attribute.
        labels: its classes.
        n: labelled samples with a face.
        not_found: labelled samples without.
        accuracy: of `n`.
        accuracy_not_found_wrong: of `n` + `not_found`, taking the latter as wrong.
        within_one: at most one class off; for classes in an order only.
        macro_precision: mean over the classes that occur.
        macro_recall: the same; also called balanced accuracy.
        macro_f1: the same.
        classes: one by one.
        confusion: (k, k) counts, rows true and columns predicted.
    """

    name: str
    labels: tuple[str, ...]
    n: int
    not_found: int
    accuracy: Figure
    accuracy_not_found_wrong: Figure
    within_one: Figure | None
    macro_precision: Figure
    macro_recall: Figure
    macro_f1: Figure
    classes: tuple[ClassFigures, ...]
    confusion: tuple[tuple[int, ...], ...]

    @classmethod
    def of(
        cls,
        name: str,
        labels: Sequence[str],
        truth: NDArray[Any],
        predicted: NDArray[Any],
        *,
        not_found: int,
        ordered: bool = False,
    ) -> Classification:
        """From places in `labels`.

        Args:
            name: of the attribute.
            labels: the k classes.
            truth: (n,) places of the true classes.
            predicted: (n,) places of the predicted ones.
            not_found: labelled samples without a face.
            ordered: whether neighbours in `labels` are near each other, as age groups are.
        """
        confusion = metrics.confusion_matrix(truth, predicted, len(labels))
        n, hits = int(confusion.sum()), confusion.diagonal()
        occurring, taken = confusion.sum(1), confusion.sum(0)
        near = round(float(metrics.within_one(confusion)) * n) if n else 0
        by_class = zip(labels, Figure.of_confusion(confusion, metrics.f1), strict=True)
        return cls(
            name=name,
            labels=tuple(labels),
            n=n,
            not_found=not_found,
            accuracy=Figure.proportion(hits.sum(), n),
            accuracy_not_found_wrong=Figure.proportion(hits.sum(), n + not_found),
            within_one=Figure.proportion(near, n) if ordered else None,
            macro_precision=_macro(confusion, metrics.precision),
            macro_recall=_macro(confusion, metrics.recall),
            macro_f1=_macro(confusion, metrics.f1),
            classes=tuple(
                ClassFigures(
                    label=label,
                    n=int(occurring[i]),
                    predicted=int(taken[i]),
                    precision=Figure.proportion(hits[i], taken[i]),
                    recall=Figure.proportion(hits[i], occurring[i]),
                    f1=f1,
                )
                for i, (label, f1) in enumerate(by_class)
            ),
            confusion=tuple(tuple(row) for row in confusion.tolist()),
        )


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
        )


Section = AgeErrors | Classification


@dataclass(frozen=True, kw_only=True)
class Images:
    """How the images fared.

    Attributes:
        n: labelled images.
        found: how many gave a face to score.
        not_found: readable ones without a face.
        unreadable: name and reason of those that could not be read; no figure counts them.
        detection_rate: share of the readable ones in which the detector found a face.
        whole_crop: share of the readable ones taken whole as the face, as the detector found none; for crops only.
    """

    n: int
    found: int
    not_found: int
    unreadable: tuple[tuple[str, str], ...]
    detection_rate: Figure
    whole_crop: Figure | None


@dataclass(frozen=True, kw_only=True)
class Report:
    """One evaluation.

    Attributes:
        version: of Mien.
        task: one of `mien.evaluate.tasks.TASKS`.
        data: the manifest's file name.
        input: `"photos"` or `"crops"`.
        detector: name of the detector, or `None` where the predictor has none of Mien's.
        split: the split that was kept, or `None`.
        rows: in the manifest.
        selected: rows left by the split and the limit.
        images: how the labelled ones of those fared.
        skipped: column → word outside the vocabulary → how many rows.
        sections: one an attribute.
    """

    version: str
    task: str
    data: str
    input: str
    detector: str | None
    split: str | None
    rows: int
    selected: int
    images: Images
    skipped: Mapping[str, Mapping[str, int]]
    sections: tuple[Section, ...]

    def __iter__(self) -> Iterator[Section]:
        return iter(self.sections)

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready; sections by name."""
        content: dict[str, Any] = rounded(dataclasses.asdict(self))
        content["images"]["unreadable"] = [{"name": name, "reason": reason} for name, reason in self.images.unreadable]
        sections = content.pop("sections")
        return content | {"intervals": INTERVALS, "attributes": {section.pop("name"): section for section in sections}}


def _macro(confusion: NDArray[Any], figure: Callable[[NDArray[Any]], metrics.Floats]) -> Figure:
    return Figure.of_confusion(confusion, lambda matrices: metrics.macro(matrices, figure))[0]


def rounded(value: Any) -> Any:
    """A JSON-ready structure with its floats cut to the digits that mean something."""
    if isinstance(value, float):
        return round(value, _DIGITS)
    if isinstance(value, Mapping):
        return {key: rounded(entry) for key, entry in value.items()}
    return [rounded(entry) for entry in value] if isinstance(value, (list, tuple)) else value
