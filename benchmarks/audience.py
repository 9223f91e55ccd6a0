"""Speed of the audience store and its report.

    python benchmarks/audience.py [--samples N] [--store FILE] [--report FILE] [--json FILE]

First 1,000 people are in view for 30 seconds, as fast as their rows are written: how much of a core does a second of
them take? Then a store is filled with two weeks of a shop (made up, the same every time) and reported on. `--store` and
`--report` keep what is made. With `--json` the figures are put under "audience" into that file; the rest of it stays.
"""

from __future__ import annotations

import argparse
import json
import resource
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console
from rich.table import Table

import mien
from mien.audience import writer
from mien.audience.audience import audience_of
from mien.audience.read import read
from mien.audience.report.page import page
from mien.audience.session_log import Batch
from mien.audience.store import Store
from mien.audience.visitors import UNKNOWN
from mien.models import registry
from mien.models.thresholds import Thresholds
from mien.vocabulary import EMOTIONS, GENDERS, RACES, age_group

BEGAN_AT = 1_780_272_000  # 1 June 2026, 0:00 UTC; a Monday
DAYS = 14
OPENS, CLOSES = 9, 20
BY_HOUR = np.array([2, 3, 5, 8, 7, 5, 5, 6, 8, 6, 3])  # people, from the first hour to the last; parts of the whole
PER_SECOND, SECONDS, WRITES_A_SECOND = 1000, 30, 1.33
SEED = 0


@dataclass(frozen=True, kw_only=True)
class Measurement:
    """One figure and what it should be at most."""

    name: str
    value: float
    unit: str
    goal: float | None = None


def visit_row(
    track_id: int, began_at: float, seen_s: float, attention_s: float, rng: np.random.Generator
) -> dict[str, Any]:
    """A visit as a recorder writes it, of a made-up person."""
    age = float(np.clip(rng.gamma(6, 6.3), 2, 88))
    female = float(rng.beta(0.25, 0.25))
    unsure = 0.15 < female < 0.85
    race = rng.dirichlet(np.full(len(RACES), 0.2))
    shares = rng.dirichlet([0.06, 0.02, 0.02, 0.5, 0.2, 0.1, 1.4])
    return {
        "track_id": track_id,
        "began_at": began_at,
        "last_at": began_at + seen_s,
        "ended": True,
        "seen_s": round(seen_s, 3),
        "attention_s": None if rng.random() < 0.03 else round(attention_s, 3),
        "returns": int(rng.random() < 0.1),
        "settled": True,
        "quality": 0.7,
        "age": age,
        "age_low": age - 8,
        "age_high": age + 9,
        "age_group": "unsure" if rng.random() < 0.04 else age_group(age),
        "gender": "unsure" if unsure else GENDERS[int(female < 0.5)],
        "gender_female": female,
        "gender_male": 1 - female,
        "race": RACES[int(race.argmax())],
        **dict(zip((f"race_{name}" for name in RACES), race.tolist(), strict=True)),
        **dict(zip((f"emotion_{name}" for name in EMOTIONS), shares.tolist(), strict=True)),
        **UNKNOWN,
    }


def sample_rows(visit: dict[str, Any], rng: np.random.Generator) -> Iterator[dict[str, Any]]:
    """The seconds of a visit."""
    shares = np.array([visit[f"emotion_{name}"] for name in EMOTIONS])
    count = int(visit["seen_s"]) + 1
    looking = None if visit["attention_s"] is None else visit["attention_s"] / visit["seen_s"]
    labels = rng.choice(len(EMOTIONS), count, p=shares / shares.sum())
    unsure = rng.random(count) < 0.12
    for second in range(count):
        yield {
            "track_id": visit["track_id"],
            "second": int(visit["began_at"]) + second,
            "seen_s": 1.0,
            "attention_s": looking,
            "yaw": 3.0,
            "pitch": -2.0,
            "roll": 0.5,
            "emotion": "unsure" if unsure[second] else EMOTIONS[labels[second]],
            **{f"emotion_{name}": share for name, share in zip(EMOTIONS, shares.tolist(), strict=True)},
        }


def session(store: Store, name: str) -> int:
    """A new session of a store."""
    thresholds = Thresholds.of_card(registry.card("embedding"))
    assert thresholds is not None
    with store.writing() as connection:
        return writer.begin_session(
            connection,
            source_id=writer.source_id(connection, name, is_live=True),
            began_at=float(BEGAN_AT),
            last_at=float(BEGAN_AT),
            mien_version=mien.__version__,
            attributes="age, gender, race, emotion, pose, quality",
            networks=", ".join(f"{name} {registry.card(name).version}" for name in registry.OWN),
            return_s=30.0,
            revisit_s=3600.0,
            thresholds=json.dumps(thresholds.to_calibration()),
        )


def write_speed(folder: Path) -> float:
    """Share of a core that 1,000 people take, each with a sample a second, written as a recorder does."""
    rng = np.random.default_rng(SEED)
    visits = [visit_row(i + 1, BEGAN_AT, 60.0, 20.0, rng) for i in range(PER_SECOND)]
    with Store(folder / "speed.db", create=True) as store:
        session_id = session(store, "speed")
        batches = []
        for write in range(int(SECONDS * WRITES_A_SECOND)):
            second = BEGAN_AT + int(write / WRITES_A_SECOND)
            rows = [row | {"second": second} for visit in visits for row in sample_rows(visit | {"seen_s": 0.5}, rng)]
            batches.append(
                Batch(session={"last_at": second}, visits=visits, samples=rows, observed={second // 60: 60.0})
            )
        began = time.process_time()
        for batch in batches:
            with store.writing() as connection:
                writer.write(connection, session_id, batch)
        return (time.process_time() - began) / SECONDS


def fill(store: Store, samples: int) -> None:
    """Two weeks of a shop."""
    rng = np.random.default_rng(SEED)
    session_id = session(store, "shop window")
    per_day = samples / DAYS / 12.2
    track_id = 0
    for day in range(DAYS):
        busy = 1.25 if day % 7 in (4, 5) else 0.35 if day % 7 == 6 else 1.0
        midnight = BEGAN_AT + day * 86400
        visits, rows = [], []
        for hour, part in enumerate(BY_HOUR / BY_HOUR.sum(), OPENS):
            for begin in np.sort(rng.uniform(0, 3600, rng.poisson(per_day * busy * part * 1.06))):
                track_id += 1
                seen_s = float(np.clip(rng.lognormal(2.0, 0.9), 0.8, 600))
                looks = rng.random() < 0.46
                attention_s = seen_s * float(rng.beta(2, 4)) if looks else 0.0
                visit = visit_row(track_id, midnight + hour * 3600 + float(begin), seen_s, attention_s, rng)
                visits.append(known_again(visit, track_id, rng))
                rows += sample_rows(visit, rng)
        minutes = range((midnight + OPENS * 3600) // 60, (midnight + CLOSES * 3600) // 60)
        last_at = float(midnight + CLOSES * 3600)
        batch = Batch(
            session={"last_at": last_at, "ended_at": last_at if day == DAYS - 1 else None},
            visits=visits,
            samples=rows,
            observed={minute: 60.0 for minute in minutes if not (day == 3 and 13 <= minute // 60 % 24 < 15)},
        )
        with store.writing() as connection:
            writer.write(connection, session_id, batch)


def known_again(visit: dict[str, Any], track_id: int, rng: np.random.Generator) -> dict[str, Any]:
    """One in eight has been there before, and is as alike as that makes two visits."""
    returns = rng.random() < 0.125
    return visit | {
        "visitor": track_id,
        "compared": 150,
        "match_threshold": 0.7,
        "best_similarity": float(rng.normal(0.82, 0.06) if returns else rng.normal(0.52, 0.05)),
        "own_similarity": float(rng.normal(0.86, 0.05)),
        "other_similarity": float(rng.normal(0.26, 0.12)) if rng.random() < 0.3 else None,
    }


def report_speed(store_file: Path, report_file: Path) -> tuple[float, float]:
    """Seconds from the file of the store to the file of the report, and the size of that in kB."""
    began = time.perf_counter()
    with Store(store_file) as store:
        records = read(store)
    report_file.write_text(page(audience_of(records)), encoding="utf-8")
    return time.perf_counter() - began, report_file.stat().st_size / 1000


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--samples", type=int, default=1_000_000)
    parser.add_argument("--store", type=Path)
    parser.add_argument("--report", type=Path)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        store_file = options.store or folder / "audience.db"
        core = write_speed(folder)
        if not store_file.exists():
            with Store(store_file, create=True) as store:
                fill(store, options.samples)
        took_s, page_kb = report_speed(store_file, options.report or folder / "report.html")
        measurements = [
            Measurement(name="store, 1,000 samples a second", value=100 * core, unit="% of a core", goal=5),
            Measurement(name=f"report on {options.samples:,} samples", value=took_s, unit="s", goal=10),
            Measurement(name="the page", value=page_kb, unit="kB"),
            Measurement(name="store on the disk", value=store_file.stat().st_size / 1e6, unit="MB"),
            Measurement(name="peak memory", value=resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000, unit="MB"),
        ]
    table = Table("figure", "value", "goal")
    for one in measurements:
        table.add_row(one.name, f"{one.value:.1f} {one.unit}", "" if one.goal is None else f"≤ {one.goal:g}")
    Console().print(table)
    if options.json is not None:
        known = json.loads(options.json.read_text(encoding="utf-8")) if options.json.exists() else {}
        known["audience"] = [asdict(one) for one in measurements]
        options.json.write_text(json.dumps(known, indent=1) + "\n", encoding="utf-8")
    sys.exit(any(one.goal is not None and one.value > one.goal for one in measurements))


if __name__ == "__main__":
    main()
