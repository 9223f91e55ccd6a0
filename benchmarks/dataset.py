"""`mien dataset` on pictures of 640×480 with one or two faces: rate, processor time and peak memory.

    python benchmarks/dataset.py [--pictures N] [--workers N] [--json FILE] [--keep DIR]

The pictures are made of public-domain portraits, each face at a size, place and brightness of its own, on noise; those
beyond 2,000 are the first ones again, named by a CSV file. Memory is the sum over all processes of the run of what is
resident, looked at five times a second; pages that processes share count in each, so it is more than the machine needs.
With `--json` the figures are put under "dataset" into that file, such as `benchmarks/results/0.1.0.json`; the rest of
it stays.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.table import Table

import mien
from mien import machine, samples

WIDTH, HEIGHT = 640, 480
PICTURES = 2000
SEED = 0
LEAST_RATE = 35.0  # pictures a second on two cores
MOST_MEMORY_MB = 900.0
EVERY_S = 0.2
# Head and shoulders of each portrait: name, x, y, width, height in parts of the picture.
HEADS = {"astronaut": (0.15, 0.0, 0.6, 0.6), "obama": (0.25, 0.05, 0.5, 0.55), "biden": (0.2, 0.05, 0.6, 0.6)}


def portraits() -> list[NDArray[np.uint8]]:
    """The heads, as RGB."""
    found = []
    for name, (x, y, width, height) in HEADS.items():
        image = mien.read_image(samples.fetch(name))
        h, w = image.shape[:2]
        found.append(image[round(y * h) : round((y + height) * h), round(x * w) : round((x + width) * w)])
    return found


def write_pictures(folder: Path, count: int) -> None:
    """The data set: every second picture shows one person, the others two."""
    draw, heads = np.random.default_rng(SEED), portraits()
    for number in range(count):
        picture = cv2.resize(draw.integers(60, 160, (48, 64, 3), np.uint8), (WIDTH, HEIGHT))
        people = 1 + number % 2
        for place in range(people):
            head = heads[int(draw.integers(len(heads)))]
            height = int(draw.integers(200, 400))
            width = min(round(head.shape[1] * height / head.shape[0]), WIDTH // people)
            face = cv2.resize(head, (width, height), interpolation=cv2.INTER_AREA).astype(np.float32)
            face = np.clip(face * draw.uniform(0.6, 1.3), 0, 255).astype(np.uint8)
            left = place * WIDTH // people + int(draw.integers(0, WIDTH // people - width + 1))
            top = int(draw.integers(0, HEIGHT - height + 1))
            picture[top : top + height, left : left + width] = face
        cv2.imwrite(str(folder / f"{number:06}.jpg"), picture[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, 90])


def resident_mb(process: int) -> float:
    """Of a process and all that it started, in megabytes (10⁶ bytes)."""
    waiting, total = [process], 0.0
    while waiting:
        one = waiting.pop()
        try:
            status = Path(f"/proc/{one}/status").read_text()
            children = Path(f"/proc/{one}/task/{one}/children").read_text()
        except OSError:  # it has ended
            continue
        waiting += [int(child) for child in children.split()]
        total += sum(int(line.split()[1]) * 1024 / 1e6 for line in status.splitlines() if line.startswith("VmRSS"))
    return total


def measure(source: Path, out: Path, workers: int) -> dict[str, Any]:
    """Run the command and watch it."""
    command = [sys.executable, "-m", "mien", "dataset", str(source), "-o", str(out), "--json"]
    began_s, peaks = time.perf_counter(), list[tuple[float, float]]()
    with subprocess.Popen([*command, "--workers", str(workers)], stdout=subprocess.PIPE, text=True) as process:
        while process.poll() is None:
            peaks.append((time.perf_counter() - began_s, resident_mb(process.pid)))
            time.sleep(EVERY_S)
        assert process.stdout is not None
        told: dict[str, Any] = json.loads(process.stdout.read())
    wall_s = time.perf_counter() - began_s
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu_s = used.ru_utime + used.ru_stime
    half = [memory for at_s, memory in peaks if at_s < wall_s / 2]
    return {
        "pictures": told["pictures"],
        "faces": told["faces"],
        "workers": workers,
        "wall_s": round(wall_s, 2),
        "pictures_per_s": round(told["pictures"] / wall_s, 1),
        "pictures_per_core_s": round(told["pictures"] / wall_s / workers, 1),
        "cpu_ms_a_picture": round(1000 * cpu_s / told["pictures"], 1),
        "peak_mb": round(max(memory for _, memory in peaks)),
        "peak_first_half_mb": round(max(half)),
        "part_bytes_a_picture": round(sum(path.stat().st_size for path in out.rglob("*.parquet")) / told["pictures"]),
        "machine": machine.describe(),
    }


def main() -> int:
    """Make the pictures, measure, print, write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pictures", type=int, default=PICTURES)
    parser.add_argument("--workers", type=int, default=machine.usable_cores())
    parser.add_argument("--json", type=Path)
    parser.add_argument("--keep", type=Path, help="folder for the pictures, made once and used again")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = arguments.keep or Path(temporary) / "pictures"
        folder.mkdir(parents=True, exist_ok=True)
        files = min(arguments.pictures, PICTURES)
        if len(list(folder.glob("*.jpg"))) < files:
            write_pictures(folder, files)
        listed = Path(temporary) / "list.csv"
        names = (str(folder.resolve() / f"{number % files:06}.jpg") for number in range(arguments.pictures))
        listed.write_text("\n".join(["path", *names]) + "\n", encoding="utf-8")
        figures = measure(listed, Path(temporary) / "out", arguments.workers)
    table = Table("figure", "value", "aim")
    aims = {"pictures_per_s": f"≥ {LEAST_RATE:g}", "peak_mb": f"≤ {MOST_MEMORY_MB:g}"}
    for name, value in figures.items():
        table.add_row(name.replace("_", " "), str(value), aims.get(name, ""))
    Console().print(table)
    if arguments.json is not None:
        content = json.loads(arguments.json.read_text(encoding="utf-8")) if arguments.json.exists() else {}
        earlier = [one for one in content.get("dataset", []) if one["pictures"] != figures["pictures"]]
        text = json.dumps({**content, "dataset": [*earlier, figures]}, indent=1)
        arguments.json.write_text(f"{text}\n", encoding="utf-8")
    met = figures["pictures_per_s"] >= LEAST_RATE and figures["peak_mb"] <= MOST_MEMORY_MB
    return 0 if met else 1


if __name__ == "__main__":
    sys.exit(main())
