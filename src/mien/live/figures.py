"""`LiveFigures`: how a stream goes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True, kw_only=True)
class StageFigures:
    """What a stage has taken so far.

    Attributes:
        runs: how often it ran.
        faces: for how many faces in all; 0 for stages that do not run for faces.
        wall_ms: milliseconds in all.
        cpu_ms: of one core; less than `wall_ms` where it had to wait for one.
    """

    runs: int = 0
    faces: int = 0
    wall_ms: float = 0.0
    cpu_ms: float = 0.0


@dataclass(frozen=True, kw_only=True)
class LiveFigures:
    """How a stream goes. Rates are of the last two seconds, latencies of the last 512 frames.

    Attributes:
        captured: frames that the source gave.
        dropped: of those, frames that were replaced by later ones before they were searched.
        processed: frames of which the people were told.
        skipped: of those, frames that were replaced by later ones before anybody took them.
        displayed: frames that were taken.
        captured_fps: frames a second.
        processed_fps: the same.
        displayed_fps: the same.
        latency_p50_ms: median of the time from a frame to its people; None before the first.
        latency_p95_ms: 95th percentile.
        every: faces are sought in every k-th frame.
        budget_ms: for reading faces, a frame; None where there is no limit.
        stages: stage → what it has taken so far.
    """

    captured: int
    dropped: int
    processed: int
    skipped: int
    displayed: int
    captured_fps: float
    processed_fps: float
    displayed_fps: float
    latency_p50_ms: float | None
    latency_p95_ms: float | None
    every: int
    budget_ms: float | None
    stages: Mapping[str, StageFigures]

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready."""
        return asdict(self)
