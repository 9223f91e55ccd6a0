"""The card of a network that the recipe `identity` trained."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from mien.evaluate.figure import Figure
from mien.identity.calibration_fit import TooFewPairsError, fit
from mien.models.card import Metric, ModelCard, TrainingData
from mien.models.session import Session
from mien.train.embedding import TEMPLATE
from mien.train.identity_measure import FMR, Apart, gain
from mien.train.recipe import card_facts
from mien.train.recipes import Run
from mien.train.sface_teacher import SIDE

_AT_ONCE: Final = 64
_DIGITS: Final = 4


def embed_with(session: Session, crops: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Embeddings (n, d) of L2 norm 1 of crops (n, 112, 112, 3)."""
    parts = [session.run({"crops": crops[at : at + _AT_ONCE]})["embedding"] for at in range(0, len(crops), _AT_ONCE)]
    vectors = np.concatenate(parts)
    return np.asarray(vectors / np.linalg.norm(vectors, axis=1, keepdims=True), np.float32)


def result_card(
    run: Run, onnx: Path, *, start: Apart, end: Apart, loss: str, images: int, people: int, held_back: int
) -> ModelCard:
    """Figures of the people held back, where the training started and where it ended, and a calibration on them.

    Args:
        run: its data's name is told.
        onnx: the file.
        start: figures of the network that it began with.
        end: figures of the file.
        loss: its name and margin.
        images: learned from.
        people: learned from.
        held_back: people that nothing was learned from.
    """
    data = f"{held_back:,} people of {run.data.name} held back"
    facts = card_facts(onnx, template=TEMPLATE, size=SIDE)
    calibration = {}
    try:
        fitted = fit(end.pairs.different, end.pairs.same, model="embedding", sha256=facts["sha256"], data=data)
        calibration = fitted.to_card()
    except TooFewPairsError as error:
        run.note(f"the card gets no calibration: {error}")
    return ModelCard(
        name="embedding",
        task="embedding",
        **facts,
        reference="mien train identity",
        description=(
            f"Face embedding whose cosine similarity tells whether two faces are one person, trained on {people:,} "
            f"people of {run.data.name} ({loss}), beginning with Mien's own or an earlier one."
        ),
        limits=(
            f"Learned from {images:,} photos of {people:,} people: of others than such it may tell less than the "
            "network that it began with. Its embeddings cannot be compared with those of another network."
        ),
        outputs={"embedding": "one row a face, not normalised"},
        training_data=(
            TrainingData(name=run.data.name, images=images, terms="the terms of whoever gave the photos"),
            TrainingData(name="what the network that it began with learned from", images=0, terms="see its card"),
        ),
        metrics=tuple(_metrics(start, end, data)),
        calibration=calibration,
    )


def _metrics(start: Apart, end: Apart, data: str) -> Iterator[Metric]:
    for name, one in (("start", start), ("end", end)):
        yield from _metric(f"tar_at_fmr_{FMR:g}" if name == "end" else f"start_tar_at_fmr_{FMR:g}", one.tar, data)
    yield from _metric(f"gain_in_tar_at_fmr_{FMR:g}", gain(start, end), data)


def _metric(name: str, figure: Figure, data: str) -> Iterator[Metric]:
    """None where the people held back have no two photos."""
    if figure.value is not None and figure.low is not None and figure.high is not None:
        yield Metric(
            name=name,
            of="embedding",
            data=data,
            value=round(figure.value, _DIGITS),
            interval=(round(figure.low, _DIGITS), round(figure.high, _DIGITS)),
            n=figure.n,
        )
