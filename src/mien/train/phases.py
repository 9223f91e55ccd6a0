"""A training in phases: strong augmentation, then views close to those in use, then the mirror image folded in."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Final, Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from mien.train.augment import GENTLE, Augmentation
from mien.train.curves import draw_curves
from mien.train.loop import Batch, Loss, Schedule, Validate, epochs_done, fit
from mien.train.losses import soft_cross_entropy
from mien.train.recipes import Run
from mien.train.unfold import is_folded, settle

_SAMPLE: Final = 512  # crops


@dataclass(frozen=True)
class Phase:
    """A part of a training.

    Attributes:
        schedule: how long and how fast.
        augmentation: what happens to the images.
        fold: weight of a second loss, the cross entropy with what the network that the phase begins with says of an
            image and its mirror image, averaged: the gain of looking twice, folded into weights that look once
            (distillation, Hinton et al. 2015). 0 goes without.
    """

    schedule: Schedule
    augmentation: Augmentation
    fold: float = 0.0


@dataclass(frozen=True, kw_only=True)
class Phased:
    """The settings of a training in three phases, which a recipe's configuration has beside its own.

    Attributes:
        augmentation: of the first phase.
        schedule: of the first phase.
        finish: of the second, on views close to those in use, see `GENTLE`.
        fold: of the third, that folds the mirror image in.
        fold_weight: see `Phase.fold`.
    """

    augmentation: Augmentation = field(default_factory=Augmentation)
    schedule: Schedule
    finish: Schedule
    fold: Schedule
    fold_weight: float = 1.0

    @property
    def phases(self) -> tuple[Phase, ...]:
        """The three."""
        return (
            Phase(self.schedule, self.augmentation),
            Phase(self.finish, GENTLE),
            Phase(self.fold, GENTLE, self.fold_weight),
        )


class TrainingSet(Protocol):
    """What is trained on; images are numbered from 0."""

    def weights(self) -> NDArray[np.float64]:
        """(images,) how often each is drawn, relative to the others."""

    def make_batch(self, drawn: NDArray[np.intp], random: np.random.Generator, strengths: Augmentation) -> Batch:
        """The batch of the images drawn, augmented."""

    def mirrored_mean(self, network: nn.Module) -> dict[str, NDArray[np.float32]]:
        """Head → (images, classes): probabilities averaged over every image and its mirror image."""


def trained(
    run: Run,
    phases: Sequence[Phase],
    *,
    identity: Mapping[str, object],
    build: Callable[[], nn.Module],
    data: TrainingSet,
    heads: Sequence[str],
    loss: Loss,
    validate: Validate,
    title: str,
) -> nn.Module:
    """The network after all phases, with the picture of the curves beside its checkpoint.

    Each phase after the first begins with the averaged weights of the one before, in a folder of its own; those without
    epochs are left out.

    Args:
        run: says where, and is told how it goes.
        phases: one after the other.
        identity: what the result depends on beside the schedules, as plain values; a run goes on only where it is the
            same.
        build: the untrained network, from PyTorch's seeded random numbers.
        data: what is trained on.
        heads: that `fold` is about.
        loss: to be minimised.
        validate: figures after every epoch.
        title: of the picture.
    """
    torch.manual_seed(phases[0].schedule.seed)
    network, history = build(), []
    if is_folded(network):
        settle(network, sample(data))
    before: list[object] = []
    for number, phase in enumerate(phases, start=1):
        if phase.schedule.epochs == 0:
            continue
        settings = {**dataclasses.asdict(phase), "schedule": phase.schedule.identity}
        folder = _folder(run, number)
        finished = epochs_done(folder) >= phase.schedule.epochs
        make_batch, phase_loss = _task(network, phase, data, heads, loss, finished=finished)
        network, part = fit(
            network,
            identity={**identity, **settings, "phases before": before},
            weights=data.weights(),
            make_batch=make_batch,
            loss=phase_loss,
            validate=validate,
            schedule=phase.schedule,
            folder=folder,
            report=partial(_report, run, number),
        )
        history += part
        before = [*before, settings]
    draw_curves(history, run.out / "curves.png", title=title)
    return network


def sample(data: TrainingSet) -> Tensor:
    """Some crops as they come in use, to take statistics of."""
    rows = np.arange(min(_SAMPLE, len(data.weights())))
    return data.make_batch(rows, np.random.default_rng(0), GENTLE)["crops"]


def is_finished(run: Run, phases: Sequence[Phase]) -> bool:
    """Whether no phase has an epoch left to train, so that what only training needs can be left out."""
    return all(
        epochs_done(_folder(run, number)) >= phase.schedule.epochs for number, phase in enumerate(phases, start=1)
    )


def _folder(run: Run, number: int) -> Path:
    return run.out if number == 1 else run.out / f"phase-{number}"


def _report(run: Run, phase: int, epoch: int, step: int, steps: int, figures: Mapping[str, float]) -> None:
    run.report(f"phase {phase}, epoch {epoch + 1}", step, steps, figures)


def _task(
    network: nn.Module, phase: Phase, data: TrainingSet, heads: Sequence[str], loss: Loss, *, finished: bool
) -> tuple[Callable[[NDArray[np.intp], np.random.Generator], Batch], Loss]:
    """The phase's batches and its loss; of one that is finished nothing is asked any more."""
    soft = {}
    if phase.fold > 0 and not finished:
        soft = {head: mean for head, mean in data.mirrored_mean(network).items() if head in heads}

    def make_batch(drawn: NDArray[np.intp], random: np.random.Generator) -> Batch:
        batch = data.make_batch(drawn, random, phase.augmentation)
        return {**batch} | {f"soft {head}": torch.from_numpy(mean[drawn]) for head, mean in soft.items()}

    def phase_loss(outputs: dict[str, Tensor], batch: Batch) -> tuple[Tensor, dict[str, float]]:
        total, figures = loss(outputs, batch)
        for head in soft:
            part = phase.fold * soft_cross_entropy(outputs[head], batch[f"soft {head}"])
            total, figures = total + part, figures | {f"soft {head}": part.item()}
        return total, figures

    return make_batch, phase_loss
