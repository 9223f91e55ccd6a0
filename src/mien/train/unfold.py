"""Training a network on from its ONNX file, where batch normalisation is folded into the convolution before it."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import numpy as np
import onnx
import torch
from google.protobuf.message import DecodeError
from numpy.typing import NDArray
from onnx import numpy_helper
from torch import Tensor, nn

from mien.errors import DatasetError

_FOLDED: Final = -1  # in a normalisation's count of batches: it scales by nothing and shifts by the convolution's bias
_NETWORK: Final = "network"  # what `Deployed` calls it
_EPSILON: Final = 1e-5  # of PyTorch's batch normalisation


def stored_weights(graph: onnx.GraphProto) -> dict[str, NDArray[Any]]:
    """The weights of a graph under the names that its layers use, also those stored as fp16."""
    weights = {weight.name: numpy_helper.to_array(weight) for weight in graph.initializer}
    casts = {node.output[0]: weights[node.input[0]] for node in graph.node if _is_stored(node, weights)}
    return weights | casts


def _is_stored(node: onnx.NodeProto, weights: dict[str, NDArray[Any]]) -> bool:
    return node.op_type == "Cast" and node.input[0] in weights


def weights_of_file(path: Path) -> dict[str, Tensor]:
    """The weights in a file of `mien.train.export`, as the network's `state_dict` has them.

    Normalisations are there as folded; see `settle`.

    Raises:
        DatasetError: the file cannot be read, or holds no network of Mien's.
    """
    try:
        graph = onnx.load(path).graph
    except (OSError, DecodeError) as error:
        raise DatasetError(
            f"{path} cannot be read ({type(error).__name__}); name the ONNX file of a network"
        ) from error
    stored = stored_weights(graph)
    weights = {
        name.removeprefix(f"{_NETWORK}."): _tensor(value)
        for name, value in stored.items()
        if name.startswith(f"{_NETWORK}.") and not name.endswith("_fp16")
    }
    for node in graph.node:
        if node.op_type == "Conv" and (name := _module(node.name)) and f"{name}.weight" not in weights:
            weight, bias = (_tensor(stored[given]) for given in node.input[1:3])
            weights |= {f"{name}.weight": weight, **_folded(_next(name), bias)}
    if not weights:
        raise DatasetError(f"{path} holds no network that `mien train` exported; name the file of one that it did")
    return weights


def _tensor(values: NDArray[Any]) -> Tensor:
    return torch.from_numpy(values.astype(np.float32))


def _module(node: str) -> str:
    """`/network/trunk/trunk.2/first/first.0/Conv` → `trunk.2.first.0`: children of a sequence repeat its name."""
    names: list[str] = []
    for scope in node.strip("/").split("/")[1:-1]:
        if names and scope.startswith(f"{names[-1]}."):
            names.pop()
        names.append(scope)
    return ".".join(names)


def _next(module: str) -> str:
    sequence, _, number = module.rpartition(".")
    return f"{sequence}.{int(number) + 1}"


def _folded(normalisation: str, bias: Tensor) -> dict[str, Tensor]:
    return {
        f"{normalisation}.weight": torch.ones_like(bias),
        f"{normalisation}.bias": bias,
        f"{normalisation}.running_mean": torch.zeros_like(bias),
        f"{normalisation}.running_var": torch.full_like(bias, 1 - _EPSILON),
        f"{normalisation}.num_batches_tracked": torch.tensor(_FOLDED),
    }


def is_folded(network: nn.Module) -> bool:
    """Whether a normalisation of the network is as `weights_of_file` gives it."""
    return bool(_normalisations(network))


def settle(network: nn.Module, *inputs: Tensor) -> None:
    """Give folded normalisations the statistics of a sample, without changing what the network says.

    Trained as they are, they would take each channel's spread away and with it what was learned.

    Args:
        network: in place.
        inputs: of the network; some hundred pictures.
    """
    found = _normalisations(network)
    hooks = [one.register_forward_pre_hook(_take_statistics) for one in found]
    with torch.no_grad():
        network.eval()(*inputs)
    for hook in hooks:
        hook.remove()


def _take_statistics(normalisation: nn.BatchNorm2d, inputs: tuple[Tensor, ...]) -> None:
    variance, mean = torch.var_mean(inputs[0].float(), (0, 2, 3), correction=0)
    assert normalisation.running_mean is not None
    assert normalisation.running_var is not None
    assert normalisation.num_batches_tracked is not None
    normalisation.running_mean.copy_(mean)
    normalisation.running_var.copy_(variance)
    normalisation.num_batches_tracked.zero_()
    normalisation.weight.copy_((variance + normalisation.eps).sqrt())
    normalisation.bias.add_(mean)


def _normalisations(network: nn.Module) -> list[nn.BatchNorm2d]:
    modules = (one for one in network.modules() if isinstance(one, nn.BatchNorm2d))
    return [one for one in modules if int(one.num_batches_tracked or 0) == _FOLDED]
