"""Figures for a card: the new network run end to end, from the stored image on, over validation splits."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from mien.audit.calibration import calibration_of
from mien.evaluate.manifest import Manifest, read_manifest
from mien.evaluate.report import AgeErrors, Classification, Figure, Report, Section
from mien.evaluate.runner import Outcome, run
from mien.evaluate.tasks import TASKS, evaluate
from mien.faces import Faces
from mien.media.images import read_image
from mien.models.card import Metric, ModelCard
from mien.models.measured import Confusion, GroupFigure, RiskCurve
from mien.pipeline import Stage, run_stages
from mien.train.by_group import (
    FIGURES,
    SELECTIVE,
    by_estimates,
    by_labels,
    group_figures,
    people,
    risk_curves,
    selective_metrics,
)
from mien.train.calibrate import MEASURED_ON, Judged
from mien.train.recipes import Run
from mien.vocabulary import RACES5

NOT_SET_ON: Final = "rows not calibrated on"
CROSS: Final = "tenfold cross-calibrated"


@dataclass(frozen=True, kw_only=True)
class Measured:
    """What a card says of the network's quality.

    Attributes:
        metrics: plain figures.
        confusions: which classes were taken for which.
        groups: figures by group.
        risk_coverage: curves.
    """

    metrics: tuple[Metric, ...]
    confusions: tuple[Confusion, ...] = ()
    groups: tuple[GroupFigure, ...]
    risk_coverage: tuple[RiskCurve, ...]

    @classmethod
    def on(cls, card: ModelCard, parts: Sequence[Measured]) -> ModelCard:
        """The card with what was measured on one or more sets."""
        return dataclasses.replace(
            card,
            metrics=tuple(metric for part in parts for metric in part.metrics),
            confusions=tuple(one for part in parts for one in part.confusions),
            groups=tuple(figure for part in parts for figure in part.groups),
            risk_coverage=tuple(curve for part in parts for curve in part.risk_coverage),
        )


def measured(
    task: str,
    manifest: Manifest,
    results: Sequence[Outcome],
    data: str,
    *,
    intervals: Mapping[int, NDArray[Any]] | None = None,
    answers: Mapping[str, Judged] | None = None,
    estimated_groups: bool = False,
) -> Measured:
    """Everything that a card says of one set.

    Args:
        task: a key of `mien.evaluate.tasks.TASKS`.
        manifest: that was run over.
        results: its outcomes, with quality.
        data: what to call the set and split.
        intervals: row of the set → age interval (2,), of `cross_calibrated`: the outcomes' own are by tails that were
            set on these very rows. None for a set without ages in years.
        answers: attribute → answers of `cross_tempered`, for the same reason. None where no temperature was set on rows
            with an odd number: those are measured then.
        estimated_groups: tell groups by Mien's own demographics, as the labels tell none.
    """
    if intervals is not None:
        results = _with_intervals(manifest, results, intervals)
    rest, title = unseen(manifest, results), f"{data}, {NOT_SET_ON}"
    everyone, others = people(manifest, results), people(manifest, rest)
    ways = [by_estimates(each) if estimated_groups else by_labels(manifest, each) for each in (results, rest)]
    if answers is None:
        named = [one.name for one in others if one.name in ("gender", "race", "emotion")]
        errors = [calibration_error(name, title, _judged(manifest, rest, name)) for name in named]
    else:
        errors = [calibration_error(name, f"{data}, {CROSS}", judged) for name, judged in answers.items()]
    return Measured(
        metrics=(
            *metrics(task, manifest, results, data),
            *errors,
            *selective_metrics(others, title),
        ),
        confusions=confusions(task, manifest, results, data),
        groups=(
            *group_figures(everyone, ways[0], data, FIGURES),
            *group_figures(others, ways[1], title, SELECTIVE),
        ),
        risk_coverage=risk_curves(others, title),
    )


def outcomes(
    task: str, stages: Sequence[Stage], parquet: Path, split: str, recipe: Run
) -> tuple[Manifest, list[Outcome]]:
    """What the stages make of every crop of a split."""

    def predict(source: Path | bytes) -> Faces:
        return run_stages(stages, read_image(source))

    manifest = read_manifest(parquet, wanted=tuple(TASKS[task].columns), split=split)
    bar = recipe.bar(f"measuring on {parquet.stem} {split}")
    return manifest, run(manifest, predict, crops=True, progress=lambda done: bar(done, len(manifest)))


def unseen(manifest: Manifest, results: Sequence[Outcome]) -> list[Outcome]:
    """The outcomes of rows that calibration is not set on, see `mien.train.calibrate`."""
    return [result for result, place in zip(results, manifest.places, strict=True) if place % 2 == MEASURED_ON]


def metrics(task: str, manifest: Manifest, results: Sequence[Outcome], data: str) -> tuple[Metric, ...]:
    """The figures of a report as a card states them.

    Args:
        task: a key of `mien.evaluate.tasks.TASKS`.
        manifest: that was run over.
        results: its outcomes.
        data: what to call the set and split.
    """
    return tuple(_of_report(evaluate(task, manifest, results, crops=True), data))


def confusions(task: str, manifest: Manifest, results: Sequence[Outcome], data: str) -> tuple[Confusion, ...]:
    """The confusion matrix of every attribute with classes; arguments as those of `metrics`."""
    return tuple(
        Confusion(of=section.name, data=data, labels=section.labels, counts=section.confusion)
        for section in evaluate(task, manifest, results, crops=True)
        if isinstance(section, Classification)
    )


def _with_intervals(
    manifest: Manifest, results: Sequence[Outcome], intervals: Mapping[int, NDArray[Any]]
) -> list[Outcome]:
    changed = []
    for result, place in zip(results, manifest.places, strict=True):
        if result.face is not None and place in intervals:
            face = result.face.replace(age_interval=np.asarray(intervals[place])[None])
            result = dataclasses.replace(result, face=face)
        changed.append(result)
    return changed


def metrics_of(sections: Iterable[Section], data: str) -> Iterator[Metric]:
    """The headline figures of sections of a report as a card states them.

    Args:
        sections: on age and on attributes with classes; others are left out.
        data: what to call the set and split.
    """
    for section in sections:
        if isinstance(section, AgeErrors):
            for name in ("mae", "bias", "within_5", "within_10", "coverage", "interval_width"):
                yield from _metric(name, section.name, getattr(section, name), data)
        if isinstance(section, Classification):
            for name in ("accuracy", "within_one", "macro_recall", "macro_f1"):
                yield from _metric(name, section.name, getattr(section, name), data)
            for one in section.classes:
                yield from _metric(f"recall of {one.label}", section.name, one.recall, data)


def _metric(name: str, of: str, figure: Figure | None, data: str) -> Iterator[Metric]:
    if figure is not None and figure.value is not None and figure.low is not None and figure.high is not None:
        interval = (round(figure.low, 4), round(figure.high, 4))
        yield Metric(name=name, of=of, data=data, value=round(figure.value, 4), interval=interval, n=figure.n)


def _of_report(report: Report, data: str) -> Iterator[Metric]:
    yield from metrics_of(report, data)
    yield from _metric("face found by the detector", "detection", report.images.detection_rate, data)


def calibration_error(attribute: str, data: str, judged: Judged) -> Metric:
    """Expected calibration error of an attribute, as `mien audit` measures it.

    Args:
        attribute: gender, race or emotion.
        data: what to call the set and split.
        judged: at least one answer.
    """
    figure = calibration_of(judged.confidence.astype(np.float64), judged.right, least=1).ece
    assert figure.value is not None
    assert figure.low is not None
    assert figure.high is not None
    # A bootstrap of a distance from 0 lies above it; the interval is stretched to hold the figure itself.
    interval = (round(min(figure.low, figure.value), 4), round(max(figure.high, figure.value), 4))
    return Metric(name="ece", of=attribute, data=data, value=round(figure.value, 4), interval=interval, n=figure.n)


def _judged(manifest: Manifest, results: Sequence[Outcome], attribute: str) -> Judged:
    """The answers among outcomes of faces that have a label of the attribute."""
    column = "race5" if attribute == "race" and manifest.race_labels == RACES5 else attribute
    confidence, right = [], []
    for result in results:
        truth = getattr(result.labels, attribute)
        if result.face is None or truth is None:
            continue
        probabilities = getattr(result.face[0], column).probabilities
        likeliest = max(probabilities, key=probabilities.__getitem__)  # whether or not it is called unsure
        confidence.append(probabilities[likeliest])
        right.append(likeliest == truth)
    return Judged(np.array(confidence, np.float32), np.array(right))
