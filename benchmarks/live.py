"""Speed, latency, memory and overhead of `mien.watch`, on videos.

    python benchmarks/live.py VIDEO[=FPS]… [--people] [--long-side N] [--no-paced] [--json FILE]

Every video is watched twice with the full profile, each time in a process of its own: once as fast as it goes, for the
rate and for what each stage takes of a core, and once at its own pace as if a camera gave it, for the latency. `=FPS`
is the rate that is wanted. `--people` adds a 720p clip with three people, made of the public-domain sample portrait.
With `--json` the figures are put under "live" into that file, such as `benchmarks/results/0.1.0.json`; the rest of it
stays.

The overhead is the engine's own share of all that the process computes: what is neither reading frames (decoding them,
to an array of RGB) nor a stage that finds or reads faces (making its network's input, running it, reading its output).
That leaves following people, the camera's motion, planning, fusing, events, and handing frames from thread to thread.
The second line counts as overhead also what the stages do outside of their networks' runs; the quality, which has no
network, is overhead there as a whole.

All is timed by the cores that it runs on, so that a busy machine changes it little; rates and latencies need a quiet
one. OpenCV has one thread here, as in `mien watch`.
"""

from __future__ import annotations

import argparse
import functools
import json
import math
import multiprocessing
import resource
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.table import Table

import mien
from mien import samples
from mien.live.engine import Engine
from mien.live.networks import LONG_SIDE_PX, load_networks
from mien.machine import describe
from mien.media.sources import open_source
from mien.media.video_file import VideoFile
from mien.media.video_writer import VideoWriter
from mien.models.session import Session

OVERHEAD_GOAL = 0.15
MEMORY_GOAL_MB = 450.0
PEOPLE_FPS_GOAL = 60.0
PEOPLE_FRAMES = 250
WIDTH, HEIGHT = 1280, 720


@dataclass(frozen=True, kw_only=True)
class Figure:
    """One figure and what it should be.

    Attributes:
        name: what was measured, and on what.
        value: the figure.
        unit: of value and goal.
        goal: what it should be; None where nothing is asked.
        at_least: whether the goal is the least that it should be, rather than the most.
    """

    name: str
    value: float
    unit: str
    goal: float | None = None
    at_least: bool = False

    @property
    def met(self) -> bool:
        """Whether the goal is reached; true where there is none."""
        return self.goal is None or (self.value >= self.goal if self.at_least else self.value <= self.goal)


class CoreTime:
    """Milliseconds of a core that calls of a method take, summed over all threads, while inside `with`.

    Args:
        owner: class of the method.
        name: of the method.
    """

    def __init__(self, owner: type, name: str) -> None:
        self.cpu_ms = 0.0
        self._owner, self._name, self._method = owner, name, getattr(owner, name)
        self._lock = threading.Lock()

    def __enter__(self) -> CoreTime:
        @functools.wraps(self._method)
        def timed(*args: Any) -> Any:
            began_s = time.thread_time()
            given = self._method(*args)
            with self._lock:
                self.cpu_ms += (time.thread_time() - began_s) * 1000
            return given

        setattr(self._owner, self._name, timed)
        return self

    def __exit__(self, *_: object) -> None:
        setattr(self._owner, self._name, self._method)


def full_speed(path: str, goal: float | None, long_side: int) -> list[Figure]:
    """All frames in order, as fast as it goes."""
    cv2.setNumThreads(1)
    networks = load_networks(long_side=long_side)
    count = faces = 0
    with CoreTime(Session, "run") as runs, CoreTime(VideoFile, "read") as reads:
        began_s, cpu_s = time.perf_counter(), time.process_time()
        with Engine(open_source(path), networks) as engine:
            for frame in engine:
                count += 1
                faces += len(frame.people)
            stages = engine.figures().stages
        took_s, cpu_ms = time.perf_counter() - began_s, (time.process_time() - cpu_s) * 1000
    staged_ms = sum(stages[stage].cpu_ms for stage in ("detection", *networks.readers) if stage in stages)
    overhead = 1 - (staged_ms + reads.cpu_ms) / cpu_ms
    with_inputs = 1 - (runs.cpu_ms + reads.cpu_ms) / cpu_ms
    name = Path(path).stem
    return [
        Figure(name=f"{name}: frames/s", value=count / took_s, unit="1/s", goal=goal, at_least=True),
        Figure(name=f"{name}: people in a frame", value=faces / count, unit=""),
        Figure(name=f"{name}: overhead", value=overhead, unit="", goal=OVERHEAD_GOAL),
        Figure(name=f"{name}: overhead with inputs and outputs", value=with_inputs, unit=""),
        Figure(name=f"{name}: all, of a core", value=cpu_ms / count, unit="ms"),
        Figure(name=f"{name}:   reading frames", value=reads.cpu_ms / count, unit="ms"),
        Figure(name=f"{name}:   runs of networks", value=runs.cpu_ms / count, unit="ms"),
        *(Figure(name=f"{name}:   stage {stage}", value=s.cpu_ms / count, unit="ms") for stage, s in stages.items()),
        Figure(name=f"{name}: peak memory", value=peak_mb(), unit="MB", goal=MEMORY_GOAL_MB),
    ]


def paced(path: str, long_side: int) -> list[Figure]:
    """At its own pace, the latest frame at a time."""
    cv2.setNumThreads(1)
    with Engine(open_source(path), load_networks(long_side=long_side), latest=True) as engine:
        for _ in engine:
            pass
        figures = engine.figures()
    name = f"{Path(path).stem}, paced"
    p50, p95 = figures.latency_p50_ms, figures.latency_p95_ms
    if p50 is None or p95 is None:
        raise SystemExit(f"{path} has no frames")
    return [
        Figure(name=f"{name}: latency p50", value=p50, unit="ms"),
        Figure(name=f"{name}: latency p95", value=p95, unit="ms"),
        Figure(name=f"{name}: frames dropped", value=figures.dropped / figures.captured, unit=""),
    ]


def peak_mb() -> float:
    """Most memory that this process has had resident."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (1e6 if sys.platform == "darwin" else 1024)


def people_pictures(count: int = 3) -> Iterator[NDArray[np.uint8]]:
    """720p pictures of some people who sway."""
    portrait = mien.read_image(samples.fetch("astronaut"))[:256, 96:352]
    canvas = np.full((HEIGHT, WIDTH, 3), 96, np.uint8)
    step_px = WIDTH // count
    for number in range(PEOPLE_FRAMES):
        picture = canvas.copy()
        for place in range(count):
            x = place * step_px + round(60 + 50 * math.sin(number / 20 + place))
            y = round(200 + 60 * math.cos(number / 25 + 2 * place))
            picture[y : y + 256, x : x + 256] = portrait
        yield cv2.GaussianBlur(picture, (3, 3), 0)


def main() -> int:
    """Measure, print, and write JSON where asked; 1 where a goal is missed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("videos", nargs="*", metavar="VIDEO[=FPS]")
    parser.add_argument("--people", action="store_true", help="add a 720p clip with three people")
    parser.add_argument("--long-side", type=int, default=LONG_SIDE_PX, help=f"pixels for detection [{LONG_SIDE_PX}]")
    parser.add_argument("--no-paced", dest="paced", action="store_false", help="leave out the runs for the latency")
    parser.add_argument("--json", type=Path, help="put the figures under 'live' into this file")
    options = parser.parse_args()

    wanted: dict[str, float | None] = {}
    for video in options.videos:
        path, sign, fps = video.rpartition("=")
        wanted[path if sign else video] = float(fps) if sign else None
    rows: list[Figure] = []
    with tempfile.TemporaryDirectory() as folder:
        if options.people:
            clip = Path(folder) / "three_people_720p.mp4"
            with VideoWriter(clip, fps=25) as writer:
                for number, picture in enumerate(people_pictures()):
                    writer.write(picture, number / 25)
            wanted[str(clip)] = PEOPLE_FPS_GOAL
        # A process for each, so that the memory is that of one.
        spawn = multiprocessing.get_context("spawn")
        with ProcessPoolExecutor(max_workers=1, mp_context=spawn, max_tasks_per_child=1) as pool:
            for path, goal in wanted.items():
                rows += pool.submit(full_speed, path, goal, options.long_side).result()
                rows += pool.submit(paced, path, options.long_side).result() if options.paced else []
    show(rows)
    if options.json:
        content = json.loads(options.json.read_text(encoding="utf-8")) if options.json.exists() else {}
        facts = {"machine": describe(), "long_side": options.long_side}
        content["live"] = facts | {"figures": [asdict(row) for row in rows]}
        options.json.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
    return 0 if all(row.met for row in rows) else 1


def show(rows: list[Figure]) -> None:
    """As a table."""
    table = Table(title=f"Mien {mien.__version__}, live, full profile, one thread a network; ms of a core a frame")
    for column in ("what", "figure", "goal"):
        table.add_column(column, justify="left" if column == "what" else "right")
    for row in rows:
        goal = (
            "" if row.goal is None else f"{'≥' if row.at_least else '≤'} {row.goal:g} {'✓' if row.met else '✗ missed'}"
        )
        table.add_row(row.name, f"{row.value:.3g} {row.unit}", goal)
    Console().print(table)


if __name__ == "__main__":
    sys.exit(main())
