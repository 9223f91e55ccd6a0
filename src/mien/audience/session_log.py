"""`SessionLog`: what the frames of a stream add up to, in rows that wait to be written."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from mien.audience.clock import WallClock
from mien.audience.sample import Sample
from mien.audience.sight import Sight
from mien.audience.spans import spans
from mien.audience.visit import Visit
from mien.audience.visitors import Visitors
from mien.live.event import Event

STALL_S: Final = 5.0
"""A gap between two frames of a live source in which nobody was watching: it was lost, or the computer slept."""
MOST_WAITING: Final = 500_000
"""Samples that wait for a database that cannot be written to: some 300 MB, and more than a day of five people."""
_MARGIN_S: Final = 5.0  # after the tracker has given a person up
_MOST_MINUTES: Final = 3000  # two days; only a clock that is set back comes to an earlier one again


@dataclass(frozen=True, kw_only=True)
class Batch:
    """Rows to write, in the order of the attributes. Written twice, they give the same.

    Attributes:
        session: column of `schema.sessions` → value.
        visits: rows of `schema.visits`, without the session.
        merged: track → the one that it is part of.
        samples: rows of `schema.samples`, without the session.
        observed: minute → seconds of it.
        same_visitors: visitor → the one who that is.
    """

    session: Mapping[str, Any]
    visits: list[dict[str, Any]] = field(default_factory=list)
    merged: Mapping[int, int] = field(default_factory=dict)
    samples: list[dict[str, Any]] = field(default_factory=list)
    observed: Mapping[int, float] = field(default_factory=dict)
    same_visitors: Mapping[int, int] = field(default_factory=dict)


class SessionLog:
    """One run on one source; not to be called by several threads at once.

    Args:
        is_live: whether frames come at their own pace.
        return_s: seconds out of view after which a stay has ended: as long as the tracker knows people again.
        visitors: knows them again for longer; None to let nobody be known.
        began_at: when the first frame was, of recorded video, in seconds since 1970; None for the present time.
        now: the computer's clock.
    """

    def __init__(
        self,
        *,
        is_live: bool,
        return_s: float,
        visitors: Visitors | None,
        began_at: float | None = None,
        now: Callable[[], float] = time.time,
    ) -> None:
        self._is_live, self._return_s, self._visitors = is_live, return_s, visitors
        self._recorded_at, self._now = began_at, now
        self._clock: WallClock | None = None
        self._began_at = self._time_s = 0.0
        self._visits: dict[int, Visit] = {}
        self._minutes: dict[int, float] = {}
        self._lost = 0
        # What has changed since it was taken last.
        self._changed: set[int] = set()
        self._ended: list[dict[str, Any]] = []
        self._merged: dict[int, int] = {}
        self._samples: dict[tuple[int, int], Sample] = {}
        self._changed_minutes: set[int] = set()
        self._same_visitors: dict[int, int] = {}

    def see(self, frame: Sight) -> None:
        """Takes in the next frame."""
        if self._clock is None:
            self._clock = WallClock(frame.time_s, began_at=self._file_began_at(), now=self._now)
            self._began_at, self._time_s = self._clock.at(frame.time_s), frame.time_s
        self._pass_to(frame.time_s, self._clock)
        for event in frame.events:
            if event.kind == "merged":
                self._merge(event)
        for person in frame.people:
            visit = self._visits.get(person.track_id)
            if visit is None:
                began_at = self._clock.at(person.presence.first_s)
                visit = self._visits[person.track_id] = Visit(person, began_at)
            self._note(person.track_id, visit, visit.see(person))
        if self._visitors is not None:
            self._visitors.see([person.track_id for person in frame.people], frame.looks, frame.time_s)
        away = [
            track_id
            for track_id, visit in self._visits.items()
            if frame.time_s - visit.last_s > self._return_s + _MARGIN_S
        ]
        self._end(away)

    def end(self) -> None:
        """The stream is over, and with it all stays."""
        self._end(list(self._visits))

    def take(self, *, ended: bool = False) -> Batch | None:
        """What has changed since the last call; None before the first frame."""
        if self._clock is None:
            return None
        last_at = self._clock.at(self._time_s)
        batch = Batch(
            session={
                "began_at": self._began_at,
                "last_at": last_at,
                "ended_at": last_at if ended else None,
                "clock_steps": self._clock.steps,
                "lost_samples": self._lost,
            },
            visits=[self._visits[track_id].row(ended=False) for track_id in sorted(self._changed)] + self._ended,
            merged=self._merged,
            samples=[
                {"track_id": track_id, "second": second} | sample.row()
                for (track_id, second), sample in self._samples.items()
            ],
            observed={minute: round(self._minutes[minute], 3) for minute in self._changed_minutes},
            same_visitors=self._same_visitors,
        )
        self._changed, self._ended, self._merged, self._samples = set(), [], {}, {}
        self._changed_minutes, self._same_visitors = set(), {}
        return batch

    def _file_began_at(self) -> float | None:
        """When the first frame of a file was; None of a live source, whose frames are of now."""
        if self._is_live:
            return None
        return self._now() if self._recorded_at is None else self._recorded_at

    def _pass_to(self, time_s: float, clock: WallClock) -> None:
        """Counts the time since the frame before as watched."""
        if not self._is_live or time_s - self._time_s <= STALL_S:
            start, end = clock.at(self._time_s) / 60, clock.at(time_s) / 60
            for minute, part in spans(start, end):
                self._minutes[minute] = self._minutes.get(minute, 0.0) + part * 60
                self._changed_minutes.add(minute)
        clock.check(time_s)
        self._time_s = time_s
        while len(self._minutes) > _MOST_MINUTES:
            del self._minutes[next(iter(self._minutes))]

    def _merge(self, event: Event) -> None:
        """What was told of as one person is part of another one's stay."""
        assert event.person is not None
        old, new = event.details["was"], event.person.track_id
        later = self._visits.pop(old, None)
        if later is None:
            return
        self._changed.discard(old)
        if self._visitors is not None:
            self._visitors.rename(old, new)
        waiting = [key for key in self._samples if key[0] == old]
        for key in waiting:
            self._samples[new, key[1]] = self._samples.pop(key)
        earlier = self._visits.setdefault(new, later)
        if earlier is not later:
            self._note(new, earlier, earlier.absorb(later))
        self._merged = {track: new if into == old else into for track, into in self._merged.items()} | {old: new}

    def _note(self, track_id: int, visit: Visit, seconds: Iterable[int]) -> None:
        self._changed.add(track_id)
        for second in seconds:
            self._samples[track_id, second] = visit.samples[second]
        while len(self._samples) > MOST_WAITING:
            del self._samples[next(iter(self._samples))]
            self._lost += 1

    def _end(self, track_ids: Iterable[int]) -> None:
        for track_id in track_ids:
            visit = self._visits.pop(track_id)
            self._changed.discard(track_id)
            row = visit.row(ended=True)
            if self._visitors is not None:
                matched, same = self._visitors.end(track_id)
                row |= matched
                self._same_visitors |= same
            self._ended.append(row)
