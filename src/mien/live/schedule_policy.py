"""How often each network is worth running for a track."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum
from typing import Final

from mien.errors import InputError


class Rank(IntEnum):
    """Who keeps the budget when it is short; tracking is not planned here, and so is never shed."""

    GEOMETRY = 0
    ATTRIBUTE = 1


@dataclass(frozen=True, kw_only=True)
class StagePolicy:
    """When a network should read a face again.

    Attributes:
        rank: stages of the lower rank are shed last.
        eager_s: seconds between two reads of a track of which nothing is certain.
        settled_s: the same where all is certain; between the two it is the geometric mean, by the certainty.
        patience: how much longer a read waits for a better moment where the face is of quality 0, in parts of the time
            between two reads; less in proportion to the quality, and not at all at 1.
    """

    rank: Rank
    eager_s: float
    settled_s: float
    patience: float

    def __post_init__(self) -> None:
        if not 0 < self.eager_s <= self.settled_s < math.inf:
            raise InputError(
                f"eager_s and settled_s must be above 0 and rise, got {self.eager_s} and {self.settled_s}; "
                "what is uncertain is read more often"
            )
        if not 0 <= self.patience < math.inf:
            raise InputError(f"patience must be 0 or more, got {self.patience}; 0 takes every moment as it comes")

    def due_s(self, *, certainty: float, quality: float, read: bool) -> float:
        """Seconds after the last read, or after the track began, when the next one is due.

        Args:
            certainty: 0–1.
            quality: of the face now, 0–1.
            read: whether it was read before; a first read is due at once, but for the patience.
        """
        waits = self.patience * (1 - quality)
        if not read:
            return waits * self.eager_s
        return (1 + waits) * self.eager_s * math.pow(self.settled_s / self.eager_s, certainty)


# A head turns by ten degrees in a tenth of a second. Expressions last from half a second (those below are called
# micro-expressions; Yan et al. 2013). Age, gender and race stay: reading them again only mends errors of the frames.
# Embeddings tell who is who: at four a second a track that has gone over to somebody else is found out in half a
# second, and ids are kept as well as with more; with one or two they are kept less well (`benchmarks/tracking.py`).
POLICIES: Final[Mapping[str, StagePolicy]] = {
    "quality": StagePolicy(rank=Rank.GEOMETRY, eager_s=0.2, settled_s=0.2, patience=0.0),
    "landmarks": StagePolicy(rank=Rank.GEOMETRY, eager_s=0.1, settled_s=0.1, patience=0.0),
    "emotion": StagePolicy(rank=Rank.ATTRIBUTE, eager_s=0.2, settled_s=0.4, patience=0.5),
    "demographics": StagePolicy(rank=Rank.ATTRIBUTE, eager_s=0.2, settled_s=8.0, patience=1.0),
    "embedding": StagePolicy(rank=Rank.ATTRIBUTE, eager_s=0.25, settled_s=0.25, patience=0.0),
}
"""Stage → its policy."""
