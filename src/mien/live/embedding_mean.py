"""One embedding of a person, from those of many frames."""

from __future__ import annotations

import math
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from mien.errors import ShapeError
from mien.live.evidence import LEAST_WEIGHT, remembered

_SHORTEST: Final = 1e-6  # of a sum of embeddings that has a direction


class EmbeddingMean:
    """The mean direction of the frames' embeddings, weighted by their quality.

    That is the usual template of a set of pictures of one person, as in Whitelam et al. (2017), "IARPA Janus
    Benchmark-B", and the maximum likelihood direction under a von Mises-Fisher distribution.

    Args:
        memory_s: weights fall to 1 / e in that time.

    Attributes:
        looks: frames that were taken in.
    """

    def __init__(self, *, memory_s: float) -> None:
        self.looks = 0
        self._memory_s = memory_s
        self._sum: NDArray[np.float64] | None = None
        self._time_s = -math.inf

    @property
    def mean(self) -> NDArray[np.float64] | None:
        """(d,) with L2 norm 1; None without evidence, or where the embeddings cancel out."""
        if self._sum is None:
            return None
        length = float(np.linalg.norm(self._sum))
        return self._sum / length if length > _SHORTEST else None

    def add(self, embedding: NDArray[Any], weight: float, time_s: float) -> None:
        """Takes in one frame.

        Args:
            embedding: (d,) with L2 norm 1.
            weight: 0–1; below `evidence.LEAST_WEIGHT` nothing changes.
            time_s: of the frame.

        Raises:
            ShapeError: it is of another length than those before.
        """
        if weight >= LEAST_WEIGHT:
            self._take(weight * np.asarray(embedding, np.float64), time_s)
            self.looks += 1

    def absorb(self, other: EmbeddingMean) -> None:
        """Takes in all that another one knows of the same person."""
        if other._sum is not None:
            self._take(other._sum, other._time_s)
            self.looks += other.looks

    def _take(self, weighted: NDArray[np.float64], time_s: float) -> None:
        if self._sum is None:
            self._sum, self._time_s = weighted, time_s
            return
        if weighted.shape != self._sum.shape:
            raise ShapeError(
                f"embedding has {weighted.shape[0]} numbers and those before had {self._sum.shape[0]}; "
                "keep to one embedding network a stream"
            )
        newest_s = max(time_s, self._time_s)
        mine, theirs = (remembered(newest_s - seen_s, self._memory_s) for seen_s in (self._time_s, time_s))
        self._sum, self._time_s = mine * self._sum + theirs * weighted, newest_s
