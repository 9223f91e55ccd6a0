"""What all recipes share: settings by name, the crops' detector, the folder of a run, and the card at its end."""

from __future__ import annotations

import dataclasses
import hashlib
import importlib
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, TypeVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from mien.errors import InputError, MissingExtraError, UnknownNameError
from mien.geometry.align import TEMPLATES
from mien.models import detectors
from mien.models.cropped import CANVAS_PX, CROP_SCORE_THRESHOLD, CroppedFaceDetector
from mien.models.session import Threads
from mien.train.augment import Augmentation
from mien.train.curves import draw_curves
from mien.train.loop import Batch, Loss, Schedule, Validate, fit
from mien.train.pack import Pack, pack

Config = TypeVar("Config")
Report = Callable[[str, int, int, Mapping[str, float]], None]
"""Called with what is being done, how much of it is done, how much there is, and figures to show."""

LICENCE = "MIT; from data for non-commercial research"

RECIPES = {
    "demographics": "apparent age, gender and race, from UTKFace and FairFace",
    "emotion": "perceived expression, from FER+ and RAF-DB",
}


@dataclass(frozen=True, kw_only=True)
class Run:
    """Where a training reads and writes.

    Attributes:
        data: folder of the data sets' Parquet files.
        out: folder of this run: checkpoint, history, curves, ONNX file and card.
        packs: folder of the aligned crops, shared by runs.
        report: told of all progress.
        note: told, in a sentence, of what one should know.
    """

    data: Path
    out: Path
    packs: Path
    report: Report
    note: Callable[[str], None]

    def bar(self, what: str) -> Callable[[int, int], None]:
        """A progress function for one named piece of work."""
        return lambda done, total: self.report(what, done, total, {})


class Recipe(Protocol):
    """A module of `mien.train` that is a recipe."""

    Config: type[Any]

    def run(self, run: Run, config: Any) -> Path:
        """Train, export, evaluate; the card's path."""


def load_recipe(name: str) -> Recipe:
    """The recipe of that name.

    Raises:
        UnknownNameError: there is none; the nearest names are suggested.
        MissingExtraError: PyTorch or another package that training needs is not installed.
    """
    if name not in RECIPES:
        raise UnknownNameError("recipe", name, RECIPES)
    try:
        module: Any = importlib.import_module(f"mien.train.{name}")
    except ModuleNotFoundError as error:
        if error.name is None or error.name.split(".")[0] not in ("torch", "onnx", "pyarrow", "matplotlib"):
            raise
        raise MissingExtraError(error.name, "train", "training") from error
    recipe: Recipe = module
    return recipe


def crop_detector() -> CroppedFaceDetector:
    """The detector that cuts data sets' faces, the one that is used on them later."""
    return CroppedFaceDetector(
        detectors.load("yunet", long_side=CANVAS_PX, threads=Threads(), score_threshold=CROP_SCORE_THRESHOLD)
    )


def aligned(run: Run, file: Path, detector: CroppedFaceDetector, *, template: str, margin: int, grey: bool) -> Pack:
    """Crops of a set, with a note of the images that could not be used as they should."""
    crops = pack(
        file,
        run.packs,
        detector=detector,
        template=TEMPLATES[template],
        margin=margin,
        grey=grey,
        progress=run.bar(f"aligning {file.stem} to {template}"),
    )
    broken = np.flatnonzero(~crops.readable)
    if len(broken):
        rows = ", ".join(map(str, broken[:5])) + (", …" if len(broken) > 5 else "")
        run.note(f"{file.name}: {len(broken)} images cannot be decoded and are left out: rows {rows}")
    whole = int((crops.readable & ~crops.found).sum())
    run.note(f"{file.name}: no face found in {whole} of {len(crops.found)} images; those are taken whole")
    return crops


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
        network, part = _fit_phase(run, phase, number, network, weights, make_batch, loss, validate)
        history += part
    draw_curves(history, run.out / "curves.png", title=title)
    return network


def _fit_phase(
    run: Run,
    phase: Phase,
    number: int,
    network: nn.Module,
    weights: NDArray[np.float64],
    make_batch: MakeViews,
    loss: Loss,
    validate: Validate,
) -> tuple[nn.Module, list[dict[str, float]]]:
    def report(epoch: int, step: int, steps: int, figures: Mapping[str, float]) -> None:
        run.report(f"phase {number}, epoch {epoch + 1} of {phase.schedule.epochs}", step, steps, figures)

    return fit(
        network,
        weights=weights,
        make_batch=lambda rows, random: make_batch(rows, random, phase.augmentation),
        loss=loss,
        validate=validate,
        schedule=phase.schedule,
        folder=run.out if number == 1 else run.out / f"phase-{number}",
        report=report,
    )


def configured(config: Config, settings: Iterable[str]) -> Config:
    """The configuration with some settings changed.

    Args:
        config: a dataclass, which may hold others.
        settings: such as `schedule.epochs=3`, with the value as JSON.

    Raises:
        UnknownNameError: no such setting.
        InputError: not of the form `name=value`, or a value of the wrong kind.
    """
    for setting in settings:
        name, _, text = setting.partition("=")
        try:
            value = json.loads(text)
        except json.JSONDecodeError as error:
            raise InputError(f"setting {setting!r} is not NAME=JSON, such as schedule.epochs=3") from error
        config = _with(config, name.split("."), value, name)
    return config


def _with(config: Any, path: list[str], value: Any, name: str) -> Any:
    known = {field.name for field in dataclasses.fields(config)}
    if path[0] not in known:
        raise UnknownNameError("setting", name, known)
    old = getattr(config, path[0])
    if len(path) > 1:
        if not dataclasses.is_dataclass(old):
            raise InputError(f"setting {name!r}: {path[0]} has no parts")
        value = _with(old, path[1:], value, name)
    elif isinstance(old, tuple):
        value = tuple(tuple(item) if isinstance(item, list) else item for item in value)
    elif isinstance(old, float) and isinstance(value, int) and not isinstance(value, bool):
        value = float(value)
    elif type(old) is not type(value):
        raise InputError(f"setting {name!r} takes {type(old).__name__} like {old!r}, got {value!r}")
    return dataclasses.replace(config, **{path[0]: value})


def file_facts(path: Path) -> dict[str, Any]:
    """Name, hash and size of a file, as cards state them."""
    content = path.read_bytes()
    return {"file": path.name, "sha256": hashlib.sha256(content).hexdigest(), "bytes": len(content)}
