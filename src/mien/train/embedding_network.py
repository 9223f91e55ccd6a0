"""The network of the recipe `embedding` and what it is taught with."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from mien.train.loop import Batch
from mien.train.network import build_trunk, normalise
from mien.train.sface_teacher import Basis


class EmbeddingNetwork(nn.Module):
    """A trunk, the teacher's coordinates by a 1×1 convolution, and one linear layer over all places.

    Args:
        stem, stages: of the trunk, see `build_trunk`.
        basis: whose weights the linear layer begins with.
    """

    def __init__(self, *, stem: int, stages: Sequence[tuple[int, int]], basis: Basis) -> None:
        super().__init__()
        self.trunk = build_trunk(channels=3, stem=stem, stages=stages)
        self.coordinates = nn.Conv2d(stages[-1][0], basis.shape[0], 1)
        self.embedding = nn.Linear(int(np.prod(basis.shape)), basis.dimensions)
        with torch.no_grad():
            self.embedding.weight.copy_(torch.from_numpy(basis.weight.reshape(basis.dimensions, -1)))
            self.embedding.bias.copy_(torch.from_numpy(basis.bias))

    def forward(self, x: Tensor) -> dict[str, Tensor]:
        """Embedding (n, 128), not normalised, and coordinates of the feature map (n, channels, 7, 7).

        Args:
            x: (n, 3, 112, 112) float, see `normalise`.
        """
        coordinates = self.coordinates(self.trunk(x))
        return {"embedding": self.embedding(coordinates.flatten(1)), "map": coordinates}


def loss(outputs: dict[str, Tensor], batch: Batch, map_weight: float) -> tuple[Tensor, dict[str, float]]:
    """One less the cosine to the teacher's embedding, and the squared error of the feature map's coordinates."""
    cosine = functional.cosine_similarity(outputs["embedding"], batch["embedding"]).mean()
    squared = functional.mse_loss(outputs["map"], batch["map"])
    return 1 - cosine + map_weight * squared, {"cosine": cosine.item(), "map": squared.item()}


def embed(network: nn.Module, crops: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Embeddings (n, 128) of L2 norm 1 of crops (n, 112, 112, 3)."""
    parts = []
    with torch.inference_mode():
        for start in range(0, len(crops), 256):
            x = normalise(torch.from_numpy(np.ascontiguousarray(crops[start : start + 256])))
            parts.append(functional.normalize(network(x)["embedding"].float()).numpy())
    return np.concatenate(parts)
