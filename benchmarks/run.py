"""Speed and memory of Mien on this machine, as a table and as JSON.

    python benchmarks/run.py [--json FILE] [--runs N]

The photo is made of the public-domain sample portrait, pasted as often as faces are wanted on a 1280×720 canvas.
"""

from __future__ import annotations

import argparse
import io
import json
import os
import platform
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image
from rich.console import Console
from rich.table import Table

import mien
from mien import samples
from mien.faces import Faces
from mien.machine import describe

WIDTH, HEIGHT = 1280, 720
FACES = (1, 2, 3, 4, 8, 16)


@dataclass(frozen=True, kw_only=True)
class Measurement:
    """One figure and what it should be.

    Attributes:
        name: what was measured.
        value: median over the runs, where there are several.
        unit: of value and goal.
        goal: the most that it should be; None where nothing is asked.
    """

    name: str
    value: float
    unit: str
    goal: float | None = None


def group_photo(count: int) -> NDArray[np.uint8]:
    """A 1280×720 picture with `count` faces about 90 px wide in a grid."""
    portrait = mien.read_image(samples.fetch("astronaut"))[:256, 96:352]
    columns, rows = (4, 2) if count <= 8 else (8, 4)
    side = min(WIDTH // columns, HEIGHT // rows)
    canvas = np.full((HEIGHT, WIDTH, 3), 96, np.uint8)
    tile = cv2.resize(portrait, (side, side), interpolation=cv2.INTER_AREA)
    for place in range(count):
        y, x = divmod(place, columns)
        canvas[y * side : (y + 1) * side, x * side : (x + 1) * side] = tile
    return canvas


def jpeg(image: NDArray[np.uint8]) -> bytes:
    """The picture as a JPEG of quality 90."""
    file = io.BytesIO()
    Image.fromarray(image).save(file, "JPEG", quality=90)
    return file.getvalue()


def median_ms(run: Callable[[], object], runs: int) -> float:
    """Median wall time of a warm call, in milliseconds."""
    for _ in range(3):
        run()
    times = []
    for _ in range(runs):
        start = time.perf_counter()
        run()
        times.append(time.perf_counter() - start)
    return statistics.median(times) * 1000


def photos(runs: int) -> list[Measurement]:
    """Full profiles of photos with more and more faces."""
    profiler = mien.Profiler()
    times = {}
    for count in FACES:
        photo = jpeg(group_photo(count))
        found = len(profiler.analyze(photo))
        if found != count:
            raise SystemExit(f"the photo with {count} faces shows {found}; the comparison would be void")
        times[count] = median_ms(lambda photo=photo: profiler.analyze(photo), runs)
    slope = float(np.polyfit(list(times), list(times.values()), 1)[0])
    rows = [
        Measurement(name=f"photo {WIDTH}x{HEIGHT}, {count} faces, full profile", value=value, unit="ms")
        if count != 3
        else Measurement(name=f"photo {WIDTH}x{HEIGHT}, 3 faces, full profile", value=value, unit="ms", goal=60)
        for count, value in times.items()
    ]
    return [*rows, Measurement(name="each face after the first", value=slope, unit="ms", goal=8)]


def stages(runs: int) -> list[Measurement]:
    """Where the time of the photo with three faces goes."""
    profiler = mien.Profiler()
    photo = jpeg(group_photo(3))
    image = mien.read_image(photo)
    rows = [Measurement(name="  decoding", value=median_ms(lambda: mien.read_image(photo), runs), unit="ms")]
    faces = Faces.empty()
    for stage in profiler.stages:
        took = median_ms(lambda stage=stage, faces=faces: stage(image, faces), runs)
        rows.append(Measurement(name=f"  {type(stage).__name__.lower()}", value=took, unit="ms"))
        faces = stage(image, faces)
    return rows


def processes(runs: int) -> list[Measurement]:
    """What a process costs: import, first result, memory."""

    def wall_s(arguments: list[str]) -> float:
        times = []
        for _ in range(runs):
            start = time.perf_counter()
            subprocess.run(arguments, check=True, stdout=subprocess.DEVNULL)
            times.append(time.perf_counter() - start)
        return statistics.median(times)

    bare, loaded = wall_s([sys.executable, "-c", "pass"]), wall_s([sys.executable, "-c", "import mien"])
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "photo.jpg"
        path.write_bytes(jpeg(group_photo(3)))
        first = wall_s([sys.executable, "-m", "mien", "analyze", str(path), "--json"])
    peak_mb = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    return [
        Measurement(name="import mien", value=loaded - bare, unit="s", goal=0.15),
        Measurement(name="command start to result, 3 faces", value=first, unit="s", goal=2),
        Measurement(name="peak memory of that command", value=peak_mb, unit="MB", goal=500),
    ]


def main() -> None:
    """Measure, print, and write JSON where asked."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", type=Path, help="write the figures to this file")
    parser.add_argument("--runs", type=int, default=30, help="calls a figure is the median of [30]")
    options = parser.parse_args()

    rows = [*processes(max(5, options.runs // 4)), *photos(options.runs), *stages(options.runs)]
    table = Table(title=f"Mien {mien.__version__}, {os.cpu_count()} cores, one thread a network")
    for column in ("what", "median", "goal"):
        table.add_column(column, justify="left" if column == "what" else "right")
    for row in rows:
        met = "" if row.goal is None else f"≤ {row.goal:g} {'✓' if row.value <= row.goal else '✗ missed'}"
        table.add_row(row.name, f"{row.value:.3g} {row.unit}", met)
    Console().print(table)
    if options.json:
        facts = {"mien": mien.__version__, "python": platform.python_version(), "machine": describe()}
        content = {**facts, "runs": options.runs, "figures": [asdict(row) for row in rows]}
        # What other scripts have measured stays.
        before = json.loads(options.json.read_text(encoding="utf-8")) if options.json.exists() else {}
        options.json.write_text(json.dumps(before | content, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
