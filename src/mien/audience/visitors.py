"""`Visitors`: tells visits of one person from those of several, for as long as it may remember.

Embeddings are kept in memory and nowhere else, and forgotten `revisit_s` after their person was last in view. What
leaves this file is a number for each visitor, and three similarities of each visit by which the error of the numbers is
estimated; see `mien.audience.returns`.

Two that were in view together are two people, whatever they look like (a cannot-link constraint: Wagstaff et al. 2001,
"Constrained k-means clustering with background knowledge").
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from mien.audience.visit_looks import VisitLooks, Visitor
from mien.models.thresholds import Thresholds

REVISIT_S: Final = 3600.0
MISTAKEN: Final = 0.05
"""Of new visitors, the share that may be taken for one of those remembered; the threshold follows from it."""
MOST_FMR: Final = 1e-3
"""However few are remembered; as for the tracker's own returns, see `mien.live.tracker_config`."""
REMEMBERED: Final = 500
"""Pairs of looks, one after the other, by which it is known how alike those of one person are here."""

UNKNOWN: Final[Mapping[str, Any]] = MappingProxyType(
    {
        "visitor": None,
        "compared": None,
        "match_threshold": None,
        "best_similarity": None,
        "own_similarity": None,
        "other_similarity": None,
    }
)
"""Columns of `schema.visits` for a visit of which nobody knows whose it is."""


class Visitors:
    """The visitors of one stream; not to be called by several threads at once.

    Args:
        thresholds: of the network of the embeddings.
        revisit_s: seconds out of view after which a visitor is forgotten, and counts anew on coming back.
    """

    def __init__(self, thresholds: Thresholds, *, revisit_s: float = REVISIT_S) -> None:
        self.thresholds, self.revisit_s = thresholds, revisit_s
        self._visits: dict[int, VisitLooks] = {}
        self._visitors: dict[int, Visitor] = {}
        self._next = 1
        self._alike: deque[float] = deque(maxlen=REMEMBERED)
        self._forget_s = 0.0

    def see(self, track_ids: Sequence[int], looks: Mapping[int, NDArray[np.float32]], time_s: float) -> None:
        """The people in a frame, and the embeddings of those whose faces were read since the frame before."""
        if time_s >= self._forget_s:
            self._forget(time_s)
        for track_id in track_ids:
            visit = self._visits.setdefault(track_id, VisitLooks(track_id, time_s))
            visit.see(track_ids, time_s)
        for track_id, embedding in looks.items():
            if track_id in self._visits:
                self._alike.extend(self._visits[track_id].look(embedding, time_s))

    def rename(self, old: int, new: int) -> None:
        """The track `old` is part of `new`."""
        later = self._visits.pop(old, None)
        for visit in self._visits.values():
            visit.rename(old, new)
        for visitor in self._visitors.values():
            visitor.rename(old, new)
        if later is not None:
            later.rename(old, new)
            if new in self._visits:
                self._visits[new].absorb(later)
            else:
                self._visits[new] = later

    def end(self, track_id: int) -> tuple[dict[str, Any], dict[int, int]]:
        """A visit is over: whose was it?

        Returns:
            Columns of `schema.visits`, and visitors who turn out to be others: number → that of the one who it is.
        """
        visit = self._visits.pop(track_id, None)
        if visit is None or not visit.looks:
            return dict(UNKNOWN), {}
        visit = visit.of_one_person(self._limit())
        mean = visit.mean()
        visitor = Visitor.of(visit)
        others = [one for one in self._visitors.values() if visitor.can_be(one)]
        threshold = self._threshold(len(others))
        columns = {
            "compared": len(others),
            "match_threshold": threshold,
            "best_similarity": max((float(one.mean() @ mean) for one in others), default=None),
            "own_similarity": visit.own_similarity(),
            "other_similarity": self._other_similarity(visit),
        }
        number, self._next = self._next, self._next + 1
        self._visitors[number] = visitor
        same: dict[int, int] = {}
        while (known := self._nearest(number, threshold)) is not None:
            stays, goes = min(number, known), max(number, known)  # few rows that are written already have to change
            self._visitors[stays].absorb(self._visitors.pop(goes))
            if goes != self._next - 1:
                same[goes] = stays
            number = stays
        columns = {name: value if value is None else round(value, 4) for name, value in columns.items()}
        return columns | {"visitor": number}, same

    def _nearest(self, number: int, threshold: float) -> int | None:
        """The visitor most like this one, if it can be the same person."""
        visitor = self._visitors[number]
        others = [known for known, one in self._visitors.items() if known != number and visitor.can_be(one)]
        if not others:
            return None
        similarity = np.array([self._visitors[known].mean() for known in others]) @ visitor.mean()
        best = int(similarity.argmax())
        return others[best] if similarity[best] >= threshold else None

    def _limit(self) -> float:
        """Midway between how alike strangers are and two looks of one person, who is mixed up now and then."""
        strangers = self.thresholds.threshold(0.5)
        return (strangers + float(np.median(self._alike))) / 2 if self._alike else strangers

    def _threshold(self, others: int) -> float:
        """Similarity from which a visit is that of one of so many."""
        fmr = min(MOST_FMR, MISTAKEN / max(others, 1))
        return self.thresholds.threshold(max(fmr, self.thresholds.fmr[-1]))

    def _other_similarity(self, visit: VisitLooks) -> float | None:
        """With one of those who were in view together with this one; which one has nothing to do with their looks."""
        for track_id in sorted(visit.together):
            if track_id in self._visits and self._visits[track_id].looks:
                other = self._visits[track_id].of_one_person(self._limit())
                return float(other.mean() @ visit.mean())
        return None

    def _forget(self, time_s: float) -> None:
        """Visitors who have been away for long, and their embeddings with them."""
        self._forget_s = time_s + 1
        away = [number for number, one in self._visitors.items() if time_s - one.last_s > self.revisit_s]
        for number in away:
            del self._visitors[number]
