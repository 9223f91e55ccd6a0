"""`Meter`: counts and times what the threads of a stream do."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

import numpy as np

from mien.live.figures import StageFigures
from mien.live.rate import Rate

LATENCIES: Final = 512  # frames; some twenty seconds of a camera


@dataclass(slots=True)
class Took:
    """What one run took, or several.

    Attributes:
        wall_ms: milliseconds; of one run 0 until it has ended.
        cpu_ms: of one core.
        faces: for how many.
        runs: how many.
    """

    wall_ms: float = 0.0
    cpu_ms: float = 0.0
    faces: int = 0
    runs: int = 0


class Meter:
    """Of one stream; each stage is run by one thread, and the counts may be read by any."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._stages: dict[str, Took] = {}
        self._processed, self._displayed = Rate(), Rate()
        self._latencies_ms: deque[float] = deque(maxlen=LATENCIES)
        self.processed = self.displayed = 0

    @contextmanager
    def stage(self, name: str, faces: int = 0) -> Iterator[Took]:
        """Times what is done inside `with`, on the wall and on this thread's core."""
        took = Took()
        wall_s, cpu_s = time.perf_counter(), time.thread_time()
        yield took
        took.wall_ms = (time.perf_counter() - wall_s) * 1000
        took.cpu_ms = (time.thread_time() - cpu_s) * 1000
        with self._lock:
            total = self._stages.setdefault(name, Took())
            total.wall_ms += took.wall_ms
            total.cpu_ms += took.cpu_ms
            total.faces += faces
            total.runs += 1

    def process(self, latency_s: float) -> None:
        """The people of a frame are known, so long after it came."""
        with self._lock:
            self.processed += 1
            self._processed.tick(time.monotonic())
            self._latencies_ms.append(latency_s * 1000)

    def display(self) -> None:
        """A frame was taken."""
        with self._lock:
            self.displayed += 1
            self._displayed.tick(time.monotonic())

    def rates(self) -> tuple[float, float]:
        """Frames a second, processed and displayed."""
        now_s = time.monotonic()
        with self._lock:
            return self._processed.per_second(now_s), self._displayed.per_second(now_s)

    def latencies_ms(self) -> tuple[float, float] | None:
        """Median and 95th percentile; None before the first frame."""
        with self._lock:
            latencies = list(self._latencies_ms)
        if not latencies:
            return None
        median, high = np.percentile(latencies, (50, 95))
        return float(median), float(high)

    def stages(self) -> dict[str, StageFigures]:
        """Stage → what it has taken so far."""
        with self._lock:
            return {
                name: StageFigures(runs=one.runs, faces=one.faces, wall_ms=one.wall_ms, cpu_ms=one.cpu_ms)
                for name, one in self._stages.items()
            }
