"""`Frame`: one picture of a video, stream, camera or folder, with its place in time."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, kw_only=True, eq=False)
class Frame:
    """One picture out of a source.

    Attributes:
        image: (h, w, 3) uint8 RGB.
        index: counts the frames that the source gave, from 0; those dropped on the way are counted too.
        time_s: of files, seconds of media time from their start; of live sources, seconds on a monotonic clock since
            the source was opened. Grows from frame to frame.
        source: what it came from, as it may be shown: an address comes without its password.
    """

    image: NDArray[np.uint8]
    index: int
    time_s: float
    source: str
