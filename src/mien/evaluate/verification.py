"""Verification (1:1), are two images of one person: figures over the similarities of labelled pairs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from mien.evaluate.figure import Figure
from mien.evaluate.metrics import Floats
from mien.evaluate.roc import Roc, auc, best_threshold, eer, point_at_fmr, resampled_rocs, roc, tar_at_fmr
from mien.models.thresholds import Thresholds

FMRS: Final = (1e-2, 1e-3, 1e-4)
"""False-match rates at which the true-accept rate is reported."""

_LEAST_FALSE_MATCHES: Final = 3  # of a row in the table, which has intervals to tell how little that is


@dataclass(frozen=True, kw_only=True)
class TarAtFmr:
    """How many pairs of one person still match where hardly any strangers do.

    Attributes:
        fmr: the most that is allowed.
        threshold: the loosest that keeps to it; `None` where there are too few pairs of different people to tell.
        tar: share of pairs of one person that match there; of `None` likewise.
    """

    fmr: float
    threshold: float | None
    tar: Figure


@dataclass(frozen=True, kw_only=True)
class Fold:
    """One part of the pairs, decided by the threshold that is best on all others.

    Attributes:
        fold: its name.
        n: pairs.
        threshold: taken from the other folds.
        accuracy: share decided rightly.
    """

    fold: str
    n: int
    threshold: float
    accuracy: float


@dataclass(frozen=True, kw_only=True)
class Folds:
    """Accuracy by cross-validation, as LFW's protocol has it (Huang et al. 2007, "Labeled Faces in the Wild", sec. 4).

    LFW's folds share no people. Folds that are drawn may, which makes the accuracy a little too good.

    Attributes:
        drawn: whether the pairs came without folds, which were drawn at random.
        mean: of the folds' accuracies.
        standard_error: of that mean: the folds' standard deviation over the square root of their number.
        folds: one by one.
    """

    drawn: bool
    mean: float
    standard_error: float
    folds: tuple[Fold, ...]


@dataclass(frozen=True, kw_only=True)
class ThresholdRow:
    """What a threshold on the similarity stands for.

    Attributes:
        similarity: the threshold.
        fmr: share of pairs of different people that match.
        tar: share of pairs of one person that match.
    """

    similarity: float
    fmr: Figure
    tar: Figure


@dataclass(frozen=True, kw_only=True)
class Verification:
    """Figures over the pairs of which both images gave a face.

    Attributes:
        name: `"verification"`.
        model: name of the network.
        n: pairs scored.
        same: of those, pairs of one person.
        different: of those, pairs of different people.
        not_found: pairs without a face in one image or both.
        unreadable: pairs of which an image could not be read; no figure counts them.
        auc: area under the ROC curve.
        eer: equal error rate.
        accuracy: pairs decided rightly, each by the best threshold of the other folds; without folds by the best
            threshold on all pairs, which is a little too good.
        accuracy_not_found_wrong: the same of `n` + `not_found`, taking the latter as wrong.
        threshold: the best on all pairs; of several the strictest.
        folds: `None` without folds.
        tar_at_fmr: for each of `FMRS`.
        mean_same: mean similarity of pairs of one person.
        mean_different: mean similarity of pairs of different people.
        thresholds: rising.
    """

    name: str = "verification"
    model: str
    n: int
    same: int
    different: int
    not_found: int
    unreadable: int
    auc: Figure
    eer: Figure
    accuracy: Figure
    accuracy_not_found_wrong: Figure
    threshold: float | None
    folds: Folds | None
    tar_at_fmr: tuple[TarAtFmr, ...]
    mean_same: Figure
    mean_different: Figure
    thresholds: tuple[ThresholdRow, ...]

    @classmethod
    def of(
        cls,
        similarity: NDArray[Any],
        same: NDArray[Any],
        *,
        model: str,
        folds: Sequence[str] | None = None,
        drawn: bool = False,
        not_found: int = 0,
        unreadable: int = 0,
    ) -> Verification:
        """From similarities.

        Args:
            similarity: (n,) in [-1, 1].
            same: (n,) bool, whether the two are one person.
            model: name of the network.
            folds: of each pair, at least two different ones; or `None`.
            drawn: the folds were drawn at random.
            not_found: pairs without a face in one image or both.
            unreadable: pairs of which an image could not be read.
        """
        similarity, same = np.asarray(similarity, np.float64), np.asarray(same, bool)
        threshold = best_threshold(similarity, same) if len(same) else None
        decided = (similarity >= threshold) == same if threshold is not None else np.zeros(0, bool)
        parts = None
        if folds is not None and len(same):
            parts, decided = _cross_validated(similarity, same, np.array(folds), drawn)
        right = int(decided.sum())
        area, equal_error, tars = _curve_figures(similarity, same)
        return cls(
            model=model,
            n=len(same),
            same=int(same.sum()),
            different=int((~same).sum()),
            not_found=not_found,
            unreadable=unreadable,
            auc=area,
            eer=equal_error,
            accuracy=Figure.proportion(right, len(same)),
            accuracy_not_found_wrong=Figure.proportion(right, len(same) + not_found),
            threshold=threshold,
            folds=parts,
            tar_at_fmr=tars,
            mean_same=Figure.mean(similarity[same]),
            mean_different=Figure.mean(similarity[~same]),
            thresholds=_threshold_rows(similarity, same),
        )


def _curve_figures(
    similarity: NDArray[np.float64], same: NDArray[np.bool_]
) -> tuple[Figure, Figure, tuple[TarAtFmr, ...]]:
    """Area under the curve, equal error rate, and TAR at each of `FMRS`; without values where a kind is missing."""
    n, genuine, impostors = len(same), int(same.sum()), int((~same).sum())
    if not genuine or not impostors:
        nothing = Figure(value=None, n=n)
        none_of_one = Figure(value=None, n=genuine)
        return nothing, nothing, tuple(TarAtFmr(fmr=fmr, threshold=None, tar=none_of_one) for fmr in FMRS)
    curve = roc(similarity, same)
    resampled = list(resampled_rocs(similarity, same))

    def figure(measure: Callable[[Roc], Floats], count: int) -> Figure:
        again = np.concatenate([measure(part) for part in resampled])
        return Figure.of_resamples(float(measure(curve)), count, again)

    def at(fmr: float) -> TarAtFmr:
        if fmr * impostors < 1:  # not one false match is allowed, which says nothing of this rate
            return TarAtFmr(fmr=fmr, threshold=None, tar=Figure(value=None, n=genuine))
        threshold = float(curve.thresholds[point_at_fmr(curve, fmr)])
        return TarAtFmr(fmr=fmr, threshold=threshold, tar=figure(lambda part: tar_at_fmr(part, fmr), genuine))

    return figure(auc, n), figure(eer, n), tuple(at(fmr) for fmr in FMRS)


def _cross_validated(
    similarity: NDArray[np.float64], same: NDArray[np.bool_], folds: NDArray[np.str_], drawn: bool
) -> tuple[Folds, NDArray[np.bool_]]:
    """The folds' figures, and of each pair whether it was decided rightly."""
    decided = np.zeros(len(same), bool)
    parts = []
    for name in dict.fromkeys(folds.tolist()):
        inside = folds == name
        threshold = best_threshold(similarity[~inside], same[~inside])
        decided[inside] = (similarity[inside] >= threshold) == same[inside]
        parts.append(Fold(fold=name, n=int(inside.sum()), threshold=threshold, accuracy=float(decided[inside].mean())))
    accuracies = np.array([part.accuracy for part in parts])
    error = float(accuracies.std(ddof=1) / np.sqrt(len(parts)))
    return Folds(drawn=drawn, mean=float(accuracies.mean()), standard_error=error, folds=tuple(parts)), decided


def _threshold_rows(similarity: NDArray[np.float64], same: NDArray[np.bool_]) -> tuple[ThresholdRow, ...]:
    table = Thresholds.measured(similarity[~same], least=_LEAST_FALSE_MATCHES)
    if table is None:
        return ()
    return tuple(
        ThresholdRow(
            similarity=threshold,
            fmr=Figure.proportion((similarity[~same] >= threshold).sum(), (~same).sum()),
            tar=Figure.proportion((similarity[same] >= threshold).sum(), same.sum()),
        )
        for threshold in table.similarity
    )
