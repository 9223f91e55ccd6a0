"""`PeopleStream`: the people in the frames of one browser, from frame to frame."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from mien.frames import Frame
from mien.live.event import Event
from mien.live.follow import Follow
from mien.live.load import Load
from mien.live.look import Look
from mien.live.meter import Meter
from mien.live.networks import Networks
from mien.live.person import Person
from mien.live.rate import Rate
from mien.live.search import Searched
from mien.live.settings import LiveSettings
from mien.live.tracker_config import TrackerConfig

if TYPE_CHECKING:
    from mien.gallery.stream_names import StreamNames

_NAME: Final = "browser"
_UNKNOWN_FPS: Final = 0.0  # the load is then planned for a camera's usual rate
MOTION_S: Final = 2.0
"""Twice of what it is elsewhere: frames that many browsers send to one machine may be answered once a second only."""
LEAST_SHARE: Final = 0.25
"""Of a frame's time that is for reading faces, however slow the machine is: or nobody would ever be told of."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Seen:
    """What is known of one frame.

    Attributes:
        time_s: of capture.
        people: in view, by id.
        events: of this frame.
        looks: track → (d,) embedding, of people whose was read in this frame; to count visitors in memory.
    """

    time_s: float
    people: tuple[Person, ...]
    events: tuple[Event, ...]
    looks: Mapping[int, NDArray[np.float32]]


class PeopleStream:
    """One tracker, fusion and scheduler; the networks are shared. Not to be called by several threads at once.

    All is done in the caller's thread, frame by frame: with as many sessions as cores nothing would be gained by
    doing it in several.

    Args:
        networks: that find and read faces.
        settings: None for the defaults, but with people sought for `MOTION_S` where they should be.
        names: of people whom a gallery knows; None to name nobody.
    """

    def __init__(
        self, networks: Networks, settings: LiveSettings | None = None, *, names: StreamNames | None = None
    ) -> None:
        settings = settings or LiveSettings(tracker=TrackerConfig(motion_s=MOTION_S))
        self._load, meter = Load(settings), Meter()
        self._look = Look(networks.detect, load=self._load, meter=meter, camera_motion=settings.camera_motion)
        self._follow = Follow(networks, settings, load=self._load, meter=meter, names=names)
        self._rate = Rate()
        self._index = -1

    def people(self, image: NDArray[np.uint8], time_s: float) -> tuple[Person, ...]:
        """Those in view in the next frame, by id; arguments and errors as of `see`."""
        return self.see(image, time_s).people

    def see(self, image: NDArray[np.uint8], time_s: float) -> Seen:
        """What is known of the next frame.

        Args:
            image: (h, w, 3) uint8 RGB.
            time_s: of capture.

        Raises:
            InputError: the time is before that of the last frame.
        """
        began_s = time.perf_counter()
        self._index += 1
        self._rate.tick(time.monotonic())
        # Frames come as fast as they are answered. Where that is slowly, faces must be sought in every one of them, or
        # nobody could be followed; but time for reading faces is what a camera's usual rate leaves, or it would only
        # get slower.
        faces, motion = self._look.at(image, fps=self._rate.per_second(time.monotonic()), live=True)
        frame = Frame(image=image, index=self._index, time_s=time_s, source=_NAME)
        followed = self._follow.frame(Searched(frame=frame, faces=faces, motion=motion, taken_s=time.monotonic()))
        took_ms = (time.perf_counter() - began_s) * 1000
        # The search and the reading share one thread here, so what the one takes is lacking to the other.
        self._load.followed(took_ms - followed.read_ms, fps=_UNKNOWN_FPS, live=True)
        self._load.budget_ms = max(self._load.budget_ms, LEAST_SHARE * took_ms)
        return Seen(time_s=time_s, people=followed.people, events=followed.events, looks=followed.looks)
