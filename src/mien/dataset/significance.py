"""Tests and their correction where many are made, in pure NumPy."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final, Literal

import numpy as np

Correction = Literal["holm", "bh", "none"]
CORRECTIONS: Final[dict[Correction, str]] = {
    "holm": "Holm (1979): the chance of even one false discovery is at most 5 %",
    "bh": "Benjamini and Hochberg (1995): of the discoveries, at most 5 % are expected to be false",
    "none": "none: of twenty tests, one is expected to be significant by chance",
}


def two_sided(z: float) -> float:
    """Chance of a standard normal number as far from 0 as z, or farther.

    >>> round(two_sided(1.959964), 4)
    0.05
    """
    return math.erfc(abs(z) / math.sqrt(2))


def chi_squared(value: float, degrees: int) -> float:
    """Chance of a χ² number as large or larger, by its finite sums (Abramowitz and Stegun 1964, 26.4.4 and 26.4.5).

    Args:
        value: 0 or more.
        degrees: of freedom, 1 or more.

    >>> round(chi_squared(3.841459, 1), 4), round(chi_squared(5.991465, 2), 4), round(chi_squared(11.0705, 5), 4)
    (0.05, 0.05, 0.05)
    """
    half = value / 2
    if degrees % 2 == 0:
        term = total = math.exp(-half)
        for step in range(1, degrees // 2):
            term *= half / step
            total += term
        return min(total, 1.0)
    total = math.erfc(math.sqrt(half))
    term = math.sqrt(half / math.pi) * 2 * math.exp(-half)
    for step in range(1, degrees - 1, 2):
        total += term
        term *= value / (step + 2)
    return min(total, 1.0)


def adjusted(chances: Sequence[float], correction: Correction) -> list[float]:
    """p-values corrected for their number.

    Args:
        chances: one a test.
        correction: how.

    >>> adjusted([0.01, 0.04, 0.03], "holm")
    [0.03, 0.06, 0.06]
    >>> [round(one, 6) for one in adjusted([0.01, 0.04, 0.03], "bh")]
    [0.03, 0.04, 0.04]
    """
    values = np.array(chances, np.float64)
    count, order = len(values), np.argsort(values, kind="stable")
    found = np.empty(count)
    if correction == "holm":
        found[order] = np.maximum.accumulate(values[order] * np.arange(count, 0, -1))
    elif correction == "bh":
        scaled = values[order] * count / np.arange(1, count + 1)
        found[order] = np.minimum.accumulate(scaled[::-1])[::-1]
    else:
        found = values
    return [float(one) for one in np.minimum(found, 1)]
