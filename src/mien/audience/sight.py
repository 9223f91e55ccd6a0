"""`Sight`: what is taken in of a frame."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from mien.live.event import Event
from mien.live.person import Person


class Sight(Protocol):
    """A `WatchedFrame`, or anything that tells the same."""

    @property
    def time_s(self) -> float:
        """On the clock of the frames."""

    @property
    def people(self) -> Sequence[Person]:
        """In view."""

    @property
    def events(self) -> Sequence[Event]:
        """Since the frame before."""

    @property
    def looks(self) -> Mapping[int, NDArray[np.float32]]:
        """Track → (d,) embedding, of people whose was read since the frame before."""
