"""Losses that bring photos of one person together and keep those of different people apart.

All take embeddings of any length, which are brought to length 1, and whole numbers that tell whom each shows.
"""

from __future__ import annotations

import math
from typing import Final

import torch
from torch import Tensor
from torch.nn import functional

LOSSES: Final = {"triplet": 0.2, "arcface": 0.5, "cosface": 0.35}
"""Name → the margin of its paper: a squared distance, radians, and a cosine."""
_NEARLY_ONE: Final = 1 - 1e-6  # the slope of the arc cosine is endless at 1


def triplet(embeddings: Tensor, people: Tensor, *, margin: float) -> tuple[Tensor, dict[str, float]]:
    """Triplet loss with semi-hard negatives (Schroff et al. 2015, "FaceNet", eq. 3 and sec. 3.2).

    For every pair of one person, the nearest stranger that is further away than the other photo of the pair; where
    there is none, the furthest stranger. Distances are squared, of embeddings of length 1.

    Args:
        embeddings: (n, d).
        people: (n,) whole numbers.
        margin: by how much further away the stranger is to be.

    Returns:
        The mean over all pairs, and the share of them that are not yet so far apart; 0 where a batch has no two people
        or no pair of one.
    """
    unit = functional.normalize(embeddings)
    distances = (2 - 2 * unit @ unit.T).clamp_min(0)
    same = people[:, None] == people[None]
    pairs = same & ~torch.eye(len(people), dtype=torch.bool)
    anchors, positives = pairs.nonzero(as_tuple=True)
    if len(anchors) == 0 or bool(same.all()):
        return embeddings.sum() * 0, {"active": 0.0}
    near = distances[anchors, positives]
    strangers = distances[anchors].masked_fill(same[anchors], torch.inf)
    beyond = strangers.masked_fill(strangers <= near[:, None], torch.inf).amin(1)
    furthest = distances[anchors].masked_fill(same[anchors], -torch.inf).amax(1)
    excess = near - torch.where(beyond.isfinite(), beyond, furthest) + margin
    return excess.clamp_min(0).mean(), {"active": float((excess > 0).float().mean())}


def margin_softmax(
    embeddings: Tensor, classes: Tensor, people: Tensor, *, margin: float, scale: float, angular: bool
) -> tuple[Tensor, dict[str, float]]:
    """Softmax over the cosines to one vector a person, with a margin to be won by the right one.

    ArcFace adds it to the angle (Deng et al. 2019, eq. 3), CosFace takes it off the cosine (Wang et al. 2018, eq. 4).

    Args:
        embeddings: (n, d).
        classes: (people, d), learned with the network.
        people: (n,) places in `classes`.
        margin: in radians, or of the cosine.
        scale: that the cosines are multiplied by.
        angular: ArcFace's way.

    Returns:
        The mean cross entropy, and the share of photos that are nearest to their person, without the margin.
    """
    cosines = functional.normalize(embeddings) @ functional.normalize(classes).T
    right = cosines.gather(1, people[:, None])
    if angular:
        angle = torch.acos(right.clamp(-_NEARLY_ONE, _NEARLY_ONE))
        # Past π the cosine would rise again; from there on it is lowered evenly, as the authors' code does.
        lowered = torch.where(angle + margin < math.pi, torch.cos(angle + margin), right - margin * math.sin(margin))
    else:
        lowered = right - margin
    logits = scale * cosines.scatter(1, people[:, None], lowered)
    nearest = float((cosines.argmax(1) == people).float().mean())
    return functional.cross_entropy(logits, people), {"nearest": nearest}
