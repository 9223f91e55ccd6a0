"""Temperature scaling: one number that makes a classifier's confidence as high as its accuracy.

Guo et al. (2017), "On calibration of modern neural networks": logits are divided by T. On probabilities that is
p ** (1 / T), normalised; the order of the classes stays as it is.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

_SMALLEST = 1e-12


def temper(probabilities: NDArray[Any], temperature: float) -> NDArray[np.float32]:
    """Probabilities at another temperature.

    Args:
        probabilities: (n, classes), rows summing to 1.
        temperature: above 0; over 1 makes them more even, under 1 more extreme.

    Returns:
        (n, classes), rows summing to 1.

    >>> temper(np.array([[0.8, 0.2]]), 1.0), temper(np.array([[0.8, 0.2]]), 0.5).round(3)
    (array([[0.8, 0.2]], dtype=float32), array([[0.941, 0.059]], dtype=float32))
    """
    if temperature == 1:
        return np.asarray(probabilities, np.float32)
    logits = np.log(np.maximum(probabilities, _SMALLEST)) / temperature
    powers = np.exp(logits - logits.max(axis=1, keepdims=True, initial=-np.inf))
    return np.asarray(powers / powers.sum(axis=1, keepdims=True), np.float32)
