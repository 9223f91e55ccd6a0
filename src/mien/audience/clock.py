"""`WallClock`: the time of day of a stream's moments, though the computer's clock may be set meanwhile."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final

STEP_S: Final = 10.0
"""A difference that slewing and late frames do not explain: the clock was set. Hours are not changed by less."""


class WallClock:
    """Seconds since 1970 of the times of one stream.

    The stream's own clock never goes back, so that times of a stay are right relative to each other whatever is done to
    the computer's. Where that was set, stays that begin from then on are told by the new time.

    Args:
        time_s: of the first frame.
        began_at: when that was, of recorded video; None for the present time.
        now: the computer's clock.

    Attributes:
        steps: how often the computer's clock was set.
    """

    def __init__(self, time_s: float, *, began_at: float | None, now: Callable[[], float] = time.time) -> None:
        self._now = now if began_at is None else None
        self._offset = (now() if began_at is None else began_at) - time_s
        self.steps = 0

    def at(self, time_s: float) -> float:
        """When a moment of the stream was."""
        return self._offset + time_s

    def check(self, time_s: float) -> None:
        """Compares with the computer's clock, at the moment when the frame of `time_s` is there."""
        if self._now is None:
            return
        offset = self._now() - time_s
        if abs(offset - self._offset) > STEP_S:
            self._offset = offset
            self.steps += 1
