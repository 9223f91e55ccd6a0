"""`Timeline`: times of frames that grow, out of time stamps that may be missing, stand still or jump back."""

from __future__ import annotations

import math
from typing import Final

from mien.media.source import FALLBACK_FPS

_SMALLEST_STEP_S: Final = 0.001  # time stamps closer than this are of no camera, see `believable_fps`
_RESET_S: Final = 1.0  # further back than this the clock was set anew, as where files were joined


class Timeline:
    """Media time of frame after frame.

    A time stamp is taken where it is later than the last frame's time. Where it is not (missing, repeated, out of
    order), the frame lies one frame interval behind the last. Where it lies more than a second before, the clock was
    set anew: the frames that follow are shifted so that time goes on.

    Args:
        fps: frames a second, for that interval; None for 25.
    """

    def __init__(self, fps: float | None) -> None:
        self._interval_s = 1 / (fps or FALLBACK_FPS)
        self._last_s = -self._interval_s
        self._shift_s = 0.0

    def place(self, stamp_s: float) -> float:
        """The time of the next frame in seconds, 0 or more, later than all before.

        Args:
            stamp_s: its time stamp; may be anything, NaN too.

        >>> timeline = Timeline(fps=10)
        >>> [round(timeline.place(stamp), 3) for stamp in (0, 0.1, 0.1, 0.35, math.nan, 0.6)]
        [0.0, 0.1, 0.2, 0.35, 0.45, 0.6]
        """
        time_s = stamp_s + self._shift_s if math.isfinite(stamp_s) else self._last_s
        if time_s < self._last_s + _SMALLEST_STEP_S or time_s < 0:
            next_s = self._last_s + self._interval_s
            if time_s < self._last_s - _RESET_S:
                self._shift_s += next_s - time_s
            time_s = next_s
        self._last_s = time_s
        return time_s
