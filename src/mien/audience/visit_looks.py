"""`VisitLooks`: the embeddings of one visit, and `Visitor`: those of a person's visits; in memory only."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

LOOK_EVERY_S: Final = 1.0
"""Embeddings that follow each other faster are much alike, and say little of how alike two visits are."""
MOST_LOOKS: Final = 16
"""Embeddings kept of one visit; where they become more, every second one goes, and from then on fewer are taken."""


class Span(NamedTuple):
    """A stretch of time.

    Attributes:
        first_s: begin.
        last_s: end.
    """

    first_s: float
    last_s: float

    def touches(self, other: Span) -> bool:
        """Whether they have a moment in common."""
        return self.first_s <= other.last_s and other.first_s <= self.last_s

    def with_moment(self, time_s: float) -> Span:
        """Drawn out to a moment."""
        return Span(min(self.first_s, time_s), max(self.last_s, time_s))


class Look(NamedTuple):
    """One embedding.

    Attributes:
        time_s: when it was read.
        row: (d,) of norm 1.
    """

    time_s: float
    row: NDArray[np.float32]


class VisitLooks:
    """What one visit looks like, and who was there.

    Args:
        track_id: of the visit.
        time_s: of its first frame.

    Attributes:
        span: of the visit.
        looks: in order.
        together: track → when it was in view together with this one.
    """

    def __init__(self, track_id: int, time_s: float) -> None:
        self.track_id = track_id
        self.span = Span(time_s, time_s)
        self.looks: list[Look] = []
        self.together: dict[int, Span] = {}
        self._every_s = LOOK_EVERY_S

    def see(self, track_ids: Iterable[int], time_s: float) -> None:
        """Is in view in a frame with these tracks."""
        self.span = self.span.with_moment(time_s)
        for track_id in track_ids:
            if track_id != self.track_id:
                known = self.together.get(track_id)
                self.together[track_id] = Span(time_s, time_s) if known is None else known.with_moment(time_s)

    def look(self, row: NDArray[np.float32], time_s: float) -> list[float]:
        """Takes in an embedding, if it is not too soon after the last; its similarity with that, if there is one."""
        if self.looks and time_s - self.looks[-1].time_s < self._every_s:
            return []
        alike = [float(self.looks[-1].row @ row)] if self.looks else []
        self.looks.append(Look(time_s, row))
        self._thin()
        return alike

    def rename(self, old: int, new: int) -> None:
        """The track `old` is part of `new`."""
        if self.track_id == old:
            self.track_id = new
        span = self.together.pop(old, None)
        if span is not None and new != self.track_id:
            known = self.together.get(new, span)
            self.together[new] = known.with_moment(span.first_s).with_moment(span.last_s)

    def absorb(self, later: VisitLooks) -> None:
        """Takes in what was known of the same visit under another id."""
        self.span = self.span.with_moment(later.span.last_s)
        self.looks += later.looks
        self._thin()
        for track_id, span in later.together.items():
            if track_id != self.track_id:
                known = self.together.get(track_id, span)
                self.together[track_id] = known.with_moment(span.first_s).with_moment(span.last_s)

    def of_one_person(self, limit: float) -> VisitLooks:
        """The same, less what is of somebody else where a tracker has taken two people for one.

        Args:
            limit: mean similarity from which a look belongs to those before.
        """
        groups: list[list[Look]] = []
        for look in self.looks:
            alike = [float(np.mean([one.row for one in group], axis=0) @ look.row) for group in groups]
            if alike and max(alike) >= limit:
                groups[int(np.argmax(alike))].append(look)
            else:
                groups.append([look])
        person = VisitLooks(self.track_id, self.span.first_s)
        person.looks = max(groups, key=len)
        whole = (person.looks[0] is self.looks[0], person.looks[-1] is self.looks[-1])
        person.span = Span(
            self.span.first_s if whole[0] else person.looks[0].time_s,
            self.span.last_s if whole[1] else person.looks[-1].time_s,
        )
        person.together = {track_id: span for track_id, span in self.together.items() if span.touches(person.span)}
        return person

    def mean(self) -> NDArray[np.float64]:
        """(d,) not of norm 1: its product with another mean is the mean similarity of all pairs of looks."""
        return np.asarray(np.mean([look.row for look in self.looks], axis=0, dtype=np.float64))

    def own_similarity(self) -> float | None:
        """Of its first half with its second: what a person who comes back may look like."""
        half = len(self.looks) // 2
        if not half:
            return None
        first, second = ([look.row for look in part] for part in (self.looks[:half], self.looks[half:]))
        return float(np.mean(first, axis=0) @ np.mean(second, axis=0))

    def _thin(self) -> None:
        """Where they are too many, so that they stay spread over the visit."""
        while len(self.looks) > MOST_LOOKS:
            self.looks = self.looks[::2]
            self._every_s *= 2


@dataclass(kw_only=True, eq=False)
class Visitor:
    """A person, with the sum of that person's looks.

    Attributes:
        total: (d,).
        looks: number in it.
        tracks: of the visits.
        last_s: when last in view.
        beside: (track of this person, track in view together with it).
    """

    total: NDArray[np.float64]
    looks: int
    tracks: set[int]
    last_s: float
    beside: set[tuple[int, int]] = field(default_factory=set)

    @classmethod
    def of(cls, visit: VisitLooks) -> Self:
        """With one visit that has looks."""
        return cls(
            total=visit.mean() * len(visit.looks),
            looks=len(visit.looks),
            tracks={visit.track_id},
            last_s=visit.span.last_s,
            beside={(visit.track_id, other) for other in visit.together},
        )

    def mean(self) -> NDArray[np.float64]:
        """(d,) see `VisitLooks.mean`."""
        return self.total / self.looks

    def absorb(self, other: Visitor) -> None:
        """The other one is the same person."""
        self.total, self.looks = self.total + other.total, self.looks + other.looks
        self.tracks |= other.tracks
        self.beside |= other.beside
        self.last_s = max(self.last_s, other.last_s)

    def can_be(self, other: Visitor) -> bool:
        """Whether the two were never in view together, as far as both were the people that they look like then."""
        return not any((there, here) in other.beside for here, there in self.beside)

    def rename(self, old: int, new: int) -> None:
        """The track `old` is part of `new`."""
        self.beside = {(here, new if there == old else there) for here, there in self.beside}
