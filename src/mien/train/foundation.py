"""Beginning a training with a network, or with the trunk of one, that learned faces before.

What tells faces apart also tells age, gender and race: the trunk of `mien train embedding`, learned from SFace on all
faces, gives a recipe with few labels a better start than random numbers do. And a training that ended can go on.
"""

from __future__ import annotations

import hashlib
import pickle
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import torch
from torch import Tensor, nn

from mien.errors import DatasetError
from mien.train.unfold import weights_of_file

_NETWORK: Final = "module."
_TRUNK: Final = "trunk."
_WANTED: Final = "foundation must be the --out of a `mien train` (or the folder of one of its phases), or an ONNX file"


def load_network(place: Path) -> dict[str, Tensor]:
    """The averaged weights that a finished or running training keeps in its folder, or those of an ONNX file.

    Raises:
        DatasetError: there is no checkpoint, or what is there cannot be read.
    """
    if place.suffix == ".onnx":
        return weights_of_file(place)
    path = place / "checkpoint.pt"
    if not path.is_file():
        raise DatasetError(f"no checkpoint at {path}; {_WANTED}")
    try:
        averaged = torch.load(path, weights_only=True)["averaged"]
    except (EOFError, KeyError, RuntimeError, TypeError, pickle.UnpicklingError) as error:
        raise DatasetError(f"{path} is no checkpoint of a training ({type(error).__name__}); {_WANTED}") from error
    return {name.removeprefix(_NETWORK): value for name, value in averaged.items() if name.startswith(_NETWORK)}


def load_foundation(place: Path) -> dict[str, Tensor]:
    """The averaged weights of the trunk alone.

    Raises:
        DatasetError: there is no checkpoint, what is there cannot be read, or it is a network without a trunk.
    """
    network = load_network(place)
    trunk = {name.removeprefix(_TRUNK): value for name, value in network.items() if name.startswith(_TRUNK)}
    if not trunk:
        raise DatasetError(f"{place} holds no network with a trunk; {_WANTED}")
    return trunk


def digest(weights: Mapping[str, Tensor]) -> str:
    """Tells these weights from all others, for a training's identity."""
    content = hashlib.sha256()
    for name, value in sorted(weights.items()):
        content.update(name.encode() + value.numpy().tobytes())
    return content.hexdigest()[:16]


def begin_with(trunk: nn.Module, weights: Mapping[str, Tensor]) -> None:
    """Put the weights into a trunk of the same shape.

    A trunk that takes grey pictures gets the sum of the first convolution's weights over the colours, which gives the
    same as colour does on a picture without any.

    Raises:
        DatasetError: the trunks differ in more than that; the first difference is named.
    """
    wanted, given = trunk.state_dict(), dict(weights)
    first = next(iter(wanted))
    if first in given and wanted[first].shape[1] == 1:
        given[first] = given[first].sum(1, keepdim=True)
    continue_with(trunk, given)


def continue_with(network: nn.Module, weights: Mapping[str, Tensor]) -> None:
    """Put the weights into a network of the same shape.

    Raises:
        DatasetError: the networks differ; the first difference is named.
    """
    wanted = network.state_dict()
    for name in sorted(wanted.keys() | weights.keys()):
        shapes = [tuple(one[name].shape) if name in one else None for one in (weights, wanted)]
        if shapes[0] != shapes[1]:
            raise DatasetError(
                f"the foundation does not fit: {name} is {shapes[0]}, wanted {shapes[1]}; "
                "give both trainings the same stem and stages"
            )
    network.load_state_dict(dict(weights))
