"""The end of the recipe `demographics`: calibration of the ONNX file, and what its card says was measured."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from mien.models.card import ModelCard
from mien.models.cropped import CroppedFaceDetector
from mien.models.demographics import Demographics
from mien.models.session import Session
from mien.pipeline import Detect, check_stages
from mien.quality import Quality
from mien.train.calibrate import (
    AIMS,
    SET_ON,
    Judged,
    Labelled,
    cross_calibrated,
    cross_tempered,
    fit_age_tails,
    fit_temperature,
    fit_unsure,
    fit_widest,
)
from mien.train.measure import Measured, measured, outcomes
from mien.train.pack import Pack
from mien.train.recipes import Run
from mien.train.validation import file_outputs
from mien.vocabulary import RACE5_OF_RACE7

if TYPE_CHECKING:
    from mien.train.demographics import Labels


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

    Args:
        run: of the recipe.
        card: of the file.
        onnx: the file.
        packs: crops of `utkface` and `fairface`.
        labels: of both.
        size: side of the network's input in pixels.
        detector: that cut the crops.
    """
    session = Session(onnx)
    found = calibrated(session, packs, labels, size)
    card = dataclasses.replace(card, calibration=found.calibration)
    stages = check_stages([Detect(detector), Quality(), Demographics(session, card)])
    parts = []
    for name in labels:
        file = run.data / f"{name}.parquet"
        manifest, results = outcomes("demographics", stages, file, "val", run)
        intervals = found.intervals if name == "utkface" else None
        parts.append(
            measured("demographics", manifest, results, f"{name} val", intervals=intervals, answers=found.answers[name])
        )
    return Measured.on(card, parts)


@dataclass(frozen=True, kw_only=True)
class Calibrated:
    """What is set on validation images, and what comes of it on images on which it was not set.

    Attributes:
        calibration: for the card.
        answers: set → attribute → answers, of `cross_tempered`.
        intervals: row of UTKFace → age interval (2,), of `cross_calibrated`.
    """

    calibration: dict[str, Any]
    answers: dict[str, dict[str, Judged]]
    intervals: dict[int, NDArray[np.float32]]


def calibrated(session: Session, packs: Mapping[str, Pack], labels: Mapping[str, Labels], size: int) -> Calibrated:
    """Calibrate on the validation images.

    FairFace's ages are ranges, in which every interval of some width would hold a part; they are of no use here.
    """
    rows = {name: np.flatnonzero(truth.validation & packs[name].readable) for name, truth in labels.items()}
    outputs = {name: file_outputs(session, packs[name], rows[name], size) for name in labels}

    def labelled(name: str, output: str, column: str, groups: tuple[int, ...] | None = None) -> Labelled:
        truth: NDArray[np.int64] = getattr(labels[name], column)[rows[name]]
        return Labelled(probabilities=outputs[name][output], labels=truth, groups=groups)

    sets = {
        "gender": [labelled(name, "gender", "gender") for name in labels],
        "race": [labelled("utkface", "race", "race5", RACE5_OF_RACE7), labelled("fairface", "race", "race7")],
    }
    temperatures = {name: fit_temperature(parts) for name, parts in sets.items()}
    even = [rows[name] % 2 == SET_ON for name in labels]
    rules = {
        name: fit_unsure(
            [one.only(mask) for one, mask in zip(parts, even, strict=True)], temperatures[name], AIMS[name]
        )
        for name, parts in sets.items()
    }
    answers = {name: cross_tempered(parts) for name, parts in sets.items()}

    aged = labels["utkface"].low[rows["utkface"]] >= 0
    places, distributions = rows["utkface"][aged], outputs["utkface"]["age"][aged]
    ages = labels["utkface"].low[places]
    intervals = cross_calibrated(ages, distributions)
    rules["age"] = fit_widest(intervals[places % 2 == SET_ON], AIMS["age"])
    calibration = {
        "temperature": temperatures,
        "unsure": {name: dataclasses.asdict(rule) for name, rule in sorted(rules.items())},
        "age_interval": dataclasses.asdict(fit_age_tails(ages, distributions)),
    }
    return Calibrated(
        calibration=calibration,
        answers={name: {of: answers[of][place] for of in sets} for place, name in enumerate(labels)},
        intervals=dict(zip(places.tolist(), intervals, strict=True)),
    )
