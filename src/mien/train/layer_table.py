"""A network as a table of layers, as Keras' `summary()` prints it, so that it can be held against a published one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import torch
from torch import Tensor, nn

_KINDS: Final[dict[type[nn.Module], str]] = {
    nn.Conv2d: "conv",
    nn.BatchNorm2d: "batch norm",
    nn.BatchNorm1d: "batch norm",
    nn.MaxPool2d: "max pool",
    nn.Dropout: "dropout",
    nn.Flatten: "flatten",
    nn.Linear: "dense",
}
"""Activations have no row: Keras counts them to the layer before."""


@dataclass(frozen=True)
class Layer:
    """One row.

    Attributes:
        kind: such as `conv`.
        shape: of its output without the batch, channels last.
        parameters: learned numbers; of a batch norm with its running mean and variance: four a channel, as in Keras.
    """

    kind: str
    shape: tuple[int, ...]
    parameters: int


def layers(network: nn.Module, *inputs: Sequence[int]) -> tuple[Layer, ...]:
    """The rows in the order in which the layers run.

    Args:
        network: takes one tensor for each of `inputs`.
        inputs: shapes without the batch, channels first.
    """
    rows: list[Layer] = []

    def note(module: nn.Module, given: Any, output: Tensor) -> None:
        shape = tuple(output.shape[1:])
        rows.append(Layer(_KINDS[type(module)], (*shape[1:], shape[0]), _own_parameters(module)))

    handles = [module.register_forward_hook(note) for module in network.modules() if type(module) in _KINDS]
    was_training = network.training
    network.eval()
    with torch.inference_mode():
        network(*(torch.zeros(1, *shape) for shape in inputs))
    network.train(was_training)
    for handle in handles:
        handle.remove()
    return tuple(rows)


def parameters(network: nn.Module) -> int:
    """Of all layers, counted as `Layer.parameters` does."""
    return sum(_own_parameters(module) for module in network.modules())


def _own_parameters(module: nn.Module) -> int:
    running = [module.running_mean, module.running_var] if isinstance(module, nn.modules.batchnorm._BatchNorm) else []
    own = [*module.parameters(recurse=False), *(buffer for buffer in running if buffer is not None)]
    return sum(values.numel() for values in own)
