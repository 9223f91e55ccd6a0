"""`PeopleEvents`: tells when people appear, when their profile settles or changes, and when they leave."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from mien.live.event import Event
from mien.live.person import Person

CHANGE_GAP_S: Final = 1.0
"""Labels are compared with those told last once in so many seconds: not all that comes and goes is worth an event."""
_LABELS: Final = ("age_group", "gender", "race", "emotion")
_IDENTITY: Final = "identity"


@dataclass(slots=True, kw_only=True)
class _Told:
    """What was told of one person.

    Attributes:
        person: as last in view.
        labels: as told last.
        who: likewise, by a gallery.
        told_s: when.
        compared_s: when labels were last compared with these.
        settled: whether it was told that the profile has settled.
        left: whether it was told that the person left.
    """

    person: Person
    labels: dict[str, str | None]
    who: str | None
    told_s: float
    compared_s: float
    settled: bool = False
    left: bool = False


class PeopleEvents:
    """The events of one stream. What is kept of people ends with `drop`.

    Args:
        profile_every_s: a profile is told again after so many seconds.
        leave_after_s: seconds out of view after which a person has left.
    """

    def __init__(self, *, profile_every_s: float, leave_after_s: float) -> None:
        self._profile_every_s, self._leave_after_s = profile_every_s, leave_after_s
        self._told: dict[int, _Told] = {}
        self._waiting: list[Event] = []  # of between two frames

    def update(self, people: Sequence[Person], time_s: float, frame: int) -> tuple[Event, ...]:
        """What is to be told of this frame."""
        events, self._waiting = self._waiting, []
        for person in people:
            events += self._of(person, time_s, frame)
        here = {person.track_id for person in people}
        for track_id, told in self._told.items():
            away_s = time_s - told.person.presence.last_s
            if track_id not in here and not told.left and away_s > self._leave_after_s:
                events.append(_left(told, time_s, frame, "away"))
        return tuple(events)

    def has_left(self, track_id: int) -> bool:
        """Whether it was told that this person left."""
        return track_id in self._told and self._told[track_id].left

    def rename(self, person_id: int, was: int, time_s: float, frame: int) -> None:
        """The person told of as `was` is the one of `person_id`."""
        newer = self._told.pop(was, None)
        known = self._told.get(person_id)
        if newer is not None and known is not None:
            event = Event(kind="merged", time_s=time_s, frame=frame, person=known.person, details={"was": was})
            self._waiting.append(event)

    def drop(self, track_ids: Iterable[int], time_s: float, frame: int) -> None:
        """People whom the tracker has given up; they have left, if that was not told before."""
        for track_id in track_ids:
            told = self._told.pop(track_id, None)
            if told is not None and not told.left:
                self._waiting.append(_left(told, time_s, frame, "away"))

    def end(self, time_s: float, frame: int) -> tuple[Event, ...]:
        """The stream has ended, and with it all visits."""
        events, self._waiting = self._waiting, []
        events += [_left(told, time_s, frame, "end") for told in self._told.values() if not told.left]
        self._told.clear()
        return tuple(events)

    def _of(self, person: Person, time_s: float, frame: int) -> list[Event]:
        told = self._told.get(person.track_id)
        if told is None or told.left:
            self._told[person.track_id] = _Told(
                person=person,
                labels=_labels(person),
                who=person.who,
                told_s=time_s,
                compared_s=time_s,
                settled=told is not None and told.settled,
            )
            details: dict[str, Any] = {"returned": told is not None}
            return [Event(kind="appeared", time_s=time_s, frame=frame, person=person, details=details)]
        told.person = person
        details = self._news(told, time_s)
        if not details:
            return []
        told.labels, told.who, told.told_s = _labels(person), person.who, time_s
        return [Event(kind="profile", time_s=time_s, frame=frame, person=person, details=details)]

    def _news(self, told: _Told, time_s: float) -> dict[str, Any]:
        """Why a profile is to be told; empty where it is not."""
        if told.person.settled and not told.settled:
            told.settled = True
            return {"reason": "settled"}
        if told.person.who != told.who:  # who somebody is, is news as soon as it is known
            return {"reason": "changed", "changed": [_IDENTITY]}
        if time_s - told.compared_s >= CHANGE_GAP_S:
            told.compared_s = time_s
            labels = _labels(told.person)
            changed = [name for name, label in told.labels.items() if label not in (None, labels[name])]
            if changed:
                return {"reason": "changed", "changed": changed}
        return {"reason": "regular"} if time_s - told.told_s >= self._profile_every_s else {}


def _left(told: _Told, time_s: float, frame: int, reason: str) -> Event:
    told.left = True
    presence = told.person.presence
    duration_s = round(presence.last_s - presence.began_s, 3)
    return Event(
        kind="left",
        time_s=time_s,
        frame=frame,
        person=told.person,
        details={"duration_s": duration_s, "reason": reason},
    )


def _labels(person: Person) -> dict[str, str | None]:
    """Attribute → its label; None where it is not known."""
    return {name: None if (value := getattr(person, name)) is None else str(value) for name in _LABELS}
