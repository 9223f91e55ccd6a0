"""`Load`: how much work a frame may be, so that a live stream is kept up with."""

from __future__ import annotations

import math
from typing import Final

from mien.live.settings import LiveSettings

UNLIMITED_MS: Final = 1e9
LEAST_FPS: Final = 25.0
"""A camera that is faster than this may lose frames rather than people their profiles; films have 24 a second."""
HEADROOM: Final = 0.85
"""Share of the time from frame to frame that may be used: what a stage takes varies, and the rest makes up for it."""
LEAST_BUDGET_MS: Final = 1.0
MOST_EVERY: Final = 4
"""Predictions for longer go astray; at 25 frames/s this is 120 ms without a look."""
_LEARNING: Final = 0.1  # share of a new time in what is expected; follows a change within a second


class Load:
    """Plans the work of the two threads that stand behind the capture: one seeks faces, one follows and reads them.

    What cannot be kept up with is shed in this order: attributes, then landmarks (by the scheduler, which is given what
    time there is), then detection in some frames (people are moved on by prediction). Tracking never is.

    Args:
        settings: fix what is given there.
    """

    def __init__(self, settings: LiveSettings) -> None:
        self._settings = settings
        self._search_ms = self._follow_ms = 0.0
        self.every = settings.every or 1
        self.budget_ms = settings.budget_ms or UNLIMITED_MS

    def searched(self, wall_ms: float, *, fps: float, live: bool) -> None:
        """One frame was searched for faces.

        Args:
            wall_ms: what that took.
            fps: frames a second that the source gives; 0 where not known yet.
            live: whether the source must be kept up with.
        """
        self._search_ms = _learned(self._search_ms, wall_ms)
        if self._settings.every is None:
            needed = math.ceil(self._search_ms / _available_ms(fps)) if live else 1
            self.every = min(max(needed, 1), MOST_EVERY)

    def followed(self, wall_ms: float, *, fps: float, live: bool) -> None:
        """The people of one frame were followed; the rest of the time is for reading them.

        Args:
            wall_ms: what all took but the reading.
            fps: as above.
            live: as above.
        """
        self._follow_ms = _learned(self._follow_ms, wall_ms)
        if self._settings.budget_ms is None:
            left_ms = max(_available_ms(fps) - self._follow_ms, LEAST_BUDGET_MS)
            self.budget_ms = left_ms if live else UNLIMITED_MS


def _available_ms(fps: float) -> float:
    """Milliseconds from frame to frame that a thread may be busy."""
    return HEADROOM * 1000 / (min(fps, LEAST_FPS) if fps > 0 else LEAST_FPS)


def _learned(expected: float, new: float) -> float:
    return new if expected == 0 else expected + _LEARNING * (new - expected)
