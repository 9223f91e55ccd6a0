"""Search: whom of a gallery a face is most alike, and whether that is enough for a name."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from mien.errors import InputError
from mien.faces import Faces
from mien.gallery.database import Neighbour
from mien.gallery.store import Store
from mien.identity.calibration import Calibration
from mien.identity.decision import FPIR, Decision, decide

TOP: Final = 5
"""People told as evidence, where nothing else is asked for."""
_TEMPLATES: Final = 8  # asked for at first for each person wanted: as many as people usually have, and more
_MORE: Final = 4  # times as many, where they were all of too few people


@dataclass(frozen=True, kw_only=True)
class Candidate:
    """A person in the gallery and how alike they are.

    Attributes:
        person: id.
        name: `None` for somebody whom nobody has named.
        similarity: of their most similar template.
        template: its number.
    """

    person: str
    name: str | None
    similarity: float
    template: int

    @property
    def label(self) -> str:
        """The name, or the id of someone without one."""
        return self.name or self.person


@dataclass(frozen=True, kw_only=True)
class Match:
    """What a gallery says of a face.

    Attributes:
        decision: who it is, or that it is nobody known, with the evidence.
        candidates: the most similar people, best first; also where nobody is named.
    """

    decision: Decision
    candidates: tuple[Candidate, ...]

    @property
    def label(self) -> str | None:
        """The name, or the id of somebody without one; `None` for somebody unknown."""
        return None if self.decision.person is None else self.candidates[0].label

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready."""
        candidates = [
            {"person": one.person, "name": one.name, "similarity": round(one.similarity, 6), "template": one.template}
            for one in self.candidates
        ]
        return {"identity": self.label, "decision": self.decision.to_dict(), "candidates": candidates}


@dataclass(frozen=True, kw_only=True, eq=False)
class Found:
    """What a gallery says of a picture.

    Attributes:
        faces: those in it; `identity` holds the names.
        matches: one a face, in their order.
    """

    faces: Faces
    matches: tuple[Match, ...]

    def to_dicts(self) -> list[dict[str, Any]]:
        """JSON-ready, one a face: what is known of it beside what the gallery says; without the embedding."""
        return [
            face.to_dict() | {"embedding": None, "match": match.to_dict()}
            for face, match in zip(self.faces, self.matches, strict=True)
        ]


def match(
    embedding: NDArray[np.float32],
    store: Store,
    calibration: Calibration,
    *,
    quality: float | None = None,
    top: int = TOP,
    fmr: float = FPIR,
    margin: float | None = None,
) -> Match:
    """Compares a face with a gallery.

    Args:
        embedding: (d,) with L2 norm 1.
        store: of the gallery.
        calibration: of the network that made the embeddings.
        quality: of the face, 0–1; nobody is named by a poor one.
        top: how many people are told.
        fmr: the share of strangers that may be named.
        margin: by how much less similar the second person must be; `None` leaves that to the calibration.

    Raises:
        InputError: a number is out of range, or the gallery is too large for that `fmr`.
    """
    if top < 1:
        raise InputError(f"top must be 1 or more people, got {top!r}")
    candidates, compared = _candidates(embedding, store, max(top, 2))
    decision = decide(
        np.array([candidate.similarity for candidate in candidates]),
        [candidate.person for candidate in candidates],
        calibration=calibration,
        gallery_size=compared,
        fmr=fmr,
        margin=margin,
        quality=quality,
    )
    return Match(decision=decision, candidates=tuple(candidates[:top]))


def _candidates(embedding: NDArray[np.float32], store: Store, people: int) -> tuple[list[Candidate], int]:
    """The most similar people, and how many templates were compared."""
    count = people * _TEMPLATES
    while True:
        nearest = store.database.nearest(embedding, count)
        best: dict[int, Neighbour] = {}
        for neighbour in nearest.neighbours:
            best.setdefault(neighbour.person, neighbour)
        if len(best) >= people or len(nearest.neighbours) < count:
            break
        count *= _MORE
    labels = store.labels(list(best)[:people])
    return (
        [
            Candidate(
                person=labels[neighbour.person][0],
                name=labels[neighbour.person][1],
                similarity=float(np.clip(neighbour.similarity, -1, 1)),  # rounding carries equal vectors beyond
                template=neighbour.template,
            )
            for neighbour in list(best.values())[:people]
            if neighbour.person in labels  # else they were forgotten a moment ago
        ],
        nearest.compared,
    )


def names(matches: Sequence[Match]) -> tuple[str | None, ...]:
    """For the column `identity` of `Faces`."""
    return tuple(one.label for one in matches)
