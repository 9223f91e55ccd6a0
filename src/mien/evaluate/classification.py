"""Figures of one attribute with classes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from numpy.typing import NDArray

from mien.evaluate import metrics
from mien.evaluate.figure import Figure


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


def _macro(confusion: NDArray[Any], figure: Callable[[NDArray[Any]], metrics.Floats]) -> Figure:
    return Figure.of_confusion(confusion, lambda matrices: metrics.macro(matrices, figure))[0]
