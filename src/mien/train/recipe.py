"""What all recipes share: aligned crops, the training in phases, and what a card says of the file."""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from mien.geometry.align import Template
from mien.models import detectors
from mien.models.cropped import CANVAS_PX, CROP_SCORE_THRESHOLD, PADDING, CroppedFaceDetector
from mien.models.session import Threads
from mien.train.augment import Augmentation
from mien.train.curves import draw_curves
from mien.train.loop import Batch, Loss, Schedule, Validate, fit
from mien.train.pack import Pack, pack
from mien.train.recipes import Run

_DETECTOR = "yunet"
LICENCE = "MIT; from data for non-commercial research"


def crop_detector() -> CroppedFaceDetector:
    """The detector that cuts data sets' faces, the one that is used on them later."""
    return CroppedFaceDetector(
        detectors.load(_DETECTOR, long_side=CANVAS_PX, threads=Threads(), score_threshold=CROP_SCORE_THRESHOLD)
    )


def aligned(
    run: Run, file: Path, detector: CroppedFaceDetector, *, template: Template, margin: int, grey: bool
) -> Pack:
    """Crops of a set, with a note of the images that could not be used as they should."""
    crops = pack(
        file,
        run.packs,
        detector=detector,
        found_by=f"{detectors.card(_DETECTOR).sha256} {CROP_SCORE_THRESHOLD} {PADDING} {CANVAS_PX}",
        template=template,
        margin=margin,
        grey=grey,
        progress=run.bar(f"aligning {file.stem} to {template.name}"),
    )
    broken = np.flatnonzero(~crops.readable)
    if len(broken):
        rows = ", ".join(map(str, broken[:5])) + (", …" if len(broken) > 5 else "")
        run.note(f"{file.name}: {len(broken)} images cannot be decoded and are left out: rows {rows}")
    whole = int((crops.readable & ~crops.found).sum())
    run.note(f"{file.name}: no face found in {whole} of {len(crops.found)} images; those are taken whole")
    return crops


def identity(recipe: str, config: Any, packs: Mapping[str, Pack]) -> dict[str, object]:
    """What the result of a recipe depends on: its settings and its data.

    Args:
        recipe: its name.
        config: its dataclass of settings.
        packs: its sets, whose folders' names tell their content.
    """
    return {"recipe": recipe, **dataclasses.asdict(config), "packs": [pack.folder.name for pack in packs.values()]}


@dataclass(frozen=True)
class Phase:
    """A part of a training: its schedule, and what happens to the images in it."""

    schedule: Schedule
    augmentation: Augmentation


class MakeViews(Protocol):
    """Makes the batch of some images, augmented as a phase asks."""

    def __call__(self, drawn: NDArray[np.intp], random: np.random.Generator, strengths: Augmentation) -> Batch:
        """The batch of the images drawn."""


def trained(
    run: Run,
    phases: Sequence[Phase],
    *,
    identity: Mapping[str, object],
    build: Callable[[], nn.Module],
    weights: NDArray[np.float64],
    make_batch: MakeViews,
    loss: Loss,
    validate: Validate,
    title: str,
) -> nn.Module:
    """The network after all phases, with the picture of the curves beside its checkpoint.

    Each phase after the first begins with the averaged weights of the one before, in a folder of its own.

    Args:
        run: says where, and is told how it goes.
        phases: one after the other.
        identity: everything that the result depends on, as plain values; a run goes on only where it is the same.
        build: the untrained network, from PyTorch's seeded random numbers.
        weights: how often each image is drawn.
        make_batch: the batch of some images.
        loss: to be minimised.
        validate: figures after every epoch.
        title: of the picture.
    """
    torch.manual_seed(phases[0].schedule.seed)
    network, history = build(), []
    for number, phase in enumerate(phases, start=1):
        network, part = _fit_phase(run, phase, number, network, identity, weights, make_batch, loss, validate)
        history += part
    draw_curves(history, run.out / "curves.png", title=title)
    return network


def _fit_phase(
    run: Run,
    phase: Phase,
    number: int,
    network: nn.Module,
    identity: Mapping[str, object],
    weights: NDArray[np.float64],
    make_batch: MakeViews,
    loss: Loss,
    validate: Validate,
) -> tuple[nn.Module, list[dict[str, float]]]:
    def report(epoch: int, step: int, steps: int, figures: Mapping[str, float]) -> None:
        run.report(f"phase {number}, epoch {epoch + 1} of {phase.schedule.epochs}", step, steps, figures)

    return fit(
        network,
        identity={"phase": number, **identity},
        weights=weights,
        make_batch=lambda rows, random: make_batch(rows, random, phase.augmentation),
        loss=loss,
        validate=validate,
        schedule=phase.schedule,
        folder=run.out if number == 1 else run.out / f"phase-{number}",
        report=report,
    )


def file_facts(path: Path) -> dict[str, Any]:
    """Name, hash and size of a file, as cards state them."""
    content = path.read_bytes()
    return {"file": path.name, "sha256": hashlib.sha256(content).hexdigest(), "bytes": len(content)}
