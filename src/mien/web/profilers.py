"""`Profilers`: the networks behind all requests, loaded when first needed and shared by all threads."""

from __future__ import annotations

import threading
from collections import OrderedDict
from typing import TYPE_CHECKING, Final, Literal

from mien.errors import ModelError

if TYPE_CHECKING:
    from mien.live.networks import Networks
    from mien.pipeline import Profiler

_KEPT: Final = 4  # combinations of attributes and detector; each holds networks of some tens of megabytes
_WARM_UP_SIDE_PX: Final = 64

State = Literal["not loaded", "loading", "ready", "failed"]


class Profilers:
    """Profilers by what they compute; the few used last stay loaded.

    Args:
        profile: name of the networks behind them, out of `mien.profiles.PROFILES`.
        embedding: name of the network that tells people apart in live sessions; None for the usual one.
    """

    def __init__(self, profile: str = "default", *, embedding: str | None = None) -> None:
        self.profile, self._embedding = profile, embedding
        self._lock = threading.Lock()
        self._kept: OrderedDict[tuple[tuple[str, ...], str], Profiler] = OrderedDict()
        self._state: State = "not loaded"

    @property
    def state(self) -> State:
        """Of the networks that everyone uses."""
        return self._state

    def get(self, attributes: tuple[str, ...], detector: str) -> Profiler:
        """The profiler for these, loaded if need be.

        Raises:
            UnknownNameError: there is no such attribute or detector.
            ModelError: a network's weights are missing or wrong.
        """
        from mien.pipeline import Profiler

        with self._lock:
            found = self._kept.get((attributes, detector))
            if found is None:
                found = self._kept[attributes, detector] = Profiler(
                    attributes=attributes, detector=detector, profile=self.profile
                )
                if len(self._kept) > _KEPT:
                    self._kept.popitem(last=False)
            else:
                self._kept.move_to_end((attributes, detector))
            return found

    def live(self) -> Networks:
        """The networks of all live sessions, loaded if need be.

        Raises:
            ModelError: a network's weights are missing or wrong.
        """
        from mien.live.networks import load_networks
        from mien.models.embedding import NAME
        from mien.profiles import find_profile

        told = (name for name in find_profile(self.profile).attributes if name != "embedding")
        with self._lock:
            return load_networks(told, profile=self.profile, embedding=self._embedding or NAME)

    def warm_up(self) -> None:
        """Load what everyone uses, and run it once, so that the first request need not wait for it.

        Raises:
            ModelError: a network's weights are missing or wrong; `state` says so, too.
        """
        import numpy as np

        from mien.profiles import find_profile

        way = find_profile(self.profile)
        self._state = "loading"
        try:
            profiler = self.get(way.usual, way.detector)
            profiler.analyze(np.zeros((_WARM_UP_SIDE_PX, _WARM_UP_SIDE_PX, 3), np.uint8))
            self.live()
        except ModelError:
            self._state = "failed"
            raise
        self._state = "ready"
