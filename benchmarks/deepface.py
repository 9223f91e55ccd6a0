"""Speed and accuracy of `mien.compat.deepface`, and of DeepFace itself where it can be run.

    python -P benchmarks/deepface.py PAIRS.csv --manifest IMAGES.parquet [--pairs N] [--theirs PYTHON] [--json FILE]

The pairs are labelled, `a,b,same`. With `--theirs` the same is measured with the DeepFace of that Python. Its weights
have to be in its own folder (`DEEPFACE_HOME`); a setup that it cannot run is told with the reason, and has no figures.

Pairs are asked with `enforce_detection=False` and decided with the thresholds that the libraries come with; times are
those of the public-domain sample portraits, 0.3 to 2 megapixels.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image
from rich.console import Console
from rich.table import Table

import mien
from mien import samples
from mien.evaluate.metrics import wilson
from mien.evaluate.pairs import read_pairs
from mien.evaluate.roc import auc, roc, tar_at_fmr
from mien.machine import describe

SETUPS = (("mien", "VGG-Face", "yunet"), ("mien", "SFace", "yunet"), ("deepface", "SFace", "yunet"))
SETUPS += (("deepface", "SFace", "opencv"), ("deepface", "VGG-Face", "opencv"))
WORKER = Path(__file__).with_name("deepface_worker.py")
FOLDER = 20  # photos for find
RUNS = 5
FMR = 0.01  # at which both are compared, whatever their thresholds
SEED = 0


@dataclass(frozen=True, kw_only=True)
class Row:
    """What one setup gave; `None` where it could not be run.

    Attributes:
        accuracy: share of pairs decided rightly, with the setup's own threshold.
        same_found: share of the pairs of one person that it verified.
        strangers_taken: share of the pairs of different people that it verified.
        same_found_at_fmr: share of the pairs of one person that it could verify if a share `FMR` of the others were.
        auc: area under the curve of both, whatever the threshold.
        import_ms: milliseconds to import it, as are all below.
        first_ms: for the first verification, in which the networks are loaded.
        verify_ms: for one of the others, two portraits; the median.
        extract_ms: to find and cut out the faces of a photo; the median.
        find_first_ms: to search a folder of `FOLDER` photos for the first time.
        find_again_ms: and once more.
    """

    library: str
    model: str
    detector: str
    problem: str = ""
    n: int = 0
    accuracy: float | None = None
    accuracy_interval: tuple[float, float] | None = None
    same_found: float | None = None
    strangers_taken: float | None = None
    same_found_at_fmr: float | None = None
    auc: float | None = None
    import_ms: float | None = None
    first_ms: float | None = None
    verify_ms: float | None = None
    extract_ms: float | None = None
    find_first_ms: float | None = None
    find_again_ms: float | None = None


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("labelled", type=Path, help="file of pairs")
    parser.add_argument("--manifest", type=Path, help="Parquet or CSV file with the pairs' images")
    parser.add_argument("--pairs", type=int, default=200, help="how many are drawn, half of one person")
    parser.add_argument("--theirs", type=Path, help="a Python with DeepFace")
    parser.add_argument("--setups", type=int, nargs="*", help="places in SETUPS; all where none is named")
    parser.add_argument("--json", type=Path, help="write the figures to this file")
    options = parser.parse_args()
    setups = [one for place, one in enumerate(SETUPS) if options.setups is None or place in options.setups]
    with tempfile.TemporaryDirectory() as place:
        task, same = prepare(options.labelled, options.manifest, options.pairs, Path(place))
        rows = [
            measure(*setup, Path(sys.executable) if setup[0] == "mien" else options.theirs, task, same, Path(place))
            for setup in setups
            if setup[0] == "mien" or options.theirs is not None
        ]
    show(rows)
    if options.json:
        figures = {"machine": describe(), "setups": [asdict(row) for row in rows]}
        options.json.write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")


def prepare(path: Path, manifest: Path | None, count: int, place: Path) -> tuple[dict[str, Any], np.ndarray]:
    """Pairs drawn at random, half of each kind, their pictures as PNG files, and a folder for find."""
    pairs = read_pairs(path, manifest=manifest)
    random = np.random.default_rng(SEED)
    drawn = np.concatenate(
        [random.choice(np.flatnonzero(pairs.same == kind), count // 2, replace=False) for kind in (True, False)]
    )
    drawn = random.permutation(drawn)
    wanted = {*pairs.a[drawn].tolist(), *pairs.b[drawn].tolist()}
    files = {}
    (place / "photos").mkdir()
    for number, source in enumerate(pairs.sources()):
        if number in wanted and source is not None:
            files[number] = place / "photos" / f"{number}.png"
            Image.fromarray(mien.read_image(source)).save(files[number])
    (place / "folder").mkdir()
    portraits = [samples.fetch(name) for name in ("obama", "obama2", "biden", "astronaut")]
    for number in range(FOLDER):
        photo = portraits[number % len(portraits)]
        (place / "folder" / f"{number}{photo.suffix}").write_bytes(photo.read_bytes())
    task = {
        "pairs": [[str(files[pairs.a[row]]), str(files[pairs.b[row]])] for row in drawn.tolist()],
        "photos": [str(photo) for photo in portraits],
        "runs": RUNS,
        "folder": str(place / "folder"),
        "work": str(place),
    }
    return task, pairs.same[drawn]


def measure(
    library: str, model: str, detector: str, python: Path, task: dict[str, Any], same: np.ndarray, place: Path
) -> Row:
    """One setup, in a process of its own."""
    file = place / "task.json"
    file.write_text(json.dumps(task | {"model": model, "detector": detector}), encoding="utf-8")
    command = [str(python), "-P", str(WORKER), library, str(file)]
    environment = os.environ | {"TF_CPP_MIN_LOG_LEVEL": "3", "DEEPFACE_LOG_LEVEL": "50"}
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    if done.returncode:
        last = done.stderr.strip().splitlines()[-1:] or [f"ended with {done.returncode}"]
        return Row(library=library, model=model, detector=detector, problem=last[0][:200])
    told = json.loads(done.stdout.strip().splitlines()[-1])
    verified = np.array([pair[0] for pair in told["pairs"]])
    distance = np.array([pair[1] for pair in told["pairs"]])
    right = verified == same
    curve = roc(-distance, same)
    return Row(
        library=library,
        model=model,
        detector=detector,
        n=len(same),
        accuracy=float(right.mean()),
        accuracy_interval=tuple(float(v) for v in wilson(int(right.sum()), len(right))),
        same_found=float(verified[same].mean()),
        strangers_taken=float(verified[~same].mean()),
        same_found_at_fmr=float(tar_at_fmr(curve, FMR)),
        auc=float(auc(curve)),
        import_ms=told["import_ms"],
        first_ms=told["first_ms"],
        verify_ms=statistics.median(told["verify_ms"]),
        extract_ms=statistics.median(told["extract_ms"]),
        find_first_ms=told["find_first_ms"],
        find_again_ms=told["find_again_ms"],
    )


def show(rows: list[Row]) -> None:
    """As a table."""
    table = Table(title=describe())
    names = ("accuracy", "same_found", "strangers_taken", "same_found_at_fmr", "auc")
    times = ("import_ms", "first_ms", "verify_ms", "extract_ms", "find_first_ms", "find_again_ms")
    for name in ("library", "model", "detector", "n", *names, *times):
        table.add_column(name.replace("_", " "), justify="right")
    for row in rows:
        if row.problem:
            Console().print(f"{row.library} {row.model} {row.detector}: {row.problem}", markup=False)
            continue
        cells = [row.library, row.model, row.detector, str(row.n)]
        cells += [f"{getattr(row, name):.3f}" for name in names]
        cells += [f"{getattr(row, name):.0f}" for name in times]
        table.add_row(*cells)
    Console(width=200).print(table)


if __name__ == "__main__":
    main()
