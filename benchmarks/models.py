"""Time of every network but the detectors, by faces at once and cores, as a table, as JSON, and in the cards.

    python benchmarks/models.py [--json FILE] [--runs N] [--cards]

Networks whose file is not on this machine are left out; nothing is fetched. All setups of a network take turns, so that
a machine that is busy for a while slows none of them alone.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import os
import statistics
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.table import Table

from mien.machine import describe
from mien.models import registry, sface, weights
from mien.models.card import ModelCard, Packaged
from mien.models.measured import Latency
from mien.models.session import Session, Threads

BATCHES = (1, 4, 16)
CORES = (1, 2)
WARM_UP = 5


@dataclasses.dataclass(frozen=True, kw_only=True)
class Time:
    """What one face costs.

    Attributes:
        name: of the network.
        threads: of a run.
        batch: faces at once.
        ms: a face, milliseconds; the median over the runs.
    """

    name: str
    threads: int
    batch: int
    ms: float


def runner(card: ModelCard, session: Session, batch: int) -> Callable[[], object]:
    """Runs the network on so many faces; one by one where its input is fixed to one."""
    random = np.random.default_rng(0)
    if card.name == sface.CARD.name:
        crops = random.integers(0, 256, (batch, 112, 112, 3), np.uint8)
        return lambda: sface.embed_crops(session, crops)
    size = card.input["size"]
    inputs = {"crops": random.integers(0, 256, (batch, size, size, 3), np.uint8)}
    return lambda: session.run(inputs)


def times(card: ModelCard, path: Path, runs: int) -> list[Time]:
    """One entry a setup."""
    setups = {
        (threads, batch): runner(card, Session(path, Threads(intra_op=threads)), batch)
        for threads in CORES
        for batch in BATCHES
    }
    took: dict[tuple[int, int], list[float]] = {setup: [] for setup in setups}
    for turn in range(WARM_UP + runs):
        for setup, run in setups.items():
            start = time.perf_counter()
            run()
            if turn >= WARM_UP:
                took[setup].append(time.perf_counter() - start)
    return [
        Time(name=card.name, threads=threads, batch=batch, ms=round(statistics.median(all_s) * 1000 / batch, 3))
        for (threads, batch), all_s in took.items()
    ]


def write_card(card: ModelCard, found: list[Time], runs: int) -> None:
    """Put the time for one face on one core into the card beside the packaged weights."""
    one = next(entry for entry in found if (entry.threads, entry.batch) == (1, 1))
    latency = Latency(ms=round(one.ms, 2), runs=runs, threads=1, machine=describe())
    path = weights.packaged_folder() / f"{card.name}.json"
    path.write_text(dataclasses.replace(card, latency=latency).to_json(), encoding="utf-8")


def main() -> None:
    """Measure, print, and write where asked."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", type=Path, help="write the times into this file, beside what is there")
    parser.add_argument("--runs", type=int, default=50, help="runs a figure is the median of [50]")
    parser.add_argument("--cards", action="store_true", help="write the latency into the packaged cards")
    options = parser.parse_args()

    os.environ["MIEN_OFFLINE"] = "1"
    rows: list[Time] = []
    for card in registry.cards():
        if card.task == "detection" or not weights.status(card).verified:
            continue
        found = times(card, weights.find(card), options.runs)
        rows += found
        if options.cards and any(isinstance(source, Packaged) for source in card.sources):
            write_card(card, found, options.runs)

    table = Table(title=f"ms a face; {describe()}")
    table.add_column("network")
    for cores in CORES:
        for batch in BATCHES:
            table.add_column(f"{batch} at once, {cores} {'core' if cores == 1 else 'cores'}", justify="right")
    for name in dict.fromkeys(row.name for row in rows):
        table.add_row(name, *(f"{row.ms:.2f}" for row in rows if row.name == name))
    Console().print(table)
    if options.json:
        content = json.loads(options.json.read_text(encoding="utf-8")) if options.json.exists() else {}
        content["models"] = [dataclasses.asdict(row) for row in rows]
        options.json.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
