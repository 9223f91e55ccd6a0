"""The network of an embedding, made trainable again from its ONNX file."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final, Self

import numpy as np
import onnx
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from mien.errors import InputError, ModelError
from mien.models.session import Session
from mien.train.network import build_trunk, normalise
from mien.train.unfold import stored_weights

_PARITY: Final = 2e-2  # of the embedding's length, to the file
_NOT_OURS: Final = "start must be the ONNX file of a `mien train embedding` or `mien train identity`"
_SIDE: Final = 112


class IdentityNetwork(nn.Module):
    """A trunk, coordinates by a 1×1 convolution and one linear layer over all places, as `EmbeddingNetwork` has them.

    In the file the batch normalisations are folded into the convolutions: here each is a fixed scale and shift that can
    be learned on, and no statistics of the batch are taken; with a few hundred people that is the steadier way.

    Args:
        stem: channels after the stem.
        stages: channels and blocks of every stage.
        channels: coordinates.
        places: that the linear layer is over.
        dimensions: of the embedding.
    """

    def __init__(
        self, *, stem: int, stages: tuple[tuple[int, int], ...], channels: int, places: int, dimensions: int
    ) -> None:
        super().__init__()
        self.trunk = build_trunk(channels=3, stem=stem, stages=stages)
        self.coordinates = nn.Conv2d(stages[-1][0], channels, 1)
        self.embedding = nn.Linear(channels * places, dimensions)

    def forward(self, x: Tensor) -> dict[str, Tensor]:
        """Embedding (n, dimensions), not normalised.

        Args:
            x: (n, 3, 112, 112) float, see `normalise`.
        """
        return {"embedding": self.embedding(self.coordinates(self.trunk(x)).flatten(1))}

    def train(self, mode: bool = True) -> Self:
        """As of every module, but that normalisation stays what it is."""
        super().train(mode)
        for module in self.modules():
            if isinstance(module, nn.BatchNorm2d):
                module.eval()
        return self

    def widen(self, dimensions: int, *, seed: int) -> None:
        """Give the embedding more dimensions, with which every cosine and distance is at first what it was.

        The last layer is followed by a random matrix with orthonormal columns, folded into it.

        Args:
            dimensions: as many as there are, or more.
            seed: of that matrix.

        Raises:
            InputError: there are more already.
        """
        last = self.embedding
        if dimensions < last.out_features:
            raise InputError(
                f"dimensions must be at least the {last.out_features} that the training begins with, got {dimensions}"
            )
        random = torch.Generator().manual_seed(seed)
        turn = torch.linalg.qr(torch.randn(dimensions, last.out_features, generator=random))[0]
        self.embedding = nn.Linear(last.in_features, dimensions)
        self.embedding.weight.data = turn @ last.weight.data
        self.embedding.bias.data = turn @ last.bias.data

    @classmethod
    def from_file(cls, path: Path) -> IdentityNetwork:
        """The network in a file, with its weights.

        Raises:
            ModelError: the file is no such network.
        """
        try:
            session = Session(path)
            layers = _layers(onnx.load(path).graph)
            *trunk, coordinates, linear = layers
            network = cls(
                stem=len(trunk[0].weight),
                stages=_stages(trunk[1:]),
                channels=len(coordinates.weight),
                places=linear.weight.shape[1] // len(coordinates.weight),
                dimensions=len(linear.weight),
            )
            _fill(network, layers)
        except (ModelError, OSError, ValueError, IndexError, KeyError, RuntimeError) as error:
            told = f"{type(error).__name__}: {error}"
            raise ModelError(f"{path} is no embedding of Mien's ({told}); {_NOT_OURS}") from error
        _check(network, session, path)
        return network


class _Layer:
    """A convolution or linear layer in a graph."""

    def __init__(self, weight: NDArray[Any], bias: NDArray[Any], stride: int) -> None:
        self.weight, self.bias, self.stride = weight.astype(np.float32), bias.astype(np.float32), stride


def _layers(graph: onnx.GraphProto) -> list[_Layer]:
    """In the order in which they are run."""
    weights = stored_weights(graph)
    layers = []
    for node in graph.node:
        if node.op_type in ("Conv", "Gemm"):
            strides = next((attribute.ints[0] for attribute in node.attribute if attribute.name == "strides"), 1)
            layers.append(_Layer(weights[node.input[1]], weights[node.input[2]], strides))
    return layers


def _stages(blocks: list[_Layer]) -> tuple[tuple[int, int], ...]:
    """Channels and blocks, from the layers behind the stem; a block has two 3×3 convolutions."""
    stages: list[list[int]] = []
    inside = False
    for layer in blocks:
        if layer.weight.shape[2:] == (3, 3):
            if not inside and layer.stride == 2:
                stages.append([len(layer.weight), 0])
            if not inside:
                stages[-1][1] += 1
            inside = not inside
    return tuple((channels, count) for channels, count in stages)


def _fill(network: IdentityNetwork, layers: list[_Layer]) -> None:
    """Give every layer its weights, in the order in which they are run."""
    order: list[nn.Module] = []
    kinds = (nn.Conv2d, nn.Linear, nn.BatchNorm2d)
    hooks = [
        module.register_forward_hook(lambda module, inputs, output: order.append(module))
        for module in network.modules()
        if isinstance(module, kinds)
    ]
    with torch.no_grad():
        network.eval()(torch.zeros(1, 3, _SIDE, _SIDE))
    for hook in hooks:
        hook.remove()
    places = [place for place, module in enumerate(order) if not isinstance(module, nn.BatchNorm2d)]
    if len(places) != len(layers):
        raise ValueError(f"{len(layers)} layers in the file, {len(places)} wanted")
    with torch.no_grad():
        for place, layer in zip(places, layers, strict=True):
            module = order[place]
            assert isinstance(module, (nn.Conv2d, nn.Linear))
            module.weight.copy_(torch.from_numpy(layer.weight))
            norm = order[place + 1] if place + 1 < len(order) else None
            if module.bias is None and isinstance(norm, nn.BatchNorm2d):
                assert norm.running_var is not None
                norm.weight.fill_(1)
                norm.bias.copy_(torch.from_numpy(layer.bias))
                norm.running_var.fill_(1 - norm.eps)
            elif module.bias is not None:
                module.bias.copy_(torch.from_numpy(layer.bias))


def _check(network: IdentityNetwork, session: Session, path: Path) -> None:
    """Make sure that it gives what the file does."""
    crops = np.random.default_rng(0).integers(0, 256, (2, _SIDE, _SIDE, 3), np.uint8)
    wanted = session.run({"crops": crops})["embedding"]
    with torch.inference_mode():
        got = network.eval()(normalise(torch.from_numpy(crops)))["embedding"].numpy()
    difference = float(np.abs(got - wanted).max() / np.linalg.norm(wanted, axis=1).min())
    if not difference <= _PARITY:
        raise ModelError(f"{path}: what was read of it gives other embeddings (by {difference:.2g}); {_NOT_OURS}")
