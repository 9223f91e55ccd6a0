"""Training the published networks: settings that they share, one training a seed, and how far the seeds are apart."""

from __future__ import annotations

import dataclasses
import json
import statistics
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, Final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from mien.errors import DatasetError, InputError
from mien.media.atomic import make_folder, write_bytes
from mien.train.augment import Augmentation
from mien.train.curves import draw_curves
from mien.train.loop import Loss, MakeBatch, Schedule, Validate, epochs_done, fit
from mien.train.pack import Pack
from mien.train.paper_crops import PUBLISHED, check_face
from mien.train.recipes import Run

_TIMED: Final = (4, 12)  # steps between which the speed is taken; the first ones are slower


@dataclass(frozen=True, kw_only=True)
class Published:
    """Settings of the recipes of published networks.

    Attributes:
        face: how faces are cut out: `whole` takes pictures as they are, `haar` and `yunet` find the face first.
        equalise: whether histograms are equalised.
        colour: RGB in place of grey, for comparison; the published networks take grey.
        dropout: share dropped; the sources do not state it.
        augmentation: what happens to pictures.
        schedule: how long and how fast; its seed is not used.
        seeds: one training each; the network of the first is the one that is kept.
        stored: how the file holds large weights: `int8`, `fp16` or `fp32`.
    """

    face: str = "haar"
    equalise: bool = True
    colour: bool = False
    dropout: float = 0.25
    augmentation: Augmentation = field(default_factory=lambda: PUBLISHED)
    schedule: Schedule
    seeds: tuple[int, ...] = (1,)
    stored: str = "int8"

    def __post_init__(self) -> None:
        check_face(self.face)
        if not self.seeds or len(set(self.seeds)) < len(self.seeds) or not all(isinstance(n, int) for n in self.seeds):
            raise InputError(f"seeds must be different whole numbers, such as [1, 2, 3], got {list(self.seeds)}")


def settings_identity(recipe: str, config: Published, pack: Pack) -> dict[str, object]:
    """What a training's result depends on beside its schedule and seed."""
    settings = dataclasses.asdict(config)
    for name in ("schedule", "seeds", "stored", "rank"):
        settings.pop(name, None)
    return {"recipe": recipe, **settings, "packs": [pack.folder.name]}


def check_classes(truth: NDArray[Any], names: Sequence[str], file: Path, *, part: str) -> None:
    """Makes sure that there is something to tell apart.

    Args:
        truth: (n,) places in `names` of the images of a part, −1 for those without a label.
        names: of the classes.
        file: of the set.
        part: what it is for, such as `train on`.

    Raises:
        DatasetError: there are no images, or all are of one class.
    """
    known = truth[truth >= 0]
    if len(known) == 0:
        raise DatasetError(f"{file.name} has no labelled images to {part}; correct its column split (or usage)")
    if len(classes := np.unique(known)) == 1:
        raise DatasetError(
            f"all {len(known)} labelled images of {file.name} to {part} are {names[int(classes[0])]}; "
            "a classifier needs two classes or more: take a set that has them"
        )


def train_seed(
    run: Run,
    config: Published,
    seed: int,
    *,
    identity: Mapping[str, object],
    build: Callable[[], nn.Module],
    images: int,
    make_batch: MakeBatch,
    inputs: Sequence[str],
    loss: Loss,
    validate: Validate,
    title: str,
) -> nn.Module:
    """The network trained from one seed, in the folder `seed-N` of the run; goes on where it was.

    Args:
        run: says where, and is told how it goes and how long it will take.
        config: the recipe's.
        seed: of everything random.
        identity: see `settings_identity`.
        build: the untrained network, from PyTorch's random numbers.
        images: that are trained on; all are drawn alike.
        make_batch: of images numbered from 0.
        inputs: what of a batch the network takes.
        loss: to be minimised.
        validate: figures after every epoch.
        title: of the picture of the curves.
    """
    schedule = dataclasses.replace(config.schedule, seed=seed)
    folder = seed_folder(run, seed)
    make_folder(folder)
    torch.manual_seed(seed)
    report = partial(_report, run, seed)
    if epochs_done(folder) < schedule.epochs:
        report = partial(_timed, report, _Estimate(run, schedule))
    network, history = fit(
        build(),
        identity=identity,
        weights=np.ones(images),
        make_batch=make_batch,
        loss=loss,
        validate=validate,
        schedule=schedule,
        folder=folder,
        inputs=inputs,
        report=report,
    )
    if history:  # none of a network that is not trained at all
        draw_curves(history, folder / "curves.png", title=f"{title}, seed {seed}")
    return network


def seed_folder(run: Run, seed: int) -> Path:
    """Where the training of a seed keeps its files."""
    return run.out / f"seed-{seed}"


def write_spread(path: Path, figures: Mapping[int, Mapping[str, float]]) -> str:
    """Write the figures of all seeds with their means and standard deviations; returns them in a sentence.

    Args:
        path: of the JSON file.
        figures: seed → name → figure.
    """
    names = next(iter(figures.values()))
    table = {name: [figures[seed][name] for seed in figures] for name in names}
    spread = {
        name: {"mean": statistics.mean(values), "standard_deviation": _deviation(values)}
        for name, values in table.items()
    }
    content = {"seeds": {str(seed): dict(values) for seed, values in figures.items()}, "spread": spread}
    write_bytes(path, (json.dumps(content, indent=1) + "\n").encode())
    told = "; ".join(_in_words(name, values) for name, values in table.items())
    return f"Over {len(figures)} seeds: {told}." if len(figures) > 1 else f"One seed: {told}."


def _deviation(values: Sequence[float]) -> float | None:
    return statistics.stdev(values) if len(values) > 1 else None


def _in_words(name: str, values: Sequence[float]) -> str:
    deviation = _deviation(values)
    mean = f"{name} {statistics.mean(values):.4g}"
    return mean if deviation is None else f"{mean}, standard deviation {deviation:.2g}"


class _Estimate:
    """Says once, from the speed of the first steps, how long the epochs that are left will take."""

    def __init__(self, run: Run, schedule: Schedule) -> None:
        self._run, self._schedule, self._start = run, schedule, 0.0
        self._taken: Iterator[int] = iter(range(_TIMED[1] + 1))

    def step(self, epoch: int, steps: int) -> None:
        taken = next(self._taken, None)
        if taken == _TIMED[0]:
            self._start = time.monotonic()
        elif taken == _TIMED[1]:
            pace = (time.monotonic() - self._start) / (_TIMED[1] - _TIMED[0])
            left = pace * steps * (self._schedule.epochs - epoch)
            self._run.note(
                f"{self._schedule.epochs - epoch} epochs of {steps} steps, {pace:.2f} s each with "
                f"{self._schedule.threads} threads: about {max(1, round(left / 60))} minutes for this seed"
            )


def _timed(
    report: Callable[..., None], estimate: _Estimate, epoch: int, step: int, steps: int, figures: Mapping[str, float]
) -> None:
    estimate.step(epoch, steps)
    report(epoch, step, steps, figures)


def _report(run: Run, seed: int, epoch: int, step: int, steps: int, figures: Mapping[str, float]) -> None:
    run.report(f"seed {seed}, epoch {epoch + 1}", step, steps, figures)
