"""Recipe `emotrack`: EmoTrack's CNN on grey pictures of 48×48 or 64×64, landmarks as a second input, softmax.

The landmarks are those of Mien's own network. Shifts, turns and scales leave the second input as it is (see
`mien.models.emotrack.shape_of`); a mirrored picture comes with the landmarks that were found in its mirror image.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray

from mien.models import landmarks, registry
from mien.models.card import ModelCard, TrainingData
from mien.models.emotrack import NAME, POINTS
from mien.models.emotrack import EmoTrack as EmoTrackStage
from mien.models.landmarks import Landmarks
from mien.models.session import Session
from mien.pipeline import Stage
from mien.preprocess.preparation import Preparation
from mien.train.augment import Augmentation
from mien.train.emotion import Labels
from mien.train.emotrack_shapes import shapes
from mien.train.loop import Batch, Schedule
from mien.train.measure import Measured
from mien.train.paper_card import file_answers, measured_in_use, published_facts, write_card
from mien.train.paper_crops import PaperCrops, as_tensor, cut_out, face_finder
from mien.train.paper_emotion import headline, loss, scored, validate
from mien.train.paper_labels import EXPRESSION_SETS, calibrated_emotion, check_expressions, expression_labels
from mien.train.paper_networks import EmoTrack
from mien.train.paper_store import check_stored, export_published
from mien.train.paper_training import Published, seed_folder, settings_identity, train_seed, write_spread
from mien.train.recipes import Run
from mien.vocabulary import EMOTIONS

INPUTS: Final = ("pictures", "points")
_PARITY_ON: Final = 64  # pictures that the file is compared with PyTorch on


@dataclass(frozen=True, kw_only=True)
class Config(Published):
    """Everything that can be changed about the recipe."""

    labels: str = "ferplus"
    """`ferplus` (its annotators' votes), `fer2013` or `rafdb`."""
    size: int = 48
    """Side of the pictures, 48 or 64."""
    face: str = "yunet"
    equalise: bool = False
    schedule: Schedule = field(
        default_factory=lambda: Schedule(epochs=30, batch=128, learning_rate=1e-3, weight_decay=0.01, average=0.995)
    )


def make_batch(
    crops: PaperCrops,
    points: NDArray[np.float32],
    target: NDArray[np.float32],
    rows: NDArray[np.intp],
    strengths: Augmentation,
    drawn: NDArray[np.intp],
    random: np.random.Generator,
) -> Batch:
    """Augmented pictures of the rows drawn, the points of the same ways round, and their labels' probabilities."""
    chosen = rows[drawn]
    mirrored = random.random(len(chosen)) < strengths.flip
    unflipped = dataclasses.replace(strengths, flip=0.0)
    return {
        "pictures": crops.random_views(chosen, unflipped, random, mirrored=mirrored),
        "points": torch.from_numpy(points[chosen, mirrored.astype(np.intp)]),
        "target": torch.from_numpy(target[chosen]),
    }


def run(run: Run, config: Config) -> Path:
    """Train from every seed, export, measure; the card's path."""
    EmoTrack(size=config.size, dropout=config.dropout)  # settings that make no network are told early
    check_stored(config.stored)
    preparation = Preparation(size=config.size, equalise=config.equalise)
    used = EXPRESSION_SETS[check_expressions(config.labels)]
    file = run.data / used.file
    labels: Labels = expression_labels(run.data, config.labels)
    pack = cut_out(run, file, config.face, preparation)
    points = shapes(file, pack, face_finder(config.face), progress=run.bar(f"landmarks of {file.stem}"))
    crops = PaperCrops(pack, preparation)
    rows = np.flatnonzero(labels.train & pack.readable & (labels.target.sum(1) > 0))
    held_back = np.flatnonzero(labels.validation & pack.readable)
    inputs = {"pictures": crops.plain(held_back), "points": points[held_back, 0]}
    truth = labels.majority[held_back]
    answers: dict[int, NDArray[np.float32]] = {}
    differences: dict[int, float] = {}
    network = EmoTrack(size=config.size)
    for seed in config.seeds:
        trained = train_seed(
            run,
            config,
            seed,
            identity=settings_identity(NAME, config, pack) | {"landmarks": registry.card(landmarks.NAME).sha256},
            build=lambda: EmoTrack(size=config.size, points=POINTS, dropout=config.dropout),
            images=len(rows),
            make_batch=partial(make_batch, crops, points, labels.target, rows, config.augmentation),
            inputs=INPUTS,
            loss=loss,
            validate=partial(
                validate, inputs=(as_tensor(inputs["pictures"]), torch.from_numpy(inputs["points"])), truth=truth
            ),
            title=f"emotrack on {used.title}",
        )
        onnx = (run.out if seed == config.seeds[0] else seed_folder(run, seed)) / f"{NAME}.onnx"
        sample = {name: values[:_PARITY_ON] for name, values in inputs.items()}
        differences[seed] = export_published(trained, onnx, heads=("emotion",), inputs=sample, stored=config.stored)[
            "emotion"
        ]
        answers[seed] = file_answers(Session(onnx), inputs)["emotion"]
    spread = write_spread(
        run.out / "seeds.json", {seed: headline(scored(each, truth)) for seed, each in answers.items()}
    )
    first, onnx = config.seeds[0], run.out / f"{NAME}.onnx"
    card = ModelCard(
        name=NAME,
        task="emotion",
        **published_facts(onnx, network, preparation, {name: values[:1] for name, values in inputs.items()}),
        reference="mien train emotrack; after EmoTrack: a CNN on grey pictures, landmarks as a second input, softmax",
        description=(
            f"EmoTrack's network, {config.schedule.epochs} epochs on {used.title}; weights stored as {config.stored}, "
            f"largest difference to PyTorch {differences[first]:.1g}. {spread}"
        ),
        limits=(
            "For comparison; Mien's own network is more often right. What an expression looks like to annotators, not "
            "what somebody feels. Never for decisions about a person."
        ),
        outputs={"emotion": "probabilities: " + ", ".join(EMOTIONS)},
        training_data=(TrainingData(name=used.trained_on, images=len(rows), terms=used.terms),),
        calibration=calibrated_emotion(answers[first], truth, held_back),
    )
    stages: list[Stage] = [
        Landmarks(registry.session(landmarks.NAME), registry.card(landmarks.NAME)),
        EmoTrackStage(Session(onnx), card),
    ]
    parts = [
        measured_in_use(
            run,
            "emotion",
            file,
            "val",
            stages,
            face=config.face,
            title=f"{title}, found by {config.face}",
            wanted=wanted,
            renamed=renamed,
        )
        for title, wanted, renamed in used.measures
    ]
    return write_card(Measured.on(card, parts), run.out)
