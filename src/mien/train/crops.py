"""Packed crops as network input: random views to train on, plain ones to measure on."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from mien.train.augment import Augmentation, augment, centre
from mien.train.network import normalise
from mien.train.pack import Pack

_BATCH: Final = 256  # images a step when measuring


class Crops:
    """The crops of several packs, numbered through.

    Args:
        packs: of the sets.
        size: side of the network's input in pixels.
    """

    def __init__(self, packs: Sequence[Pack], size: int) -> None:
        self._packs, self._size = packs, size
        self._starts = np.cumsum([0, *(len(pack.crops) for pack in packs)])

    def random_views(self, rows: NDArray[np.intp], strengths: Augmentation, random: np.random.Generator) -> Tensor:
        """Augmented network input (len(rows), channels, size, size)."""
        views = [augment(self._crop(row), self._size, strengths, random) for row in rows.tolist()]
        return normalise(torch.from_numpy(np.stack(views)))

    def mirrored_mean(self, network: nn.Module, rows: NDArray[np.intp]) -> dict[str, NDArray[np.float32]]:
        """Probabilities of every head, averaged over each crop and its mirror image.

        Args:
            network: gives logits by head.
            rows: ascending.

        Returns:
            head → (len(rows), classes).
        """
        network.eval()
        parts = []
        for pack, start, end in zip(self._packs, self._starts, self._starts[1:], strict=False):
            own = rows[(rows >= start) & (rows < end)] - start
            parts += [
                _mean(predict(network, pack, own, self._size), predict(network, pack, own, self._size, mirrored=True))
            ]
        return {head: np.concatenate([part[head] for part in parts]) for head in parts[0]}

    def _crop(self, row: int) -> NDArray[np.uint8]:
        which = int(np.searchsorted(self._starts, row, side="right")) - 1
        return np.asarray(self._packs[which].crops[row - self._starts[which]])


def plain_views(pack: Pack, rows: NDArray[np.intp], size: int) -> NDArray[np.uint8]:
    """Crops without margin, as the network sees them in use: (len(rows), size, size, channels) uint8."""
    return np.ascontiguousarray(centre(np.asarray(pack.crops[rows]), size))


def predict(
    network: nn.Module, pack: Pack, rows: NDArray[np.intp], size: int, *, mirrored: bool = False
) -> dict[str, NDArray[np.float32]]:
    """Probabilities of every head for some crops of a pack.

    Args:
        network: gives logits by head, in evaluation mode.
        pack: with a margin around the template.
        rows: of the pack.
        size: side of the network's input in pixels.
        mirrored: show the crops' mirror images.

    Returns:
        head → (len(rows), classes).
    """
    parts: dict[str, list[Tensor]] = {}
    with torch.inference_mode():
        for start in range(0, len(rows), _BATCH):
            views = plain_views(pack, rows[start : start + _BATCH], size)
            if mirrored:
                views = np.ascontiguousarray(views[:, :, ::-1])
            for name, logits in network(normalise(torch.from_numpy(views))).items():
                parts.setdefault(name, []).append(logits.float().softmax(1))
    return {name: torch.cat(values).numpy() for name, values in parts.items()}


def _mean(a: dict[str, NDArray[np.float32]], b: dict[str, NDArray[np.float32]]) -> dict[str, NDArray[np.float32]]:
    return {head: np.asarray((a[head] + b[head]) / 2, np.float32) for head in a}
