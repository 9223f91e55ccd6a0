"""Recipe `paper-age-gender`: the paper's network for age (a regression) and gender (a sigmoid), on UTKFace."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, Final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from mien.errors import DatasetError
from mien.evaluate.age_errors import AgeErrors
from mien.evaluate.classification import Classification
from mien.models.card import ModelCard, TrainingData
from mien.models.paper_age_gender import NAME, PaperAgeGender, two_sided
from mien.models.session import Session
from mien.preprocess.preparation import Preparation
from mien.train.augment import Augmentation
from mien.train.calibrate import AIMS, COVERAGE, SET_ON, Labelled, fit_temperature, fit_unsure
from mien.train.labels import ages, columns, indices
from mien.train.loop import Batch, Schedule
from mien.train.measure import Measured, metrics_of
from mien.train.paper_card import file_answers, measured_in_use, published_facts, write_card
from mien.train.paper_crops import PaperCrops, as_tensor, cut_out
from mien.train.paper_networks import AGE_GENDER_SIZE, AgeGender
from mien.train.paper_rank import check_rank, thinned
from mien.train.paper_store import check_stored, export_published
from mien.train.paper_training import (
    Published,
    check_classes,
    seed_folder,
    settings_identity,
    train_seed,
    write_spread,
)
from mien.train.recipes import Run
from mien.vocabulary import GENDERS

HEADS: Final = ("age", "gender")
_YEARS: Final = 10.0
"""An age wrong by so many years weighs as much as a gender that is guessed (cross entropy about 1)."""
_PARITY_ON: Final = 16  # pictures that the file is compared with PyTorch on
_THINNED_ON: Final = 2048  # training pictures that the thin layer is fitted to


@dataclass(frozen=True, kw_only=True)
class Config(Published):
    """Everything that can be changed about the recipe."""

    schedule: Schedule = field(
        default_factory=lambda: Schedule(epochs=20, batch=64, learning_rate=5e-4, weight_decay=0.01, average=0.995)
    )
    rank: int = 40
    """Of the two giant dense layers in the file, see `mien.train.paper_rank`; 0 keeps them as published, 30 MB."""


@dataclass(frozen=True, kw_only=True)
class Labels:
    """Of every picture.

    Attributes:
        age: (n,) years, −1 for none.
        gender: (n,) place in `GENDERS`, −1 for none.
        train: (n,) bool.
        validation: (n,) bool.
    """

    age: NDArray[np.int64]
    gender: NDArray[np.int64]
    train: NDArray[np.bool_]
    validation: NDArray[np.bool_]


def read_labels(parquet: Path) -> Labels:
    """UTKFace's labels.

    Raises:
        DatasetError: the file or a column is missing, an age or a gender is out of range, or a part has nothing to
            learn or measure.
    """
    rows = columns(parquet, ("age", "gender", "split"))
    split = np.array(rows["split"])
    labels = Labels(
        age=ages(rows["age"]),
        gender=indices(rows["gender"], {name: i for i, name in enumerate(GENDERS)}),
        train=split == "train",
        validation=split == "val",
    )
    for part, chosen in (("train on", labels.train), ("measure on", labels.validation)):
        check_classes(np.where(chosen, labels.gender, -1), GENDERS, parquet, part=part)
        if len(np.unique(labels.age[chosen & (labels.age >= 0)])) < 2:
            raise DatasetError(
                f"{parquet.name} has no two different ages to {part}; take a set that has, or correct its column age"
            )
    return labels


def make_batch(
    crops: PaperCrops,
    labels: Labels,
    rows: NDArray[np.intp],
    strengths: Augmentation,
    drawn: NDArray[np.intp],
    random: np.random.Generator,
) -> Batch:
    """Augmented pictures of the rows drawn, ages and genders."""
    chosen = rows[drawn]
    return {
        "pictures": crops.random_views(chosen, strengths, random),
        "age": torch.from_numpy(labels.age[chosen]),
        "gender": torch.from_numpy(labels.gender[chosen]),
    }


def loss(outputs: dict[str, Tensor], batch: Batch) -> tuple[Tensor, dict[str, float]]:
    """Absolute error of the age and binary cross entropy of the gender, over the pictures that have labels of them."""
    known, gendered = batch["age"] >= 0, batch["gender"] >= 0
    error = (outputs["age"][known, 0] - batch["age"][known]).abs()
    female = (batch["gender"][gendered] == GENDERS.index("female")).float()
    guess = functional.binary_cross_entropy_with_logits(outputs["gender"][gendered, 0], female, reduction="sum")
    total = (error.sum() / _YEARS + guess) / len(batch["age"])
    return total, {"age_mae": float(error.detach().mean()) if known.any() else 0.0}


def answers_of(network: nn.Module, pictures: NDArray[np.float32]) -> dict[str, NDArray[np.float32]]:
    """What the file would say of pictures, by PyTorch."""
    parts: dict[str, list[Tensor]] = {head: [] for head in HEADS}
    with torch.inference_mode():
        for start in range(0, len(pictures), 64):
            outputs = network(as_tensor(pictures[start : start + 64]))
            parts["age"].append(outputs["age"].float())
            parts["gender"].append(outputs["gender"].float().sigmoid())
    return {head: torch.cat(values).numpy() for head, values in parts.items()}


def scored(
    answers: dict[str, NDArray[np.float32]], labels: Labels, rows: NDArray[np.intp]
) -> tuple[AgeErrors, Classification]:
    """Figures of answers about some rows."""
    age, gender = labels.age[rows], labels.gender[rows]
    known, gendered = age >= 0, gender >= 0
    years = np.maximum(answers["age"][:, 0], 0)
    female = two_sided(answers["gender"]).argmax(1)
    return (
        AgeErrors.of(age[known], years[known], None, not_found=0, stated_coverage=None),
        Classification.of("gender", GENDERS, gender[gendered], female[gendered], not_found=0),
    )


def run(run: Run, config: Config) -> Path:
    """Train, make the giant layers thin, export, measure; the card's path."""
    AgeGender(dropout=config.dropout)  # settings that make no network are told before hours are spent
    check_rank(config.rank)
    check_stored(config.stored)
    preparation = Preparation(size=AGE_GENDER_SIZE, equalise=config.equalise, colour=config.colour)
    file = run.data / "utkface.parquet"
    labels = read_labels(file)
    pack = cut_out(run, file, config.face, preparation)
    crops = PaperCrops(pack, preparation)
    labelled = (labels.age >= 0) | (labels.gender >= 0)
    rows = np.flatnonzero(labels.train & pack.readable & labelled)
    held_back = np.flatnonzero(labels.validation & pack.readable)
    pictures = crops.plain(held_back)

    def build() -> nn.Module:
        network = AgeGender(dropout=config.dropout, channels=preparation.channels)
        _begin_at(network, float(labels.age[rows][labels.age[rows] >= 0].mean()))
        return network

    def validate(network: nn.Module) -> dict[str, float]:
        return _headline(*scored(answers_of(network, pictures), labels, held_back))

    figures, kept = {}, None
    for seed in config.seeds:
        network = train_seed(
            run,
            config,
            seed,
            identity=settings_identity(NAME, config, pack),
            build=build,
            images=len(rows),
            make_batch=partial(make_batch, crops, labels, rows, config.augmentation),
            inputs=("pictures",),
            loss=loss,
            validate=validate,
            title="paper-age-gender on UTKFace",
        )
        assert isinstance(network, AgeGender)
        published = answers_of(network, pictures)
        figures[seed] = _headline(*scored(published, labels, held_back))
        stored = thinned(network, _some(crops, rows, seed), config.rank) if config.rank else network
        onnx = (run.out if seed == config.seeds[0] else seed_folder(run, seed)) / f"{NAME}.onnx"
        inputs = {"pictures": pictures[:_PARITY_ON]}
        differences = export_published(stored, onnx, heads=HEADS, inputs=inputs, stored=config.stored)
        if kept is None:
            kept = (stored, onnx, differences, published)
    assert kept is not None  # there is a seed
    stored, onnx, differences, published = kept
    spread = write_spread(run.out / "seeds.json", figures)
    given = file_answers(Session(onnx), {"pictures": pictures})
    thin = f"with its two giant layers at rank {config.rank}, " if config.rank else ""
    card = ModelCard(
        name=NAME,
        task="demographics",
        **published_facts(onnx, stored, preparation, {"pictures": pictures[:1]}),
        reference="mien train paper-age-gender; the paper's network for age and gender, 29,605,506 parameters",
        description=(
            f"The paper's network, {config.schedule.epochs} epochs on UTKFace, {thin}weights stored as "
            f"{config.stored}; largest difference of a file to its PyTorch network {differences['age']:.2g} years. "
            f"The published network: {spread}"
        ),
        limits=(
            "For comparison; Mien's own network is more often right. Apparent age and gender as annotators saw them, "
            "on faces from upright to a little turned. Never for decisions about a person."
        ),
        outputs={"age": "years", "gender": "probability of female"},
        training_data=(TrainingData(name="UTKFace, training part", images=len(rows), terms="non-commercial research"),),
        calibration=_calibrated(given, labels, held_back),
    )
    way = f"UTKFace val, squares of {config.face}"
    plain = (
        *metrics_of(scored(published, labels, held_back), f"{way}, as published"),
        *metrics_of(scored(given, labels, held_back), f"{way}, as stored"),
    )
    face = "haar" if config.face == "whole" else config.face
    in_use = measured_in_use(
        run,
        "demographics",
        file,
        "val",
        [PaperAgeGender(Session(onnx), card)],
        face=face,
        title=f"UTKFace val, found by {face}",
        wanted=HEADS,
    )
    return write_card(Measured.on(card, [Measured(metrics=plain, groups=(), risk_coverage=()), in_use]), run.out)


def _begin_at(network: AgeGender, years: float) -> None:
    """Let the untrained network guess the mean age."""
    last = network.age[-1]
    assert isinstance(last, nn.Linear)
    nn.init.constant_(last.bias, years)


def _some(crops: PaperCrops, rows: NDArray[np.intp], seed: int) -> Iterator[Tensor]:
    """Training pictures, a few at a time."""
    chosen = np.sort(np.random.default_rng(seed).permutation(rows)[:_THINNED_ON])
    for start in range(0, len(chosen), 64):
        yield as_tensor(crops.plain(chosen[start : start + 64]))


def _headline(years: AgeErrors, gender: Classification) -> dict[str, float]:
    values = {
        "age_mae": years.mae,
        "age_within_5": years.within_5,
        "age_within_10": years.within_10,
        "gender_accuracy": gender.accuracy,
        "gender_macro_f1": gender.macro_f1,
    }
    return {name: round(figure.value or 0.0, 5) for name, figure in values.items()}


def _calibrated(answers: dict[str, NDArray[np.float32]], labels: Labels, rows: NDArray[np.intp]) -> dict[str, Any]:
    """What is set on every other validation image: temperature and limit for gender, how far the age interval reaches.

    The reach is the quantile of the absolute errors in which the new face counts as one more (split conformal
    prediction, Lei et al. 2018, "Distribution-free predictive inference for regression").
    """
    chosen = rows % 2 == SET_ON
    gender, age = labels.gender[rows][chosen], labels.age[rows][chosen]
    sets = [Labelled(probabilities=two_sided(answers["gender"])[chosen], labels=gender)]
    temperature = fit_temperature(sets)
    rule = fit_unsure(sets, temperature, AIMS["gender"])
    errors = np.sort(np.abs(np.maximum(answers["age"][chosen, 0], 0) - age)[age >= 0])
    if len(errors) == 0:
        raise DatasetError("no validation image with an even row number has an age to calibrate on; add some")
    place = min(math.ceil((len(errors) + 1) * COVERAGE), len(errors)) - 1
    return {
        "temperature": {"gender": temperature},
        "unsure": {"gender": dataclasses.asdict(rule)},
        "age_reach": {"years": round(float(errors[place]), 2), "coverage": COVERAGE},
    }
