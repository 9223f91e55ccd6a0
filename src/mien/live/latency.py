"""`LatencyClock`: when a live frame came, on this machine's clock."""

from __future__ import annotations

import math

from mien.live.search import Searched


class LatencyClock:
    """Frames of live sources carry the seconds since their source was opened, which was at a time not told.

    That time is at most the one at which a frame was taken less the frame's own; the least of these is that of a frame
    that was taken at once.
    """

    def __init__(self) -> None:
        self._opened_s = math.inf

    def came_s(self, searched: Searched) -> float:
        """`time.monotonic()` when the frame came."""
        self._opened_s = min(self._opened_s, searched.taken_s - searched.frame.time_s)
        return self._opened_s + searched.frame.time_s
