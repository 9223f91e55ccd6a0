"""Soft labels from SFace's embeddings: what classifiers on top of them say of faces that they were not fitted on.

SFace was trained on far more faces than there are with labels of age, gender and race. A classifier of two layers on
its embedding errs on other faces than a network trained from the labels alone does, so its probabilities, averaged with
that network's own, make a better teacher than either (Hinton et al. 2015, "Distilling the knowledge in a neural
network"). Every image is judged by classifiers fitted on other images (cross-fitting), so that what they say is worth
as much as on faces never seen.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

_FOLDS: Final = 5
_SEEDS: Final = 2  # classifiers averaged a fold
_EPOCHS: Final = 12
_WIDTH: Final = 512
_BATCH: Final = 256
_LEARNING_RATE: Final = 2e-3
_WEIGHT_DECAY: Final = 5e-3
_SCALE: Final = 6.0  # brings the parts of a unit vector of 128 dimensions to about half a unit

Loss = Callable[[dict[str, Tensor], NDArray[np.intp]], Tensor]


class Probe(nn.Module):
    """One hidden layer over an embedding and a linear head a task."""

    def __init__(self, dimensions: int, heads: Mapping[str, int]) -> None:
        super().__init__()
        self.hidden = nn.Sequential(nn.Linear(dimensions, _WIDTH), nn.ReLU(), nn.Dropout(0.4))
        self.heads = nn.ModuleDict({name: nn.Linear(_WIDTH, outputs) for name, outputs in heads.items()})

    def forward(self, embeddings: Tensor) -> dict[str, Tensor]:
        """Logits of every head for embeddings (n, d)."""
        hidden = self.hidden(embeddings * _SCALE)
        return {name: head(hidden) for name, head in self.heads.items()}


def cross_fitted(
    embeddings: NDArray[np.float32],
    heads: Mapping[str, int],
    loss: Loss,
    *,
    seed: int,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> dict[str, NDArray[np.float32]]:
    """Probabilities for every image by classifiers that were fitted without it.

    Args:
        embeddings: (n, d) of the images, L2 norm 1.
        heads: name → classes.
        loss: to be minimised, from logits and the rows that they are of.
        seed: of the folds and of everything random.
        progress: called with classifiers fitted and classifiers in all.

    Returns:
        head → (n, classes).
    """
    x = torch.from_numpy(np.asarray(embeddings, np.float32))
    fold = np.random.default_rng(seed).permutation(len(x)) % _FOLDS
    soft = {name: np.zeros((len(x), classes), np.float32) for name, classes in heads.items()}
    for number in range(_FOLDS * _SEEDS):
        held = number % _FOLDS
        progress(number, _FOLDS * _SEEDS)
        probe = _fitted(x, np.flatnonzero(fold != held), heads, loss, seed=seed * 1000 + number)
        rows = np.flatnonzero(fold == held)
        with torch.inference_mode():
            for name, logits in probe(x[rows]).items():
                soft[name][rows] += logits.softmax(1).numpy() / _SEEDS
    progress(_FOLDS * _SEEDS, _FOLDS * _SEEDS)
    return soft


def _fitted(x: Tensor, rows: NDArray[np.intp], heads: Mapping[str, int], loss: Loss, *, seed: int) -> Probe:
    torch.manual_seed(seed)
    random = np.random.default_rng(seed)
    probe = Probe(x.shape[1], heads)
    optimiser = torch.optim.AdamW(probe.parameters(), lr=_LEARNING_RATE, weight_decay=_WEIGHT_DECAY)
    decay = torch.optim.lr_scheduler.LinearLR(optimiser, 1.0, 1 / _EPOCHS, _EPOCHS - 1)
    for _ in range(_EPOCHS):
        for part in np.array_split(random.permutation(rows), max(1, len(rows) // _BATCH)):
            optimiser.zero_grad(set_to_none=True)
            loss(probe(x[part]), part).backward()  # type: ignore[no-untyped-call]
            optimiser.step()
        decay.step()
    return probe.eval()


def together(parts: Sequence[Mapping[str, NDArray[np.float32]]]) -> dict[str, NDArray[np.float32]]:
    """The mean of several teachers' probabilities, head by head."""
    return {name: np.mean([part[name] for part in parts], axis=0, dtype=np.float32) for name in parts[0]}
