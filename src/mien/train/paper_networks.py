"""The paper's two networks and EmoTrack's, to the parameter.

The published tables list layers, shapes and counts. They have no rows for activations, so that these belong to the
convolutions and dense layers: ReLU comes before batch normalisation. They do not state the share that dropout drops.
Both papers' pictures come as (n, 1, size, size), 0–1.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Final

import torch
from torch import Tensor, nn

from mien.errors import InputError
from mien.vocabulary import EMOTIONS

MOOD_SIZE: Final = 48
AGE_GENDER_SIZE: Final = 128
EMOTRACK_SIZES: Final = (48, 64)
_FLAT: Final = 115_200  # 30 x 30 x 128


class Mood(nn.Module):
    """The paper's network for expression: 4,496,903 parameters for grey 48×48 pictures.

    Args:
        dropout: share dropped.
        channels: of the picture; the published network has 1.
    """

    def __init__(self, *, dropout: float = 0.25, channels: int = 1) -> None:
        super().__init__()
        _check_dropout(dropout)
        self.features = nn.Sequential(
            *_convolution(channels, 32, 3),
            *_convolution(32, 64, 3),
            *_end_of_block(64, dropout),
            *_convolution(64, 128, 5),
            *_end_of_block(128, dropout),
            *_convolution(128, 512, 3),
            *_end_of_block(512, dropout),
            *_convolution(512, 512, 3),
            *_end_of_block(512, dropout),
            nn.Flatten(),
        )
        self.classifier = nn.Sequential(
            *_normalised_dense(4608, 256, dropout),
            *_normalised_dense(256, 512, dropout),
            nn.Linear(512, len(EMOTIONS)),
        )

    def forward(self, pictures: Tensor) -> dict[str, Tensor]:
        """Logits (n, 7) of `emotion`."""
        return {"emotion": self.classifier(self.features(pictures))}


class AgeGender(nn.Module):
    """The paper's network for age and gender: 29,605,506 parameters for grey 128×128 pictures.

    Args:
        dropout: share dropped.
        channels: of the picture; the published network has 1.
    """

    def __init__(self, *, dropout: float = 0.25, channels: int = 1) -> None:
        super().__init__()
        _check_dropout(dropout)
        self.features = nn.Sequential(
            *_convolution(channels, 32, 3, same=False),
            *_convolution(32, 64, 3, same=False),
            nn.MaxPool2d(2),
            *_convolution(64, 128, 3, same=False),
            nn.MaxPool2d(2),
            nn.Dropout(dropout),
            nn.Flatten(),
        )
        self.age = _branch((_FLAT, 128, 64, 32, 1))
        self.gender = _branch((_FLAT, 128, 64, 32, 16, 8, 1))

    def forward(self, pictures: Tensor) -> dict[str, Tensor]:
        """`age` (n, 1) in years, and the logit (n, 1) of `gender`, positive for female."""
        features = self.features(pictures)
        return {"age": self.age(features), "gender": self.gender(features)}


class EmoTrack(nn.Module):
    """EmoTrack: a small CNN on the grey picture, landmarks as a second input, softmax over both.

    Its description names the inputs, 48×48 or 64×64 grey pictures and landmarks, and the softmax, but no table of
    layers; their numbers here are a choice.

    Args:
        size: side of the pictures, 48 or 64.
        points: numbers in the second input; 0 goes without it.
        dropout: share dropped after the convolutions; twice that before the last layer.
    """

    def __init__(self, *, size: int = 48, points: int = 136, dropout: float = 0.25) -> None:
        super().__init__()
        _check_dropout(2 * dropout)
        if size not in EMOTRACK_SIZES:
            raise InputError(f"EmoTrack's pictures have a side of {' or '.join(map(str, EMOTRACK_SIZES))}, got {size}")
        side = (((size - 4) // 2 - 2) // 2 - 2) // 2
        self.features = nn.Sequential(
            *_convolution(1, 32, 3, same=False),
            *_convolution(32, 64, 3, same=False),
            *_end_of_block(64, dropout),
            *_convolution(64, 128, 3, same=False),
            *_end_of_block(128, dropout),
            *_convolution(128, 128, 3, same=False),
            *_end_of_block(128, dropout),
            nn.Flatten(),
            nn.Linear(side * side * 128, 512),
            nn.ReLU(),
        )
        self.shape = nn.Sequential(nn.Linear(points, 128), nn.ReLU(), nn.Linear(128, 64), nn.ReLU()) if points else None
        self.dropout = nn.Dropout(2 * dropout)
        self.classifier = nn.Linear(512 + (64 if points else 0), len(EMOTIONS))

    def forward(self, pictures: Tensor, points: Tensor | None = None) -> dict[str, Tensor]:
        """Logits (n, 7) of `emotion`, from pictures (n, 1, size, size) and points (n, points)."""
        features = self.features(pictures)
        if self.shape is not None:
            features = torch.cat([features, self.shape(points)], 1)
        return {"emotion": self.classifier(self.dropout(features))}


def _convolution(inputs: int, outputs: int, kernel: int, *, same: bool = True) -> tuple[nn.Module, ...]:
    return nn.Conv2d(inputs, outputs, kernel, padding=kernel // 2 if same else 0), nn.ReLU()


def _end_of_block(channels: int, dropout: float) -> tuple[nn.Module, ...]:
    return nn.BatchNorm2d(channels), nn.MaxPool2d(2), nn.Dropout(dropout)


def _normalised_dense(inputs: int, outputs: int, dropout: float) -> tuple[nn.Module, ...]:
    return nn.Linear(inputs, outputs), nn.ReLU(), nn.BatchNorm1d(outputs), nn.Dropout(dropout)


def _branch(widths: Sequence[int]) -> nn.Sequential:
    parts: list[nn.Module] = []
    for inputs, outputs in pairwise(widths):
        parts += [nn.Linear(inputs, outputs), nn.ReLU()]
    return nn.Sequential(*parts[:-1])  # the last is linear; a sigmoid belongs to the loss and to the file


def _check_dropout(share: float) -> None:
    if not 0 <= share < 1:
        raise InputError(f"dropout must leave something over, got a share of {share}")
