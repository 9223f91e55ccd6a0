"""The end of the recipe `emotion`: calibration of the ONNX file, and what its card says was measured."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from mien.models import demographics, registry
from mien.models.card import ModelCard
from mien.models.cropped import CroppedFaceDetector
from mien.models.demographics import Demographics
from mien.models.emotion import Emotion
from mien.models.session import Session
from mien.pipeline import Detect, check_stages
from mien.quality import Quality
from mien.train.calibrate import AIMS, SET_ON, Judged, Labelled, cross_tempered, fit_temperature, fit_unsure
from mien.train.measure import Measured, measured, outcomes
from mien.train.pack import Pack
from mien.train.recipes import Run
from mien.train.validation import file_outputs

if TYPE_CHECKING:
    from mien.train.emotion import Labels

_SPLITS: Final = {"ferplus": "PublicTest", "rafdb": "val"}


def completed(
    run: Run,
    card: ModelCard,
    onnx: Path,
    *,
    packs: Mapping[str, Pack],
    labels: Mapping[str, Labels],
    size: int,
    detector: CroppedFaceDetector,
) -> ModelCard:
    """The card with its calibration and everything measured.

    The sets say nothing of gender, race and age: people are grouped by what the packaged demographics see.

    Args:
        run: of the recipe.
        card: of the file.
        onnx: the file.
        packs: crops of `ferplus` and `rafdb`.
        labels: of both.
        size: side of the network's input in pixels.
        detector: that cut the crops.
    """
    session = Session(onnx)
    calibration, answers = calibrated(session, packs, labels, size)
    card = dataclasses.replace(card, calibration=calibration)
    grouping = Demographics(registry.session(demographics.NAME), registry.card(demographics.NAME))
    stages = check_stages([Detect(detector), Quality(), grouping, Emotion(session, card)])
    parts = []
    for name, split in _SPLITS.items():
        manifest, results = outcomes("emotion", stages, run.data / f"{name}.parquet", split, run)
        of = {"emotion": answers[name]}
        parts.append(measured("emotion", manifest, results, f"{name} {split}", answers=of, estimated_groups=True))
    return Measured.on(card, parts)


def calibrated(
    session: Session, packs: Mapping[str, Pack], labels: Mapping[str, Labels], size: int
) -> tuple[dict[str, Any], dict[str, Judged]]:
    """What is set on validation images, and set → answers of `cross_tempered`."""
    sets, even = [], []
    for name, truth in labels.items():
        rows = np.flatnonzero(truth.validation & packs[name].readable & (truth.majority >= 0))
        out = file_outputs(session, packs[name], rows, size)
        sets.append(Labelled(probabilities=out["emotion"], labels=truth.majority[rows]))
        even.append(rows % 2 == SET_ON)
    temperature = fit_temperature(sets)
    rule = fit_unsure([one.only(mask) for one, mask in zip(sets, even, strict=True)], temperature, AIMS["emotion"])
    calibration = {"temperature": {"emotion": temperature}, "unsure": {"emotion": dataclasses.asdict(rule)}}
    return calibration, dict(zip(labels, cross_tempered(sets), strict=True))
