"""Figures for a card: the new network run end to end, from the stored image on, over validation splits."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from mien.audit.calibration import calibration_of
from mien.evaluate.manifest import Manifest, read_manifest
from mien.evaluate.report import AgeErrors, Classification, Figure, Report
from mien.evaluate.runner import Outcome, run
from mien.evaluate.tasks import TASKS, evaluate
from mien.faces import Faces
from mien.media.images import read_image
from mien.models.card import Metric
from mien.pipeline import Stage
from mien.train.calibrate import MEASURED_ON
from mien.train.recipes import Run
from mien.vocabulary import RACES5


def outcomes(
    task: str, stages: Sequence[Stage], parquet: Path, split: str, recipe: Run
) -> tuple[Manifest, list[Outcome]]:
    """What the stages make of every crop of a split."""

    def predict(source: Path | bytes) -> Faces:
        image, faces = read_image(source), Faces.empty()
        for stage in stages:
            faces = stage(image, faces)
        return faces

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


def _of_report(report: Report, data: str) -> Iterator[Metric]:
    def metric(name: str, of: str, figure: Figure | None) -> Iterator[Metric]:
        if figure is not None and figure.value is not None and figure.low is not None and figure.high is not None:
            interval = (round(figure.low, 4), round(figure.high, 4))
            yield Metric(name=name, of=of, data=data, value=round(figure.value, 4), interval=interval, n=figure.n)

    for section in report:
        if isinstance(section, AgeErrors):
            for name in ("mae", "bias", "within_5", "within_10", "coverage", "interval_width"):
                yield from metric(name, section.name, getattr(section, name))
        if isinstance(section, Classification):
            for name in ("accuracy", "within_one", "macro_recall", "macro_f1"):
                yield from metric(name, section.name, getattr(section, name))
            for one in section.classes:
                yield from metric(f"recall of {one.label}", section.name, one.recall)
    yield from metric("face found by the detector", "detection", report.images.detection_rate)


def calibration_error(manifest: Manifest, results: Sequence[Outcome], attribute: str, data: str) -> Metric:
    """Expected calibration error of an attribute, as `mien audit` measures it.

    Args:
        manifest: that was run over.
        results: outcomes with labels of that attribute.
        attribute: gender, race or emotion.
        data: what to call the set and split.
    """
    column = "race5" if attribute == "race" and manifest.race_labels == RACES5 else attribute
    confidence, right = [], []
    for result in results:
        truth = getattr(result.labels, attribute)
        if result.face is None or truth is None:
            continue
        value = getattr(result.face[0], column)
        confidence.append(value.confidence)
        right.append(value.label == truth)
    figure = calibration_of(np.array(confidence), np.array(right), least=1).ece
    assert figure.value is not None
    assert figure.low is not None
    assert figure.high is not None
    # A bootstrap of a distance from 0 lies above it; the interval is stretched to hold the figure itself.
    interval = (round(min(figure.low, figure.value), 4), round(max(figure.high, figure.value), 4))
    return Metric(name="ece", of=attribute, data=data, value=round(figure.value, 4), interval=interval, n=figure.n)
