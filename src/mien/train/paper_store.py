"""From a trained published network to an ONNX file that takes prepared pictures, checked against PyTorch."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

import numpy as np
import onnx
import torch
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper
from torch import Tensor, nn

from mien.errors import ModelError, UnknownNameError
from mien.models.session import Session
from mien.train.export import OPSET, halved

STORED: Final[Mapping[str, float]] = MappingProxyType({"fp32": 1e-4, "fp16": 1e-2, "int8": 5e-2})
"""How weights may be stored → the largest difference of a probability to PyTorch's that is taken."""
_LEVELS: Final = 127  # of int8 on either side of 0
_STORED_FROM: Final = 256  # numbers; smaller tensors stay float32, they weigh nothing
_LAST: Final[Mapping[str, Callable[[Tensor], Tensor]]] = MappingProxyType(
    {"emotion": lambda logits: logits.softmax(1), "age": lambda years: years, "gender": torch.sigmoid}
)
"""What comes after each head."""


class _Deployed(nn.Module):
    def __init__(self, network: nn.Module, heads: Sequence[str]) -> None:
        super().__init__()
        self.network, self.heads = network, tuple(heads)

    def forward(self, pictures: Tensor, *others: Tensor) -> tuple[Tensor, ...]:
        outputs = self.network(pictures.permute(0, 3, 1, 2), *others)
        return tuple(_LAST[head](outputs[head]) for head in self.heads)


def check_stored(stored: str) -> None:
    """Makes sure that weights can be stored so.

    Raises:
        UnknownNameError: they cannot.
    """
    if stored not in STORED:
        raise UnknownNameError("stored", stored, STORED)


def export_published(
    network: nn.Module, path: Path, *, heads: Sequence[str], inputs: Mapping[str, NDArray[np.float32]], stored: str
) -> dict[str, float]:
    """Write the ONNX file, with any number of faces, and compare it with PyTorch.

    Args:
        network: gives numbers by head.
        path: of the file.
        heads: the outputs, in order: `emotion`, `age` or `gender`.
        inputs: name → some real input, of two faces or more; the first are `pictures` (n, size, size, channels).
        stored: how large weights are stored, out of `STORED`; they are computed with as float32.

    Returns:
        Head → the largest difference to PyTorch's on these inputs.

    Raises:
        ModelError: a probability differs by more than `STORED` allows.
    """
    check_stored(stored)
    deployed = _Deployed(network, heads).eval().float()
    tensors = tuple(torch.from_numpy(np.ascontiguousarray(values)) for values in inputs.values())
    with warnings.catch_warnings():
        # PyTorch's newer exporter needs onnxscript and gives the same graph for so plain a network.
        warnings.simplefilter("ignore", DeprecationWarning)
        torch.onnx.export(
            deployed,
            tensors,
            str(path),
            input_names=list(inputs),
            output_names=list(heads),
            dynamic_axes={name: {0: "faces"} for name in (*inputs, *heads)},
            opset_version=OPSET,
            dynamo=False,
        )
    if stored != "fp32":
        model = onnx.load(path)
        onnx.save(halved(model) if stored == "fp16" else in_int8(model), path)
    with torch.inference_mode():
        wanted = deployed(*tensors)
    got = Session(path).run(dict(inputs))
    differences = {
        head: float(np.abs(want.numpy() - got[head]).max()) for head, want in zip(heads, wanted, strict=True)
    }
    for head, difference in differences.items():
        if head != "age" and difference > STORED[stored]:
            raise ModelError(
                f"{head} of {path} differs from PyTorch by {difference:.2g}, allowed is {STORED[stored]:g}; "
                "export it with stored=fp16"
            )
    return differences


def in_int8(model: onnx.ModelProto) -> onnx.ModelProto:
    """The same model with its large weights as int8, a scale for every output channel; float32 when it is loaded.

    Weights alone, symmetric and by channel: sec. 3 of Krishnamoorthi (2018), "Quantizing deep convolutional networks
    for efficient inference". The runtime folds the multiplication when it loads the file, and computes in float32.
    """
    nodes, weights = [], []
    for weight in model.graph.initializer:
        values = numpy_helper.to_array(weight)
        if values.dtype != np.float32 or values.size < _STORED_FROM or values.ndim < 2:
            weights.append(weight)
            continue
        levels, scale = _rounded(values)
        name = weight.name
        weights += [numpy_helper.from_array(levels, f"{name}_int8"), numpy_helper.from_array(scale, f"{name}_scale")]
        nodes += [
            helper.make_node("Cast", [f"{name}_int8"], [f"{name}_levels"], to=TensorProto.FLOAT),
            helper.make_node("Mul", [f"{name}_levels", f"{name}_scale"], [name]),
        ]
    nodes += model.graph.node
    del model.graph.initializer[:], model.graph.node[:]
    model.graph.initializer.extend(weights)
    model.graph.node.extend(nodes)
    onnx.checker.check_model(model)
    return model


def _rounded(values: NDArray[Any]) -> tuple[NDArray[np.int8], NDArray[np.float32]]:
    """Whole levels −127 to 127 of (out, …) weights, and the scale (out, 1, …) that gives them back."""
    largest = np.abs(values).reshape(len(values), -1).max(1)
    told = largest > np.finfo(np.float32).tiny * _LEVELS  # smaller weights are nothing
    scale = np.where(told, largest / _LEVELS, 1).astype(np.float32).reshape(-1, *[1] * (values.ndim - 1))
    return np.rint(values / scale).astype(np.int8), scale
