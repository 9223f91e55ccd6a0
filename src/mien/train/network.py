"""A compact residual network for faces: plain 3×3 convolutions, which CPUs run as fast as depthwise ones.

After He et al. (2016), "Deep residual learning for image recognition": basic blocks with a strided first convolution,
average-pooled shortcuts (He et al. 2019, "Bag of tricks", ResNet-D) and global average pooling.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor, nn

from mien.errors import InputError


def _convolution(inputs: int, outputs: int, *, stride: int = 1, kernel: int = 3) -> nn.Sequential:
    return nn.Sequential(nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, bias=False), nn.BatchNorm2d(outputs))


class Block(nn.Module):
    """Two 3×3 convolutions around a shortcut; halves the picture where `stride` is 2."""

    def __init__(self, inputs: int, outputs: int, stride: int) -> None:
        super().__init__()
        self.first = _convolution(inputs, outputs, stride=stride)
        self.second = _convolution(outputs, outputs)
        shortcut: list[nn.Module] = [nn.AvgPool2d(2, ceil_mode=True)] if stride == 2 else []
        if inputs != outputs:
            shortcut.append(_convolution(inputs, outputs, kernel=1))
        self.shortcut = nn.Sequential(*shortcut)
        # A block starts as its shortcut alone (Goyal et al. 2017, sec. 5.1), which steadies short trainings.
        last = self.second[-1]
        assert isinstance(last, nn.BatchNorm2d)
        nn.init.zeros_(last.weight)

    def forward(self, x: Tensor) -> Tensor:
        """Features (n, inputs, h, w) to (n, outputs, h / stride, w / stride)."""
        return torch.relu(self.second(torch.relu(self.first(x))) + self.shortcut(x))


def build_trunk(*, channels: int, stem: int, stages: Sequence[tuple[int, int]]) -> nn.Sequential:
    """The untrained layers that turn a picture into features.

    Args:
        channels: of the picture, 1 (grey) or 3 (RGB).
        stem: channels after the stem, which halves the picture.
        stages: (channels, blocks) of every stage; each stage halves the picture.

    Raises:
        InputError: a number is outside its range.
    """
    if not stages or not all(map(_is_stage, stages)):
        raise InputError(f"stages must be pairs of channels and blocks, such as [[64, 2], [128, 1]], got {stages}")
    if stem < 1:
        raise InputError(f"stem must be at least 1, got {stem}")
    layers: list[nn.Module] = [_convolution(channels, stem, stride=2), nn.ReLU()]
    width = stem
    for outputs, blocks in stages:
        for index in range(blocks):
            layers.append(Block(width, outputs, 2 if index == 0 else 1))
            width = outputs
    return nn.Sequential(*layers)


class FaceNetwork(nn.Module):
    """A trunk and one linear head a task on its pooled features.

    Args:
        channels: of the picture, 1 (grey) or 3 (RGB).
        stem: channels after the stem, which halves the picture.
        stages: (channels, blocks) of every stage; each stage halves the picture.
        heads: outputs of every head by name.
        dropout: share of features dropped before the heads in training.

    Raises:
        InputError: a number is outside its range.
    """

    def __init__(
        self,
        *,
        channels: int,
        stem: int,
        stages: Sequence[tuple[int, int]],
        heads: Mapping[str, int],
        dropout: float,
    ) -> None:
        super().__init__()
        if not 0 <= dropout < 1:
            raise InputError(f"dropout must be from 0 to below 1, got {dropout}")
        self.trunk = build_trunk(channels=channels, stem=stem, stages=stages)
        self.dropout = nn.Dropout(dropout)
        self.heads = nn.ModuleDict({name: nn.Linear(stages[-1][0], outputs) for name, outputs in heads.items()})

    def forward(self, x: Tensor) -> dict[str, Tensor]:
        """Logits of every head.

        Args:
            x: (n, channels, h, w) float, 0–1 less the training mean, see `normalise`.
        """
        features = self.dropout(self.trunk(x).mean((2, 3)))
        return {name: head(features) for name, head in self.heads.items()}


def _is_stage(value: object) -> bool:
    return isinstance(value, tuple) and len(value) == 2 and all(isinstance(n, int) and n > 0 for n in value)


def normalise(crops: Tensor) -> Tensor:
    """uint8 crops (n, h, w, channels) to network input (n, channels, h, w): 0–255 to −1–1."""
    return crops.permute(0, 3, 1, 2).float().sub(127.5).div(127.5)


def parameters(network: nn.Module) -> int:
    """How many numbers training may change."""
    return sum(p.numel() for p in network.parameters() if p.requires_grad)
