"""What a section's figures are called in a table, and how they are written."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from mien.evaluate.age_errors import AgeErrors
from mien.evaluate.classification import Classification
from mien.evaluate.figure import Figure
from mien.evaluate.identification import Identification
from mien.evaluate.pose_errors import PoseErrors
from mien.evaluate.report import Section
from mien.evaluate.robustness import ALL, Robustness
from mien.evaluate.verification import Verification

MISSING = "–"


@dataclass(frozen=True)
class Unit:
    """How a figure is written.

    Attributes:
        value: of the figure itself.
        end: of an end of its interval.
        to: between the ends.
    """

    value: Callable[[float], str]
    end: Callable[[float], str]
    to: str = " to "

    def figure(self, figure: Figure) -> str:
        """Its value, or a dash."""
        return MISSING if figure.value is None else self.value(figure.value)

    def interval(self, figure: Figure) -> str:
        """Its ends, or nothing."""
        if figure.low is None or figure.high is None:
            return ""
        return f"{self.end(figure.low)}{self.to}{self.end(figure.high)}"


def _plain(digits: int, suffix: str = "") -> Unit:
    return Unit(lambda value: f"{value:.{digits}f}{suffix}", lambda end: f"{end:.{digits}f}")


PERCENT = Unit(lambda value: f"{value:.1%}", lambda end: f"{100 * end:.1f}", "–")
YEARS = _plain(2, " years")
_DEGREES = _plain(2, "°")
_AREA = _plain(4)
_COSINE = _plain(3)

Row = tuple[str, Figure | None, Unit]
"""What the figure is called, the figure (`None`: no such row), and how it is written."""


def figure_rows(section: Section) -> Iterator[Row]:
    """A section's headline figures."""
    if isinstance(section, AgeErrors):
        return _age(section)
    if isinstance(section, PoseErrors):
        return _pose(section)
    if isinstance(section, Verification):
        return _verification(section)
    if isinstance(section, Identification):
        return _identification(section)
    if isinstance(section, Robustness):
        return _robustness(section)
    if isinstance(section, Classification):
        return _classification(section)
    raise TypeError(f"no table is known for {type(section).__name__}")


def _age(section: AgeErrors) -> Iterator[Row]:
    stated = "" if section.stated_coverage is None else f" (stated {section.stated_coverage:.0%})"
    yield "mean absolute error", section.mae, YEARS
    yield "mean error", section.bias, YEARS
    yield "within 5 years", section.within_5, PERCENT
    yield "within 10 years", section.within_10, PERCENT
    yield f"interval coverage{stated}", section.coverage, PERCENT
    yield "interval width", section.interval_width, YEARS


def _classification(section: Classification) -> Iterator[Row]:
    yield "accuracy", section.accuracy, PERCENT
    if section.not_found:
        yield "accuracy, not found as wrong", section.accuracy_not_found_wrong, PERCENT
    yield "within one group", section.within_one, PERCENT
    yield "macro precision", section.macro_precision, PERCENT
    yield "macro recall (balanced accuracy)", section.macro_recall, PERCENT
    yield "macro F1", section.macro_f1, PERCENT


def _pose(section: PoseErrors) -> Iterator[Row]:
    for angle in ("yaw", "pitch", "roll"):
        yield f"{angle}: mean absolute error", getattr(section, angle), _DEGREES
    yield "mean of the three", section.mae, _DEGREES
    yield "mean of the three, sure faces", section.mae_sure, _DEGREES
    yield "geodesic error", section.geodesic, _DEGREES
    yield "unsure", section.unsure, PERCENT


def _verification(section: Verification) -> Iterator[Row]:
    yield "area under the ROC curve (AUC)", section.auc, _AREA
    yield "equal error rate (EER)", section.eer, PERCENT
    if section.folds is None:
        yield "accuracy, threshold of the same pairs", section.accuracy, PERCENT
    else:
        drawn = " drawn at random" if section.folds.drawn else ""
        yield f"accuracy, {len(section.folds.folds)} folds{drawn}", section.accuracy, PERCENT
    if section.not_found:
        yield "accuracy, not found as wrong", section.accuracy_not_found_wrong, PERCENT
    for at in section.tar_at_fmr:
        yield f"TAR at FMR {at.fmr:g}", at.tar, PERCENT
    yield "mean similarity, same person", section.mean_same, _COSINE
    yield "mean similarity, different people", section.mean_different, _COSINE


def _identification(section: Identification) -> Iterator[Row]:
    for one in section.ranks:
        yield f"person among the {one.rank} nearest" if one.rank > 1 else "rank-1 accuracy", one.share, PERCENT
    for at in section.fnir_at_fpir:
        yield f"FNIR at FPIR {at.fpir:g}", at.fnir, PERCENT
    for found in section.decided:
        yield f"asked for FPIR {found.asked:g}: strangers named", found.fpir, PERCENT
        yield "known people named rightly", found.right, PERCENT
        yield "known people taken for others", found.wrong, PERCENT
        yield "known people called unknown", found.unknown, PERCENT


def _robustness(section: Robustness) -> Iterator[Row]:
    for change in section.changes:
        if change.name == ALL:
            for label, figure in change.flips.items():
                yield f"{label} flips", figure, PERCENT
            yield "change of age", change.age_change, YEARS
            yield "face lost", change.lost, PERCENT
