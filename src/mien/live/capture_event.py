"""`CaptureEvent`: what befalls a source, and `CaptureFigures`: how its capture goes."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class EventKind(Enum):
    """What befell the source."""

    LOST = "lost"
    RECONNECTING = "reconnecting"
    BACK = "back"
    GIVEN_UP = "given_up"


@dataclass(frozen=True, kw_only=True)
class CaptureEvent:
    """Something that befell a live source.

    Attributes:
        kind: what.
        time_s: when, on the clock of the source's frames.
        detail: the same as a sentence, with the reason; without passwords.
        attempt: of `RECONNECTING`, its number since the source was lost, from 1; None for others.
        wait_s: of `RECONNECTING`, seconds until the attempt is made; of `BACK`, seconds that there were no frames.
    """

    kind: EventKind
    time_s: float
    detail: str
    attempt: int | None = None
    wait_s: float | None = None


@dataclass(frozen=True, kw_only=True)
class CaptureFigures:
    """How a capture goes.

    Attributes:
        captured: frames that the source gave.
        dropped: those of them that were replaced by a later one before they were taken.
        fps: frames a second that the source gave lately.
    """

    captured: int
    dropped: int
    fps: float
