"""Recipe `paper-emotion`: the paper's network for expression, on FER2013's labels, FER+'s or RAF-DB's.

FER2013's pictures (Goodfellow et al. 2013) are squares that OpenCV's cascade found, so that they are taken as they are;
in use the cascade's square of a photo takes their place.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, Final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from mien.evaluate.classification import Classification
from mien.models.card import Metric, ModelCard, TrainingData
from mien.models.paper_emotion import NAME, PaperEmotion
from mien.models.session import Session
from mien.preprocess.preparation import Preparation
from mien.train.augment import Augmentation
from mien.train.emotion import Labels
from mien.train.loop import Batch, Schedule
from mien.train.losses import soft_cross_entropy
from mien.train.measure import Measured, metrics_of
from mien.train.paper_card import file_answers, measured_in_use, published_facts, write_card, write_evaluation
from mien.train.paper_crops import WHOLE, PaperCrops, as_tensor, cut_out
from mien.train.paper_labels import EXPRESSION_SETS, calibrated_emotion, check_expressions, expression_labels
from mien.train.paper_networks import MOOD_SIZE, Mood
from mien.train.paper_store import check_stored, export_published
from mien.train.paper_training import Published, seed_folder, settings_identity, train_seed, write_spread
from mien.train.recipes import Run
from mien.vocabulary import EMOTIONS

INPUTS: Final = ("pictures",)
_PARITY_ON: Final = 64  # pictures that the file is compared with PyTorch on


@dataclass(frozen=True, kw_only=True)
class Config(Published):
    """Everything that can be changed about the recipe."""

    labels: str = "fer2013"
    """`fer2013`, `ferplus` (its annotators' votes) or `rafdb`."""
    face: str = WHOLE
    schedule: Schedule = field(
        default_factory=lambda: Schedule(epochs=30, batch=128, learning_rate=1e-3, weight_decay=0.01, average=0.995)
    )
    seeds: tuple[int, ...] = (1, 2, 3)


class Expressions:
    """Pictures and labels to train on.

    Args:
        crops: of the set.
        labels: of the set.
        readable: (n,) bool.
    """

    def __init__(self, crops: PaperCrops, labels: Labels, readable: NDArray[np.bool_]) -> None:
        self._crops, self._target = crops, labels.target
        self.rows = np.flatnonzero(labels.train & readable & (labels.target.sum(1) > 0))

    def make_batch(self, strengths: Augmentation, drawn: NDArray[np.intp], random: np.random.Generator) -> Batch:
        """Augmented pictures and the probabilities of their labels."""
        rows = self.rows[drawn]
        return {
            "pictures": self._crops.random_views(rows, strengths, random),
            "target": torch.from_numpy(self._target[rows]),
        }


def loss(outputs: dict[str, Tensor], batch: Batch) -> tuple[Tensor, dict[str, float]]:
    """Cross entropy with the labels."""
    right = outputs["emotion"].argmax(1) == batch["target"].argmax(1)
    return soft_cross_entropy(outputs["emotion"], batch["target"]), {"accuracy": right.float().mean().item()}


def validate(network: nn.Module, inputs: tuple[Tensor, ...], truth: NDArray[np.int64]) -> dict[str, float]:
    """Accuracy and macro F1 on pictures that are not trained on."""
    with torch.inference_mode():
        parts = [network(*(one[i : i + 256] for one in inputs))["emotion"] for i in range(0, len(truth), 256)]
    figures = scored(torch.cat(parts).numpy(), truth)
    return {"validation_accuracy": figures.accuracy.value or 0.0, "validation_macro_f1": figures.macro_f1.value or 0.0}


def scored(answers: NDArray[Any], truth: NDArray[np.int64]) -> Classification:
    """Figures of (n, 7) answers; images without a label (−1) are left out."""
    known = truth >= 0
    return Classification.of("emotion", EMOTIONS, truth[known], answers[known].argmax(1), not_found=0)


def run(run: Run, config: Config) -> Path:
    """Train from every seed, export, measure; the card's path."""
    Mood(dropout=config.dropout)  # settings that make no network are told before hours are spent
    check_stored(config.stored)
    preparation = Preparation(size=MOOD_SIZE, equalise=config.equalise, colour=config.colour)
    used = EXPRESSION_SETS[check_expressions(config.labels)]
    file = run.data / used.file
    labels = expression_labels(run.data, config.labels)
    pack = cut_out(run, file, config.face, preparation)
    crops = PaperCrops(pack, preparation)
    training = Expressions(crops, labels, pack.readable)
    rows = np.flatnonzero(labels.validation & pack.readable)
    pictures, truth = crops.plain(rows), labels.majority[rows]
    answers: dict[int, NDArray[np.float32]] = {}
    differences: dict[int, float] = {}
    for seed in config.seeds:
        network = train_seed(
            run,
            config,
            seed,
            identity=settings_identity(NAME, config, pack),
            build=lambda: Mood(dropout=config.dropout, channels=preparation.channels),
            images=len(training.rows),
            make_batch=partial(training.make_batch, config.augmentation),
            inputs=INPUTS,
            loss=loss,
            validate=partial(validate, inputs=(as_tensor(pictures),), truth=truth),
            title=f"paper-emotion on {used.title}",
        )
        onnx = (run.out if seed == config.seeds[0] else seed_folder(run, seed)) / f"{NAME}.onnx"
        sample = {"pictures": pictures[:_PARITY_ON]}
        differences[seed] = export_published(network, onnx, heads=("emotion",), inputs=sample, stored=config.stored)[
            "emotion"
        ]
        answers[seed] = file_answers(Session(onnx), {"pictures": pictures})["emotion"]
    figures = {seed: headline(scored(each, truth)) for seed, each in answers.items()}
    spread = write_spread(run.out / "seeds.json", figures)
    first = config.seeds[0]
    onnx = run.out / f"{NAME}.onnx"
    card = ModelCard(
        name=NAME,
        task="emotion",
        **published_facts(onnx, Mood(channels=preparation.channels), preparation, {"pictures": pictures[:1]}),
        reference="mien train paper-emotion; the paper's network for mood, 4,496,903 parameters",
        description=(
            f"The paper's network, {config.schedule.epochs} epochs on {used.title}; weights stored as {config.stored}, "
            f"largest difference to PyTorch {differences[first]:.1g}. {spread}"
        ),
        limits=(
            "For comparison; Mien's own network is more often right. What an expression looks like to annotators, not "
            "what somebody feels. Never for decisions about a person."
        ),
        outputs={"emotion": "probabilities: " + ", ".join(EMOTIONS)},
        training_data=(TrainingData(name=used.trained_on, images=len(training.rows), terms=used.terms),),
        calibration=calibrated_emotion(answers[first], truth, rows),
    )
    stages = [PaperEmotion(Session(onnx), card)]
    parts = [Measured(metrics=_as_cut(run, answers[first], rows, config), groups=(), risk_coverage=())]
    face = "haar" if config.face == WHOLE else config.face
    for title, wanted, renamed in used.measures:
        parts.append(
            measured_in_use(
                run,
                "emotion",
                file,
                "val",
                stages,
                face=face,
                title=f"{title}, found by {face}",
                wanted=wanted,
                renamed=renamed,
            )
        )
    return write_card(Measured.on(card, parts), run.out)


def headline(figures: Classification) -> Mapping[str, float]:
    """What is told of every seed."""
    values = {"accuracy": figures.accuracy, "macro precision": figures.macro_precision}
    values |= {"macro recall": figures.macro_recall, "macro F1": figures.macro_f1}
    return {name: round(figure.value or 0.0, 5) for name, figure in values.items()}


def _as_cut(run: Run, answers: NDArray[np.float32], rows: NDArray[np.intp], config: Config) -> tuple[Metric, ...]:
    """Figures on the pictures as they were trained on, by every set of labels that the file holds."""
    way = "pictures as published" if config.face == WHOLE else f"squares of {config.face}"
    found: list[Metric] = []
    for name, one in EXPRESSION_SETS.items():
        if one.file == EXPRESSION_SETS[config.labels].file:
            figures = scored(answers, expression_labels(run.data, name).majority[rows])
            title = f"{one.title} validation, {way}"
            write_evaluation(run.out, title, [figures])
            found += metrics_of([figures], title)
    return tuple(found)
