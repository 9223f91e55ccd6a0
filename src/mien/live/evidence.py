"""How much several looks at one person say together.

Frames of one track are not independent: a network that takes a person for older, or for somebody of another gender,
does so in every frame. The model is that of equally correlated observations. The error of an observation has a part
that all frames of the person share, a share ρ of the variance of a good frame, and a part of its own, the remaining
1 - ρ, which is larger the poorer the frame: (1 - ρ) / w with a weight w from 0 to 1. The best linear estimate of such
observations is their mean with the weights w, and its variance, relative to that of one good frame, is
ρ + (1 - ρ) / W with W = Σ w (generalised least squares; the inverse of the covariance by Sherman and Morrison 1950).
So n frames are worth

    n_eff = 1 / (ρ + (1 - ρ) / W)

independent ones: with w = 1 that is n / (1 + (n - 1) ρ), Kish's design effect (1965, "Survey sampling", sec. 5.4). It
grows with every frame and never beyond 1 / ρ: what is wrong with all frames alike, fusing cannot mend.
"""

from __future__ import annotations

import math
from typing import Final

from mien.errors import InputError

LEAST_WEIGHT: Final = 1e-6
"""An observation that weighs less says nothing, and its products would vanish in rounding."""


def effective_number(weight: float, correlation: float) -> float:
    """How many independent good frames the frames are worth.

    Args:
        weight: W, the sum of the frames' weights, 0 or more.
        correlation: ρ, from 0 (independent) to 1 (all the same).

    Returns:
        0 for no weight; 1 for one frame of weight 1; below 1 / ρ always.

    >>> effective_number(1, 0.5), effective_number(4, 0.5), effective_number(1e9, 0.5).__round__(6)
    (1.0, 1.6, 2.0)
    """
    return weight / (1 - correlation + correlation * weight)


def settled(weight: float) -> float:
    """How little is left to gain from further frames, 0–1: W / (1 + W).

    That is one minus the part that one more good frame would have in the mean: ½ after one, 0.9 after nine.
    """
    return weight / (1 + weight)


def check_correlation(name: str, correlation: float) -> None:
    """Refuse what is no correlation of this model.

    Raises:
        InputError: it is not from 0 to 1; below 0 and at 1 exactly the model has no meaning.
    """
    if not 0 <= correlation < 1:
        raise InputError(f"{name} must be from 0 to below 1, got {correlation}; 0 takes all frames for independent")


def remembered(seconds: float, memory_s: float) -> float:
    """Share of an observation's weight that is left after some time: exp(-t / memory)."""
    return math.exp(-seconds / memory_s)
