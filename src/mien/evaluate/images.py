"""How the images of a run fared."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from mien.evaluate.figure import Figure
from mien.evaluate.runner import FOUND, NOT_FOUND, UNREADABLE, WHOLE_CROP, Outcome


@dataclass(frozen=True, kw_only=True)
class Images:
    """How the images fared.

    Attributes:
        n: labelled images.
        found: how many gave a face to score.
        not_found: readable ones without a face.
        unreadable: name and reason of those that could not be read; no figure counts them.
        detection_rate: share of the readable ones in which the detector found a face.
        whole_crop: share of the readable ones taken whole as the face, as the detector found none; for crops only.
    """

    n: int
    found: int
    not_found: int
    unreadable: tuple[tuple[str, str], ...]
    detection_rate: Figure
    whole_crop: Figure | None

    @classmethod
    def of(cls, outcomes: Sequence[Outcome], *, crops: bool) -> Images:
        """From what became of each image.

        Args:
            outcomes: of `mien.evaluate.runner.run`.
            crops: as given to it.
        """
        readable = [outcome for outcome in outcomes if outcome.status != UNREADABLE]
        count = {status: sum(o.status == status for o in readable) for status in (FOUND, WHOLE_CROP, NOT_FOUND)}
        return cls(
            n=len(outcomes),
            found=count[FOUND] + count[WHOLE_CROP],
            not_found=count[NOT_FOUND],
            unreadable=tuple((o.name, o.reason) for o in outcomes if o.status == UNREADABLE),
            detection_rate=Figure.proportion(count[FOUND], len(readable)),
            whole_crop=Figure.proportion(count[WHOLE_CROP], len(readable)) if crops else None,
        )
