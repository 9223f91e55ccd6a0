"""When a label is not to be relied on: selective classification with a threshold on the confidence.

A label is kept where its calibrated probability reaches a threshold (Geifman and El-Yaniv 2017, "Selective
classification for deep neural networks"), an age where its interval is narrow enough, and both only where the face's
quality supports them: a network's confidence says little about pictures unlike any that it was calibrated on (Ovadia et
al. 2019, "Can you trust your model's uncertainty?"). Nothing is taken away: probabilities, ages and intervals stay.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Protocol, Self, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from mien.errors import ModelError
from mien.quality import LEAST_QUALITY

Flags = NDArray[np.bool_]

KEY: Final = "unsure"
"""Where a card's calibration holds the limits: attribute → the fields of `UnsureRule`."""


@dataclass(frozen=True, kw_only=True)
class UnsureRule:
    """The limit for one attribute.

    Attributes:
        limit: the least probability of a label, 0–1; of an age, the greatest width of its interval, in years.
        aim: what the limit was set for: the accuracy of the labels kept. None where it keeps a share of the cases.
        most: the largest share of validation cases that it may call unsure, 0–1; it wins over `aim`.
    """

    limit: float
    aim: float | None
    most: float

    @classmethod
    def of_card(cls, calibration: Mapping[str, Any], attribute: str) -> Self:
        """From what a card holds under `calibration["unsure"][attribute]`.

        Raises:
            ModelError: it holds no such thing.
        """
        try:
            return cls(**calibration[KEY][attribute])
        except (KeyError, TypeError) as error:
            raise ModelError(
                f"the card's calibration.{KEY}.{attribute} must hold limit, aim and most "
                f"({type(error).__name__}: {error}); train it anew, or reinstall Mien"
            ) from error

    def labels(self, probabilities: NDArray[Any], quality: NDArray[Any] | None) -> Flags:
        """Which labels are unsure.

        Args:
            probabilities: (n, classes), calibrated.
            quality: (n,) 0–1; None where it is not known, and then of no effect.

        Returns:
            (n,).
        """
        return np.asarray(probabilities.max(axis=1, initial=0) < self.limit) | _poor(quality, len(probabilities))

    def ages(self, intervals: NDArray[Any], quality: NDArray[Any] | None) -> Flags:
        """Which ages are unsure.

        Args:
            intervals: (n, 2) years.
            quality: (n,) 0–1; None where it is not known, and then of no effect.

        Returns:
            (n,).
        """
        return np.asarray(intervals[:, 1] - intervals[:, 0] > self.limit) | _poor(quality, len(intervals))


@runtime_checkable
class Judge(Protocol):
    """A stage that says when what it tells is unsure."""

    @property
    def rules(self) -> Mapping[str, UnsureRule]:
        """Attribute → its rule."""


def _poor(quality: NDArray[Any] | None, count: int) -> Flags:
    return np.zeros(count, np.bool_) if quality is None else np.asarray(quality < LEAST_QUALITY)
