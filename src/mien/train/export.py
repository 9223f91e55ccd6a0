"""From a trained network to an ONNX file that takes uint8 crops, checked against PyTorch."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import numpy as np
import onnx
import torch
from onnx import TensorProto, helper, numpy_helper
from torch import Tensor, nn

from mien.errors import ModelError
from mien.models.session import Session
from mien.train.network import normalise

OPSET: Final = 17
PARITY_FP32: Final = 1e-4  # largest difference of a probability to PyTorch's
PARITY_FP16: Final = 1e-2
_HALVED_FROM = 256  # values; smaller tensors stay float32, they weigh nothing


class Deployed(nn.Module):
    """The network with its preprocessing in front and, where the heads are classifiers, softmax behind.

    Args:
        network: gives numbers by head.
        heads: those to be exported, in order.
        grey: the network takes one channel; crops stay RGB and are turned grey inside.
        softmax: heads give logits, which become probabilities; otherwise their numbers are left as they are.
    """

    def __init__(self, network: nn.Module, heads: Sequence[str], *, grey: bool, softmax: bool = True) -> None:
        super().__init__()
        self.network, self.heads, self.grey, self.softmax = network, tuple(heads), grey, softmax
        self.register_buffer("luma", torch.tensor([0.299, 0.587, 0.114]).reshape(1, 1, 1, 3))

    def forward(self, crops: Tensor) -> tuple[Tensor, ...]:
        """Every head's numbers.

        Args:
            crops: (n, h, w, 3) uint8 RGB.
        """
        if self.grey:
            assert isinstance(self.luma, Tensor)
            crops = (crops.float() * self.luma).sum(3, keepdim=True)
        outputs = self.network(normalise(crops))
        return tuple(outputs[head].softmax(1) if self.softmax else outputs[head] for head in self.heads)


def export(
    network: nn.Module,
    path: Path,
    *,
    heads: Sequence[str],
    size: int,
    grey: bool,
    half: bool,
    softmax: bool = True,
    tolerance: float | None = None,
) -> float:
    """Write the ONNX file, with a dynamic batch and weights in fp16 if asked, and check it.

    Args:
        network: gives numbers by head.
        path: of the file.
        heads: the outputs, in order.
        size: side of the crops in pixels.
        grey: the network takes one channel.
        half: store weights as fp16; they are computed with as float32.
        softmax: the heads are classifiers.
        tolerance: largest difference allowed; None for `PARITY_FP32` (or `PARITY_FP16`), which are for probabilities.

    Returns:
        The largest difference of any output to PyTorch's, on random crops in batches of 1 and 5.

    Raises:
        ModelError: the difference is over the tolerance.
    """
    deployed = Deployed(network, heads, grey=grey, softmax=softmax).eval().float()
    example = torch.zeros((2, size, size, 3), dtype=torch.uint8)
    axes = {name: {0: "faces"} for name in ("crops", *heads)}
    with warnings.catch_warnings():
        # PyTorch's newer exporter needs onnxscript and gives the same graph for so plain a network.
        warnings.simplefilter("ignore", DeprecationWarning)
        torch.onnx.export(
            deployed,
            (example,),
            str(path),
            input_names=["crops"],
            output_names=list(heads),
            dynamic_axes=axes,
            opset_version=OPSET,
            dynamo=False,
        )
    if half:
        onnx.save(halved(onnx.load(path)), path)
    difference = parity(deployed, path, size)
    allowed = tolerance if tolerance is not None else PARITY_FP16 if half else PARITY_FP32
    if difference > allowed:
        raise ModelError(f"{path} differs from PyTorch by {difference:.2g}, allowed is {allowed:g}; export it in fp32")
    return difference


def halved(model: onnx.ModelProto) -> onnx.ModelProto:
    """The same model with its large weights stored as fp16 and cast to float32 when it is loaded."""
    casts, weights = [], []
    for weight in model.graph.initializer:
        values = numpy_helper.to_array(weight)
        if values.dtype != np.float32 or values.size < _HALVED_FROM:
            weights.append(weight)
            continue
        stored = f"{weight.name}_fp16"
        weights.append(numpy_helper.from_array(values.astype(np.float16), stored))
        casts.append(helper.make_node("Cast", [stored], [weight.name], to=TensorProto.FLOAT))
    nodes = [*casts, *model.graph.node]
    del model.graph.initializer[:], model.graph.node[:]
    model.graph.initializer.extend(weights)
    model.graph.node.extend(nodes)
    onnx.checker.check_model(model)
    return model


def parity(deployed: nn.Module, path: Path, size: int) -> float:
    """The largest difference of any output between PyTorch and the file."""
    session = Session(path)
    random = torch.Generator().manual_seed(1)
    worst = 0.0
    for batch in (1, 5):
        crops = torch.randint(0, 256, (batch, size, size, 3), dtype=torch.uint8, generator=random)
        with torch.inference_mode():
            wanted = deployed(crops)
        got = session.run({"crops": crops.numpy()})
        for want, have in zip(wanted, got.values(), strict=True):
            worst = max(worst, float(np.abs(want.numpy() - have).max()))
    return worst
