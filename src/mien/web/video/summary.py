"""`Summary`: everybody who was seen in a clip, when, and with which expressions."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Final

from mien.live.event import Event
from mien.live.person import Person
from mien.live.watched_frame import WatchedFrame
from mien.vocabulary import EMOTIONS

GAP_S: Final = 0.5
"""Seconds out of view that do not divide a stay: a face is missed for a moment now and then."""
SAMPLE_S: Final = 0.2
"""Seconds between two samples of an expression: faces hold one for half a second at least (Ekman 2003)."""
_TICK_S: Final = 0.001  # by which times of frames may be rounded


@dataclass(kw_only=True)
class _Seen:
    """What is noted of one person; times in seconds.

    Attributes:
        person: as last in view.
        stays: from, to.
        samples: time, probability of each expression.
    """

    person: Person
    stays: list[tuple[float, float]] = field(default_factory=list)
    samples: list[tuple[float, list[float]]] = field(default_factory=list)


class Summary:
    """Takes in the frames of a clip in order."""

    def __init__(self) -> None:
        self._seen: dict[int, _Seen] = {}

    def __len__(self) -> int:
        """People so far."""
        return len(self._seen)

    def note(self, frame: WatchedFrame) -> None:
        """The next frame."""
        self._merge(frame.events)
        for person in frame.people:
            seen = self._seen.setdefault(person.track_id, _Seen(person=person))
            seen.person = person
            seen.stays = _joined([*seen.stays, (frame.time_s, frame.time_s)])
            emotion = person.emotion
            if emotion is not None and (not seen.samples or frame.time_s - seen.samples[-1][0] > SAMPLE_S - _TICK_S):
                seen.samples.append((frame.time_s, [emotion.probabilities[name] for name in EMOTIONS]))

    def to_dicts(self) -> list[dict[str, Any]]:
        """JSON-ready: the people in the order in which they came, each as last in view, with what was noted."""
        people = sorted(self._seen.values(), key=lambda seen: (seen.stays[0][0], seen.person.track_id))
        return [seen.person.to_dict() | _noted(seen) for seen in people]

    def _merge(self, events: Iterable[Event]) -> None:
        """Two who turned out to be one person."""
        for event in events:
            if event.kind != "merged" or event.person is None:
                continue
            newer = self._seen.pop(event.details["was"], None)
            if newer is None:
                continue
            older = self._seen.setdefault(event.person.track_id, _Seen(person=event.person))
            older.stays = _joined(sorted(older.stays + newer.stays))
            older.samples = sorted(older.samples + newer.samples)


def _joined(stays: Iterable[tuple[float, float]]) -> list[tuple[float, float]]:
    """Stays in order, those joined that hardly lie apart."""
    joined: list[tuple[float, float]] = []
    for start, end in stays:
        if joined and start - joined[-1][1] <= GAP_S:
            joined[-1] = (joined[-1][0], max(joined[-1][1], end))
        else:
            joined.append((start, end))
    return joined


def _noted(seen: _Seen) -> dict[str, Any]:
    columns = zip(*(probabilities for _, probabilities in seen.samples), strict=True)
    over_time = {name: [round(value, 3) for value in column] for name, column in zip(EMOTIONS, columns, strict=False)}
    return {
        "in_view": [[round(start, 3), round(end, 3)] for start, end in seen.stays],
        "emotion_over_time": {"time_s": [round(time_s, 3) for time_s, _ in seen.samples], "probabilities": over_time}
        if seen.samples
        else None,
    }
