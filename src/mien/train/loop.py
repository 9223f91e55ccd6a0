"""The training loop: AdamW, warm-up and cosine, averaged weights, bf16 autocast, a checkpoint every epoch.

Every random choice is seeded by (seed, epoch, batch), so a run that was killed and started again goes on from its last
finished epoch to the same result.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from mien.errors import DatasetError, InputError

Batch = Mapping[str, Tensor]
MakeBatch = Callable[[NDArray[np.intp], np.random.Generator], Batch]
Loss = Callable[[dict[str, Tensor], Batch], tuple[Tensor, dict[str, float]]]
Validate = Callable[[nn.Module], dict[str, float]]
Report = Callable[[int, int, int, Mapping[str, float]], None]
_PREFETCH = 4  # batches made ahead by one thread while the network trains


@dataclass(frozen=True, kw_only=True)
class Schedule:
    """How long and how fast to train.

    Attributes:
        epochs: passes of as many images as the set has.
        batch: images a step.
        learning_rate: the peak, reached after `warmup` epochs, falling to zero along a cosine.
        warmup: epochs.
        weight_decay: AdamW's (Loshchilov and Hutter 2019).
        average: decay a step of the averaged weights, which are the ones exported; less at first.
        seed: of everything random.
        threads: PyTorch's.
    """

    epochs: int
    batch: int = 128
    learning_rate: float = 2e-3
    warmup: float = 1.0
    weight_decay: float = 0.05
    average: float = 0.998
    seed: int = 1
    threads: int = 2

    @property
    def identity(self) -> dict[str, object]:
        """What the result depends on: all but the threads, so that a run may go on with more or fewer of them."""
        return {name: value for name, value in asdict(self).items() if name != "threads"}

    def __post_init__(self) -> None:
        for name, least in (("epochs", 0), ("batch", 2), ("threads", 1), ("warmup", 0), ("weight_decay", 0)):
            if getattr(self, name) < least:
                raise InputError(f"{name} of a schedule must be at least {least}, got {getattr(self, name)}")
        if not self.learning_rate > 0:
            raise InputError(f"learning_rate of a schedule must be above 0, got {self.learning_rate}")
        if not 0 <= self.average < 1:
            raise InputError(f"average of a schedule must be from 0 to below 1, got {self.average}")


def fit(
    network: nn.Module,
    *,
    identity: Mapping[str, object],
    weights: NDArray[np.float64],
    make_batch: MakeBatch,
    loss: Loss,
    validate: Validate,
    schedule: Schedule,
    folder: Path,
    inputs: Sequence[str] = ("crops",),
    report: Report = lambda epoch, step, steps, figures: None,
) -> tuple[nn.Module, list[dict[str, float]]]:
    """Train, or go on with a training whose checkpoint lies in `folder`.

    Args:
        network: to be trained in place.
        identity: what else the result depends on, as plain values; a checkpoint of another identity is refused.
        weights: (images,) how often each is drawn, relative to the others.
        make_batch: the batch of some images, given a source of random numbers.
        loss: scalar to be minimised and figures to be shown, from outputs and batch.
        validate: figures of a network in evaluation mode.
        schedule: how long and how fast.
        folder: where `checkpoint.pt` and `history.json` are kept.
        inputs: what of a batch the network takes, in order.
        report: called every step with epoch, step, steps and figures, and after every epoch with step = steps.

    Returns:
        The network with averaged weights, in evaluation mode, and one dictionary of figures an epoch.

    Raises:
        DatasetError: the checkpoint is of another training.
    """
    torch.set_num_threads(schedule.threads)
    network = network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    optimiser = torch.optim.AdamW(_groups(network, schedule), lr=schedule.learning_rate)
    averaged = AveragedModel(network, multi_avg_fn=_averaging(schedule.average), use_buffers=True)
    steps = max(1, len(weights) // schedule.batch)
    history: list[dict[str, float]] = []
    folder.mkdir(parents=True, exist_ok=True)
    checkpoint = folder / "checkpoint.pt"
    identity = {**schedule.identity, "images": len(weights), **identity}
    if checkpoint.exists():
        state = torch.load(checkpoint, weights_only=True)
        if other := [name for name, value in identity.items() if state["identity"].get(name) != value]:
            raise DatasetError(
                f"{checkpoint} belongs to a training with another {', '.join(other)}; "
                "name another folder with --out, or delete this one"
            )
        network.load_state_dict(state["network"])
        averaged.load_state_dict(state["averaged"])
        optimiser.load_state_dict(state["optimiser"])
        history = state["history"]

    for epoch in range(len(history), schedule.epochs):
        network.train()
        torch.manual_seed(schedule.seed * 100_003 + epoch)
        sums: dict[str, float] = {}
        for step, batch in enumerate(_batches(weights, make_batch, schedule, epoch, steps)):
            for group in optimiser.param_groups:
                group["lr"] = schedule.learning_rate * _rate(epoch + step / steps, schedule)
            with torch.autocast("cpu", torch.bfloat16):
                outputs = network(*(batch[name] for name in inputs))
            total, figures = loss({name: output.float() for name, output in outputs.items()}, batch)
            optimiser.zero_grad(set_to_none=True)
            total.backward()  # type: ignore[no-untyped-call]
            nn.utils.clip_grad_norm_(network.parameters(), 5.0)
            optimiser.step()
            averaged.update_parameters(network)
            for name, value in {"loss": total.item(), **figures}.items():
                sums[name] = sums.get(name, 0.0) + value
            report(epoch, step, steps, {name: value / (step + 1) for name, value in sums.items()})
        averaged.eval()
        history.append({name: value / steps for name, value in sums.items()} | validate(averaged.module))
        report(epoch, steps, steps, history[-1])
        _save(checkpoint, network, averaged, optimiser, identity, history)
    averaged.eval()
    return averaged.module, history


def epochs_done(folder: Path) -> int:
    """How many epochs of a training whose checkpoint lies in `folder` are finished."""
    checkpoint = folder / "checkpoint.pt"
    return len(torch.load(checkpoint, weights_only=True)["history"]) if checkpoint.exists() else 0


def _averaging(decay: float) -> Callable[..., None]:
    """A moving average that forgets its start faster than `decay` asks for, so that it does not lag at first."""

    def update(averaged: Any, current: Any, count: Any) -> None:
        steps = int(count)
        now = min(decay, (1 + steps) / (10 + steps))  # as TensorFlow's ExponentialMovingAverage has it
        get_ema_multi_avg_fn(now)(averaged, current, count)  # type: ignore[no-untyped-call]

    return update


def _groups(network: nn.Module, schedule: Schedule) -> list[dict[str, Any]]:
    """Weights decay; biases and normalisation do not."""
    decayed = [p for p in network.parameters() if p.ndim > 1]
    others = [p for p in network.parameters() if p.ndim <= 1]
    return [{"params": decayed, "weight_decay": schedule.weight_decay}, {"params": others, "weight_decay": 0.0}]


def _rate(epoch: float, schedule: Schedule) -> float:
    """Share of the peak learning rate at a point of the training."""
    if epoch < schedule.warmup:
        return max(epoch / schedule.warmup, 0.01)
    done = (epoch - schedule.warmup) / max(schedule.epochs - schedule.warmup, 1e-9)
    return 0.5 * (1 + math.cos(math.pi * min(done, 1.0)))


def _batches(
    weights: NDArray[np.float64], make_batch: MakeBatch, schedule: Schedule, epoch: int, steps: int
) -> Iterator[Batch]:
    """Batches in order, made ahead by one thread."""
    order = draw(weights, steps * schedule.batch, np.random.default_rng((schedule.seed, epoch)))

    def make(step: int) -> Batch:
        rows = order[step * schedule.batch : (step + 1) * schedule.batch]
        return make_batch(rows, np.random.default_rng((schedule.seed, epoch, step)))

    with ThreadPoolExecutor(1) as pool:
        ahead = [pool.submit(make, step) for step in range(min(_PREFETCH, steps))]
        for step in range(steps):
            batch = ahead.pop(0).result()
            if step + _PREFETCH < steps:
                ahead.append(pool.submit(make, step + _PREFETCH))
            yield batch


def draw(weights: NDArray[np.float64], count: int, random: np.random.Generator) -> NDArray[np.intp]:
    """Images in random order, each as often as its weight asks, by systematic sampling.

    Args:
        weights: (images,) relative.
        count: how many to draw.
        random: source of the order.

    Returns:
        (count,) indices.
    """
    shuffled = random.permutation(len(weights))
    ends = np.cumsum(weights[shuffled] / weights.sum() * count)
    points = np.arange(count) + random.random()
    chosen = shuffled[np.minimum(np.searchsorted(ends, points, side="right"), len(weights) - 1)]
    return random.permutation(chosen)


def _save(
    path: Path,
    network: nn.Module,
    averaged: AveragedModel,
    optimiser: torch.optim.Optimizer,
    identity: Mapping[str, object],
    history: list[dict[str, float]],
) -> None:
    temporary = path.with_suffix(".tmp")
    torch.save(
        {
            "network": network.state_dict(),
            "averaged": averaged.state_dict(),
            "optimiser": optimiser.state_dict(),
            "identity": dict(identity),
            "history": history,
        },
        temporary,
    )
    temporary.replace(path)
    (path.parent / "history.json").write_text(json.dumps(history, indent=1), encoding="utf-8")
