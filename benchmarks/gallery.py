"""Speed, memory and recall of galleries, and of the indexes that they could be built on.

    python benchmarks/gallery.py [--templates 1000,100000,1000000] [--folder DIR] [--json FILE]
    python benchmarks/gallery.py --enrol
    python benchmarks/gallery.py --postgres postgresql://… [--templates 100000]
    python benchmarks/gallery.py --compare [--templates 100000]      needs usearch too

Galleries are filled with made-up people, five templates each, whose similarities are spread as those of the default
network on LAG's photos: two people 0.20 ± 0.11 (there 0.20 ± 0.12), two looks of one person 0.60 (there 0.60), spread
over dimensions whose variance falls as exp(-k / 30) (there the first dimension holds more, and the rest fall as that).
Half of the probes are one more look of somebody in the gallery, half are strangers. A search is all of
`Gallery.search_embeddings` for one face: comparing, exact similarities, people, decision. Galleries are made in DIR and
kept there, so that measuring can be a run of its own.
"""

from __future__ import annotations

import argparse
import io
import json
import platform
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image
from rich.console import Console
from rich.table import Table

import mien
from mien import samples
from mien.gallery.approximate_index import SAMPLE, ApproximateIndex
from mien.gallery.database import Database
from mien.gallery.enrolment import Rules
from mien.gallery.gallery import Gallery
from mien.gallery.photos import Photo
from mien.gallery.postgres_schema import HNSW
from mien.gallery.records import ModelId
from mien.machine import describe
from mien.models.embedding import DIMENSIONS

TEMPLATES = (1_000, 100_000, 1_000_000)
EACH = 5  # templates of a person
PROBES = 400
COMMON, SHARED = 0.2, 0.4  # of a vector's squared length: what all faces share, and beside it what one person's do
DECAY = 30.0  # dimensions over which the variance falls to 1 / e
PHOTOS = 100
AT_ONCE = 20_000
GOALS_MS = {1_000: 0.3, 100_000: 2.0, 1_000_000: 10.0}
GOALS = {"recall@1": 0.99, "open": 1.0, "memory": 1200.0, "enrol": 20.0, "postgres": 10.0}

Vectors = NDArray[np.float32]


class People:
    """Made-up people and their looks."""

    def __init__(self, seed: int = 0) -> None:
        fixed = np.random.default_rng(7)
        basis, _ = np.linalg.qr(fixed.normal(size=(DIMENSIONS, DIMENSIONS)))
        spread = np.exp(-np.arange(DIMENSIONS) / DECAY / 2)
        self._shape = (basis * spread / np.linalg.norm(spread)).T.astype(np.float32)
        self._mean = basis[:, -1].astype(np.float32)
        self._rng = np.random.default_rng(seed)

    def faces(self, count: int) -> Vectors:
        """What sets people, or looks, apart from others."""
        return self._rng.standard_normal((count, DIMENSIONS), np.float32) @ self._shape

    def looks(self, people: Vectors) -> Vectors:
        """One look of each."""
        own = 1 - COMMON - SHARED
        rows = COMMON**0.5 * self._mean + SHARED**0.5 * people + own**0.5 * self.faces(len(people))
        return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def make(count: int) -> tuple[Vectors, Vectors, NDArray[np.int64]]:
    """Vectors (count, d), probes (PROBES, d), and the place of the most similar vector for each probe."""
    people = People()
    known = people.faces(count // EACH)
    vectors = np.concatenate([people.looks(known) for _ in range(EACH)])
    chosen = np.random.default_rng(1).choice(len(known), PROBES // 2, replace=len(known) < PROBES // 2)
    probes = people.looks(np.concatenate([known[chosen], people.faces(PROBES // 2)]))
    best = np.full(PROBES, -1, np.int64)
    top = np.full(PROBES, -2.0, np.float32)
    for start in range(0, count, AT_ONCE):
        similarities = probes @ vectors[start : start + AT_ONCE].T
        places = similarities.argmax(1)
        values = similarities[np.arange(PROBES), places]
        better = values > top
        best[better], top[better] = places[better] + start, values[better]
    return vectors, probes, best


def fill(database: Database, vectors: Vectors) -> None:
    """Puts vectors into an empty gallery, in the order of their numbers."""
    model, each = ModelId.of("embedding"), len(vectors) // EACH
    with database.writing():
        database.run("INSERT INTO model (name, sha256) VALUES (?, ?)", model.name, model.sha256)
        database.run("UPDATE gallery SET model = 1, changes = 1, templates = ?", len(vectors))
        names = ((f"p_{place:012x}", f"person {place}", f"person {place}", "") for place in range(each))
        database.run_many("INSERT INTO person (id, name, name_key, created_at) VALUES (?, ?, ?, ?)", names)
        database.run_many(
            "INSERT INTO template (person, model, vector, photo, photo_sha256, created_at) VALUES (?, 1, ?, ?, ?, '')",
            (
                (place % each + 1, database.encode(vector), f"{place}.jpg", f"{place:064x}")
                for place, vector in enumerate(vectors)
            ),
        )


def prepared(folder: Path, count: int) -> tuple[Path, Path]:
    """The gallery of that size and its probes, made where they are not there."""
    place, probes = folder / f"gallery-{count}.db", folder / f"probes-{count}.npz"
    if not probes.exists():
        vectors, rows, best = make(count)
        with Gallery(place) as gallery:
            fill(gallery.store.database, vectors)
        del vectors
        start = time.perf_counter()
        with Gallery(place) as gallery:
            gallery.prepare()
        np.savez(probes, probes=rows, best=best + 1, prepare_s=time.perf_counter() - start)
    return place, probes


def measure(place: str, probes: Path) -> dict[str, float]:
    """Opening, searching and memory, in this process and no other."""
    content = np.load(probes)
    rows, best = content["probes"], content["best"]
    start = time.perf_counter()
    with Gallery(place, create=False) as gallery:
        gallery.prepare()
        opened_s = time.perf_counter() - start
        gallery.search_embeddings(rows[:1])  # reads the calibration
        times, busy, hits = [], [], []
        for row, truth in zip(rows, best, strict=True):
            start, began = time.perf_counter(), time.thread_time()
            (match,) = gallery.search_embeddings(row[None])
            times.append((time.perf_counter() - start) * 1000)
            busy.append((time.thread_time() - began) * 1000)
            hits.append(match.candidates[0].template == truth)
    return {
        "open_s": opened_s,
        "prepare_s": float(content["prepare_s"]),
        "p50_ms": statistics.median(times),
        "p95_ms": float(np.quantile(times, 0.95)),
        "cpu_p50_ms": statistics.median(busy),  # what is left of the time where other programs run beside
        "recall_known": float(np.mean(hits[: PROBES // 2])),
        "recall_strangers": float(np.mean(hits[PROBES // 2 :])),
        "peak_mb": peak_mb(),
    }


def peak_mb() -> float:
    """The most memory that this program has held; what its parent held before it began is not counted."""
    status = Path("/proc/self/status")
    if status.exists():
        (line,) = (line for line in status.read_text().splitlines() if line.startswith("VmHWM"))
        return int(line.split()[1]) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def in_a_child(place: str, probes: Path) -> dict[str, float]:
    """`measure` in a process of its own, so that its memory is the gallery's."""
    command = [sys.executable, __file__, "--measure", place, str(probes)]
    result: dict[str, float] = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    return result


def in_postgres(address: str, folder: Path, count: int) -> dict[str, float]:
    """The same on a server; memory is that of this side."""
    probes = folder / f"postgres-{count}.npz"
    if not probes.exists():
        vectors, rows, best = make(count)
        with Gallery(address) as gallery:
            database = gallery.store.database
            database.run("DROP INDEX template_vector")  # to build the graph at once takes less than one by one
            fill(database, vectors)
            start = time.perf_counter()
            database.run("SET maintenance_work_mem = '512MB'")
            database.run(HNSW)
            gallery.prepare()
        np.savez(probes, probes=rows, best=best + 1, prepare_s=time.perf_counter() - start)
    return in_a_child(address, probes)


def enrol() -> dict[str, float]:
    """Photos a second: 1280 × 720 JPEG of one face each, ten people, everything judged and committed."""
    portrait = mien.read_image(samples.fetch("astronaut"))[:256, 96:352]
    rng = np.random.default_rng(0)
    photos = []
    for _ in range(PHOTOS):
        image = np.full((720, 1280, 3), 96, np.uint8)
        side = int(rng.integers(220, 420))
        x, y = int(rng.integers(0, 1280 - side)), int(rng.integers(0, 720 - side))
        image[y : y + side, x : x + side] = cv2.resize(portrait, (side, side), interpolation=cv2.INTER_AREA)
        file = io.BytesIO()
        Image.fromarray(image).save(file, "JPEG", quality=90)
        photos.append(Photo(file.getvalue(), "photo.jpg"))
    rules = Rules(allow_lookalikes=True, keep_crops=True)
    with tempfile.TemporaryDirectory() as folder, Gallery(Path(folder) / "people.db") as gallery:
        gallery.enrol("warm", photos[0], rules=rules)
        start = time.perf_counter()
        for place in range(0, PHOTOS, 10):
            gallery.enrol(f"person {place}", photos[place : place + 10], rules=rules)
        took_s = time.perf_counter() - start
    return {"photos_per_s": PHOTOS / took_s}


def compare(count: int) -> list[dict[str, Any]]:
    """Candidates of different indexes against exact search: time to build, size, time to search, recall@1 of 64."""
    import faiss
    import usearch.index

    vectors, probes, best = make(count)
    numbers = np.arange(count, dtype=np.int64)
    faiss.omp_set_num_threads(1)

    def inverted() -> tuple[Callable[[Vectors], Any], int]:
        sample = vectors[np.random.default_rng(0).choice(count, min(count, SAMPLE), replace=False)]
        index = ApproximateIndex.build(sample, [(numbers, vectors)])
        return lambda probe: index.candidates(probe, 64), len(index.to_bytes())

    def graph(ef: int) -> tuple[Callable[[Vectors], Any], int]:
        index = faiss.IndexHNSWFlat(DIMENSIONS, 16, faiss.METRIC_INNER_PRODUCT)
        index.hnsw.efConstruction, index.hnsw.efSearch = 64, ef
        index.add(vectors)
        return lambda probe: index.search(probe[None], 64)[1][0], len(faiss.serialize_index(index))

    def usearch_graph(ef: int) -> tuple[Callable[[Vectors], Any], int]:
        index = usearch.index.Index(ndim=DIMENSIONS, metric="ip", dtype="f16", connectivity=16, expansion_add=64)
        index.expansion_search = ef
        index.add(numbers, vectors, threads=1)
        return lambda probe: index.search(probe, 64, threads=1).keys, index.memory_usage

    kinds: dict[str, Callable[[], tuple[Callable[[Vectors], Any], int]]] = {
        "Faiss, inverted lists, 8 bits (in use)": inverted,
        "Faiss, HNSW 16, float32, ef 512": lambda: graph(512),
        "USearch, HNSW 16, float16, ef 512": lambda: usearch_graph(512),
    }
    rows = []
    for name, build in kinds.items():
        start = time.perf_counter()
        search, size = build()
        built_s = time.perf_counter() - start
        times, hits = [], []
        for probe, truth in zip(probes, best, strict=True):
            start = time.perf_counter()
            found = search(probe)
            times.append((time.perf_counter() - start) * 1000)
            hits.append(truth in found)
        rows.append(
            {
                "index": name,
                "templates": count,
                "build_s": built_s,
                "mb": size / 1e6,
                "p50_ms": statistics.median(times),
                "recall": float(np.mean(hits)),
            }
        )
    return rows


def show(title: str, rows: list[dict[str, Any]]) -> None:
    """A table, one row a dictionary."""
    table = Table(title=title)
    for name in rows[0]:
        table.add_column(name, justify="left" if isinstance(rows[0][name], str) else "right")
    for row in rows:
        table.add_row(*(_cell(value) for value in row.values()))
    Console(width=150).print(table)


def _cell(value: Any) -> str:
    if isinstance(value, str):
        return value
    return "-" if value is None else f"{value:,}" if isinstance(value, int) else f"{value:,.4g}"


def main() -> None:
    """Measure, print, and write JSON where asked."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--templates", default=",".join(map(str, TEMPLATES)), help="sizes of galleries")
    parser.add_argument("--folder", type=Path, help="where galleries are kept; else they are removed")
    parser.add_argument("--enrol", action="store_true", help="measure enrolment instead")
    parser.add_argument("--compare", action="store_true", help="compare indexes instead")
    parser.add_argument("--postgres", metavar="URL", help="measure a server instead; its gallery must be empty")
    parser.add_argument("--measure", nargs=2, metavar=("PLACE", "PROBES"), help=argparse.SUPPRESS)
    parser.add_argument("--json", type=Path, help="write the figures to this file")
    options = parser.parse_args()
    if options.measure:
        print(json.dumps(measure(options.measure[0], Path(options.measure[1]))))
        return
    sizes = [int(size) for size in options.templates.split(",")]
    figures: dict[str, Any] = {}
    with tempfile.TemporaryDirectory() as temporary:
        folder = options.folder or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        if options.enrol:
            figures["enrol"] = [enrol() | {"goal_photos_per_s": GOALS["enrol"]}]
        elif options.compare:
            figures["indexes"] = [row for size in sizes for row in compare(size)]
        elif options.postgres:
            figures["postgres"] = [
                {"templates": size, **in_postgres(options.postgres, folder, size), "goal_ms": GOALS["postgres"]}
                for size in sizes
            ]
        else:
            figures["search"] = []
            for size in sizes:
                place, probes = prepared(folder, size)
                found = in_a_child(str(place), probes)
                figures["search"].append({"templates": size, **found, "goal_ms": GOALS_MS.get(size)})
    for title, rows in figures.items():
        show(f"{title}; Mien {mien.__version__}, one core", rows)
    if options.json:
        before = json.loads(options.json.read_text(encoding="utf-8")) if options.json.exists() else {}
        facts = {"python": platform.python_version(), "machine": describe()}
        gallery = before.get("gallery", {}) | facts | figures
        options.json.write_text(json.dumps(before | {"gallery": gallery}, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
