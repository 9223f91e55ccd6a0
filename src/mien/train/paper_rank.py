"""Making the two giant dense layers of the paper's network for age and gender small.

Both read the same 115,200 features, with 128 outputs each: 29.5 of the network's 29.6 million numbers. Together they
are one matrix of rank 256 or less. It is replaced by the product of two thin ones, the best there is for the outputs
that training pictures give: the projection on their principal components (Zhang et al. 2016, "Accelerating very deep
convolutional networks for classification and detection", sec. 3.1).
"""

from __future__ import annotations

from collections.abc import Iterable

import torch
from torch import Tensor, nn

from mien.errors import InputError
from mien.train.paper_networks import AgeGender

OUTPUTS = 256
"""Of both layers together."""


class ThinAgeGender(nn.Module):
    """The network with one thin layer in front of both branches.

    Args:
        network: the published one, trained.
        thin: (rank, 115200) what the features are projected on.
        back: (256, rank) from there to the outputs of both first layers.
        bias: (256,).
    """

    def __init__(self, network: AgeGender, *, thin: Tensor, back: Tensor, bias: Tensor) -> None:
        super().__init__()
        self.features = network.features
        self.thin = nn.Linear(thin.shape[1], thin.shape[0], bias=False)
        self.thin.weight.data = thin
        half = OUTPUTS // 2
        self.age = _behind(network.age, back[:half], bias[:half])
        self.gender = _behind(network.gender, back[half:], bias[half:])

    def forward(self, pictures: Tensor) -> dict[str, Tensor]:
        """As `AgeGender` has it."""
        features = self.thin(self.features(pictures))
        return {"age": self.age(features), "gender": self.gender(features)}


def check_rank(rank: int) -> None:
    """Makes sure that the layers can be brought to that rank.

    Raises:
        InputError: they cannot.
    """
    if not 0 <= rank <= OUTPUTS:
        raise InputError(f"rank must be from 1 to {OUTPUTS}, or 0 to keep the layers as published, got {rank}")


def thinned(network: AgeGender, batches: Iterable[Tensor], rank: int) -> ThinAgeGender:
    """The network with its two giant layers at a rank.

    Args:
        network: the published one, trained, in evaluation mode.
        batches: training pictures (n, channels, 128, 128), a few hundred or more in all.
        rank: 1 to 256.
    """
    age, gender = network.age[0], network.gender[0]
    assert isinstance(age, nn.Linear)
    assert isinstance(gender, nn.Linear)
    weight = torch.cat([age.weight, gender.weight]).detach()
    offset = torch.cat([age.bias, gender.bias]).detach()
    with torch.inference_mode():
        outputs = torch.cat([network.features(pictures) @ weight.T + offset for pictures in batches]).double()
    mean = outputs.mean(0)
    _, directions = torch.linalg.eigh((outputs - mean).T @ (outputs - mean))
    kept = directions[:, -rank:].clone()  # eigenvalues rise
    bias = kept @ (kept.T @ (offset.double() - mean)) + mean
    back = kept.float()
    return ThinAgeGender(network, thin=back.T @ weight, back=back, bias=bias.float()).eval()


def _behind(branch: nn.Sequential, weight: Tensor, bias: Tensor) -> nn.Sequential:
    """A branch whose first layer reads the thin layer's outputs."""
    first = nn.Linear(weight.shape[1], weight.shape[0])
    first.weight.data, first.bias.data = weight.clone(), bias.clone()
    return nn.Sequential(first, *list(branch)[1:])
