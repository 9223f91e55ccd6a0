"""`Search`: the thread that looks for faces in frame after frame."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from mien.faces import Faces
from mien.frames import Frame
from mien.live.capture import Capture
from mien.live.handover import Handover
from mien.live.load import Load
from mien.live.look import Look
from mien.live.meter import Meter
from mien.pipeline import Stage

_POLL_S: Final = 0.5  # how soon a limit of time is seen while no frame comes


@dataclass(frozen=True, kw_only=True, eq=False)
class Searched:
    """A frame and the faces in it.

    Attributes:
        frame: the frame.
        faces: found by the detector; None where it did not run.
        motion: (2, 3) of the camera since the frame before; None where it is not followed.
        taken_s: `time.monotonic()` when it was taken from the capture.
        last: whether it is the last one, because the time is up.
    """

    frame: Frame
    faces: Faces | None
    motion: NDArray[np.float32] | None
    taken_s: float
    last: bool = False


class Search:
    """Takes frames from a capture, seeks faces in every k-th and hands them on.

    Args:
        capture: what frames come from.
        detect: finds faces.
        load: says what k is.
        meter: is told what it takes.
        camera_motion: whether to follow the background.
        seconds: of the stream, after which it is over; None for all of it.
        is_live: whether the source must be kept up with.
    """

    def __init__(
        self,
        capture: Capture,
        detect: Stage,
        *,
        load: Load,
        meter: Meter,
        camera_motion: bool,
        seconds: float | None,
        is_live: Callable[[], bool],
    ) -> None:
        self._capture = capture
        self._look = Look(detect, load=load, meter=meter, camera_motion=camera_motion)
        self._limit_s = math.inf if seconds is None else seconds
        self._is_live = is_live

    def run(self, out: Handover[Searched]) -> None:
        """Until the source or the time is over, or nobody takes any more."""
        began_s, start_s = time.monotonic(), None
        while not self._capture.ended:
            frame, taken_s = self._capture.get(_POLL_S), time.monotonic()
            if frame is None:
                if self._capture.source.is_live and taken_s - began_s >= self._limit_s:
                    return  # a camera that gives nothing must not hold up the end
                continue
            start_s = frame.time_s if start_s is None else start_s
            over = frame.time_s - start_s >= self._limit_s
            if over and not self._is_live():
                return
            fps, live = self._capture.figures().fps, self._is_live()
            faces, motion = self._look.at(frame.image, fps=fps, live=live)
            if not out.put(Searched(frame=frame, faces=faces, motion=motion, taken_s=taken_s, last=over)) or over:
                return
