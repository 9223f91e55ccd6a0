"""Searching a gallery for probes: of each, how similar the nearest people are, and which place the right one has."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from mien.evaluate.identification_rounds import Round
from mien.identity.similarity import similarities

_PROBES: Final = 512  # at a time
NOWHERE: Final = 0


@dataclass(frozen=True, kw_only=True, eq=False)
class Searches:
    """What searches found.

    Attributes:
        person: (n,) whom each probe shows, numbered from 0.
        first: (n,) similarity of the most similar person.
        second: (n,) of the next one.
        place: (n,) of the right person among all, 1 for the most similar; `NOWHERE` for those not enrolled.
        gallery_size: (n,) templates that each was compared with.
    """

    person: NDArray[np.int64]
    first: NDArray[np.float32]
    second: NDArray[np.float32]
    place: NDArray[np.int64]
    gallery_size: NDArray[np.int64]

    @classmethod
    def merge(cls, parts: Sequence[Searches]) -> Searches:
        """All in one."""
        names = ("person", "first", "second", "place", "gallery_size")
        return cls(**{name: np.concatenate([getattr(part, name) for part in parts]) for name in names})

    def __getitem__(self, rows: NDArray[Any]) -> Searches:
        return Searches(
            person=self.person[rows],
            first=self.first[rows],
            second=self.second[rows],
            place=self.place[rows],
            gallery_size=self.gallery_size[rows],
        )

    def __len__(self) -> int:
        return len(self.person)


def search(embeddings: NDArray[np.float32], whose: NDArray[np.int64], one: Round) -> Searches:
    """Both kinds of probes of a round.

    Args:
        embeddings: (n, d) of L2 norm 1.
        whose: (n,) whom each shows, numbered from 0.
        one: the round, with two people or more in its gallery.
    """
    people, starts = np.unique(whose[one.gallery], return_index=True)  # the gallery is sorted by person
    probes = np.concatenate([one.mated, one.non_mated])
    parts = []
    for start in range(0, len(probes), _PROBES):
        rows = probes[start : start + _PROBES]
        best = np.maximum.reduceat(similarities(embeddings[rows], embeddings[one.gallery]), starts, axis=1)
        second, first = np.partition(best, (-2, -1), axis=1)[:, -2:].T
        known = np.searchsorted(people, whose[rows])
        enrolled = np.isin(whose[rows], people)
        own = best[np.arange(len(rows)), np.where(enrolled, known, 0)]
        place = np.where(enrolled, 1 + (best > own[:, None]).sum(1), NOWHERE)
        size = np.full(len(rows), len(one.gallery))
        parts.append(Searches(person=whose[rows], first=first, second=second, place=place, gallery_size=size))
    return Searches.merge(parts)
