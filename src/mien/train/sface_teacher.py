"""SFace as a teacher: its embedding and its last feature map, in the few coordinates that the embedding rests on."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, fields
from functools import cached_property
from pathlib import Path
from typing import Final, Self

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from mien.models.session import Session

SIDE: Final = 112
_MAP: Final = "bn1"  # the last feature map, (1, 1024, 7, 7)
_EMBEDDING: Final = "fc1"
_WEIGHT, _BIAS = "pre_fc1_weight", "pre_fc1_bias"
_SCALE, _SHIFT, _MEAN, _VARIANCE = "fc1_gamma", "fc1_beta", "fc1_moving_mean", "fc1_moving_var"
_EPSILON: Final = 2e-5  # of the batch normalisation after the linear layer, as the file states it


class Teacher:
    """SFace with its last feature map as a second output.

    Args:
        path: of the verified ONNX file.
    """

    def __init__(self, path: Path) -> None:
        model = onnx.load(path)
        model.graph.output.append(helper.make_tensor_value_info(_MAP, TensorProto.FLOAT, None))
        self._session = Session(model.SerializeToString())
        values = {weight.name: numpy_helper.to_array(weight) for weight in model.graph.initializer}
        scale = values[_SCALE] / np.sqrt(values[_VARIANCE] + _EPSILON)
        weight = (values[_WEIGHT] * scale[:, None]).reshape(len(scale), -1, 7, 7)
        self.weight: NDArray[np.float32] = weight.astype(np.float32)
        """(128, 1024, 7, 7): with `bias`, takes the feature map to the embedding before its normalisation."""
        self.bias: NDArray[np.float32] = (values[_BIAS] - values[_MEAN]) * scale + values[_SHIFT]
        """(128,)"""

    def look(self, crop: NDArray[np.uint8]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Embedding (128,) of L2 norm 1 and feature map (1024, 7, 7) of one face.

        Args:
            crop: (112, 112, 3) uint8 RGB in the template `arcface`.
        """
        out = self._session.run({self._session.inputs[0]: crop.transpose(2, 0, 1)[None].astype(np.float32)})
        embedding = out[_EMBEDDING][0]
        return embedding / np.linalg.norm(embedding), out[_MAP][0]


@dataclass(frozen=True, kw_only=True)
class Basis:
    """The few coordinates of the teacher's feature map that its embedding rests on, of unit variance.

    Attributes:
        mean: (1024, 7, 7) of the map.
        forward: (channels, 1024) takes a map less its mean to its coordinates.
        weight: (128, channels, 7, 7) takes coordinates to the embedding, with `bias`.
        bias: (128,)
    """

    mean: NDArray[np.float32]
    forward: NDArray[np.float32]
    weight: NDArray[np.float32]
    bias: NDArray[np.float32]

    @classmethod
    def load(cls, path: Path) -> Self:
        """The basis that `save` wrote."""
        with np.load(path) as arrays:
            return cls(**{field.name: arrays[field.name] for field in fields(cls)})

    def save(self, path: Path) -> None:
        """Keep it: fitted again elsewhere it might differ in its last bits, and all views with it."""
        unfinished = path.with_suffix(".part.npz")
        np.savez(unfinished, **{field.name: getattr(self, field.name) for field in fields(self)})
        unfinished.replace(path)

    @property
    def shape(self) -> tuple[int, int, int]:
        """Of the coordinates of one face."""
        return (len(self.forward), *self.mean.shape[1:])

    @property
    def dimensions(self) -> int:
        """Of the embedding."""
        return len(self.bias)

    @cached_property
    def digest(self) -> str:
        """Tells this basis from every other."""
        return hashlib.sha256(self.forward.tobytes() + self.mean.tobytes()).hexdigest()

    def project(self, features: NDArray[np.float32]) -> NDArray[np.float32]:
        """Coordinates (channels, 7, 7) of a feature map (1024, 7, 7)."""
        flat = (features - self.mean).reshape(len(self.mean), -1)
        return (self.forward @ flat).reshape(self.shape)

    def embed(self, coordinates: NDArray[np.float32]) -> NDArray[np.float32]:
        """The embedding (128,) of L2 norm 1 that coordinates lead to."""
        embedding = np.tensordot(self.weight, coordinates, 3) + self.bias
        return np.asarray(embedding / np.linalg.norm(embedding), np.float32)


def fit_basis(teacher: Teacher, crops: NDArray[np.uint8], channels: int) -> Basis:
    """The basis that keeps the most of the embedding.

    With C the covariance of the map's channels over places and faces, and G = sum over places of W'W for the linear
    layer's weights W of that place, the best `channels` directions are the first eigenvectors of C½ G C½ (reduced-rank
    regression, Izenman 1975, with the same directions at every place).

    Args:
        teacher: whose embedding it is.
        crops: (n, 112, 112, 3) uint8 faces.
        channels: how many coordinates to keep.
    """
    maps = np.stack([teacher.look(crop)[1] for crop in crops])
    mean = maps.mean(0)
    channels_first = (maps - mean).transpose(1, 0, 2, 3).reshape(len(mean), -1).astype(np.float64)
    covariance = channels_first @ channels_first.T / channels_first.shape[1]
    values, vectors = np.linalg.eigh(covariance)
    values = np.maximum(values, values.max() * 1e-6)
    root = (vectors * np.sqrt(values)) @ vectors.T
    inverse_root = (vectors / np.sqrt(values)) @ vectors.T
    by_place = teacher.weight.transpose(1, 0, 2, 3).reshape(len(mean), -1).astype(np.float64)
    directions = np.linalg.eigh(root @ (by_place @ by_place.T) @ root)[1][:, ::-1][:, :channels]
    back = root @ directions
    return Basis(
        mean=mean,
        forward=(directions.T @ inverse_root).astype(np.float32),
        weight=np.einsum("echw,ck->ekhw", teacher.weight, back).astype(np.float32),
        bias=(np.tensordot(teacher.weight, mean, 3) + teacher.bias).astype(np.float32),
    )
