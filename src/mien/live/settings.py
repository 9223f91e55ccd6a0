"""Settings of what watches a stream."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

from mien.errors import InputError
from mien.live.fusion_config import FusionConfig
from mien.live.tracker_config import TrackerConfig


@dataclass(frozen=True, kw_only=True)
class LiveSettings:
    """How a stream is watched.

    Attributes:
        every: faces are sought in every frame (1) or in every k-th, and people are moved on by prediction in between.
            None: in every frame of a file; of a live source in as many as there is time for.
        budget_ms: milliseconds a frame for the networks that read faces. None: in a file all that is due is read,
            however long that takes, so that the same file gives the same profiles; of a live source there is as much as
            keeps up with its frames.
        camera_motion: whether to follow the background, so that people keep their ids when the camera moves.
        profile_every_s: seconds after which the profile of a person in view is told again.
        leave_after_s: seconds out of view after which a person has left.
        tracker: of the tracker.
        fusion: of the fusion.

    Raises:
        InputError: a value is out of its range.
    """

    every: int | None = None
    budget_ms: float | None = None
    camera_motion: bool = True
    profile_every_s: float = 5.0
    leave_after_s: float = 2.0
    tracker: TrackerConfig = field(default_factory=TrackerConfig)
    fusion: FusionConfig = field(default_factory=FusionConfig)

    def __post_init__(self) -> None:
        if self.every is not None and (not isinstance(self.every, int) or self.every < 1):
            raise InputError(f"every must be a whole number of 1 or more, got {self.every!r}; 1 is every frame")
        for name in ("budget_ms", "profile_every_s", "leave_after_s"):
            value = getattr(self, name)
            if value is not None and not 0 < value < math.inf:
                raise InputError(f"{name} must be above 0, got {value!r}")
