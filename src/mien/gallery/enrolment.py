"""What is enrolled, and what became of each photo."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Final, Literal

from mien.errors import InputError
from mien.gallery.records import Person

LEAST_QUALITY: Final = 0.2
"""Of a face to be enrolled: twice what labels need, as every later search is compared with it."""

Status = Literal["enrolled", "known", "refused", "error"]


@dataclass(frozen=True, kw_only=True)
class Rules:
    """What is enrolled.

    Attributes:
        least_quality: of a face, 0–1; see `mien.quality`.
        largest: of several faces in a photo the largest is taken; else such a photo is refused.
        allow_lookalikes: faces that are much alike somebody else's are enrolled all the same, as twins' are.
        keep_crops: the faces' pictures are kept, so that they can be shown, and embedded by another network.

    Raises:
        InputError: `least_quality` is not from 0 to 1.
    """

    least_quality: float = LEAST_QUALITY
    largest: bool = False
    allow_lookalikes: bool = False
    keep_crops: bool = False

    def __post_init__(self) -> None:
        if not 0 <= self.least_quality <= 1:
            raise InputError(f"least_quality must be from 0 to 1, got {self.least_quality!r}")


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What became of a photo.

    Attributes:
        photo: what it is called.
        status: `enrolled`; `known` where it was already; `refused`; `error` where it could not be read.
        reason: why it was not enrolled; `None` where it was.
    """

    photo: str
    status: Status
    reason: str | None = None


@dataclass(frozen=True, kw_only=True)
class Enrolment:
    """What became of a person's photos.

    Attributes:
        person: as they are now in the gallery; `None` where no photo served and they were not there before.
        outcomes: one a photo, in order.
    """

    person: Person | None
    outcomes: tuple[Outcome, ...]

    def count(self, status: Status) -> int:
        """How many photos have it."""
        return sum(outcome.status == status for outcome in self.outcomes)

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready."""
        return asdict(self)
