"""`Event`: something worth telling about a person or the camera."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from mien.live.capture_event import CaptureEvent
from mien.live.person import Person

KINDS: Final[Mapping[str, str]] = {
    "appeared": "A person came into view; `returned` tells whether it is one who had left.",
    "profile": "What is known of a person; `reason` is settled, changed or regular, `changed` names what did.",
    "merged": "The person told of under the id `was` is the one of `track_id`, who had been out of view.",
    "left": "A person is out of view, for `duration_s` of this visit; `reason` is away or end (of the stream).",
    "lost": "The camera or stream gives no more pictures.",
    "reconnecting": "It is opened again; `attempt` and `wait_s`.",
    "back": "It gives pictures again, after `wait_s`.",
    "given_up": "It is not tried again.",
}
"""What the kinds of events mean, and what their details are."""


@dataclass(frozen=True, kw_only=True)
class Event:
    """Something worth telling.

    Attributes:
        kind: one of `KINDS`.
        time_s: when, on the clock of the frames.
        frame: index of the frame; None for what befalls the camera.
        person: as known then; None for what befalls the camera.
        details: JSON-ready; see `KINDS`.
    """

    kind: str
    time_s: float
    frame: int | None = None
    person: Person | None = None
    details: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def of_capture(cls, event: CaptureEvent) -> Event:
        """What befell the camera."""
        told = {"detail": event.detail, "attempt": event.attempt, "wait_s": event.wait_s}
        details = {name: round(v, 3) if isinstance(v, float) else v for name, v in told.items() if v is not None}
        return cls(kind=event.kind.value, time_s=event.time_s, details=details)

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready."""
        about: dict[str, Any] = {"event": self.kind, "time_s": round(self.time_s, 3)}
        if self.person is not None:
            about |= {"frame": self.frame, "track_id": self.person.track_id}
        about |= self.details
        if self.person is not None:
            about["person"] = self.person.to_dict()
        return about
