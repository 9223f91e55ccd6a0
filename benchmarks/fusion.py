"""What fusing frames of a person brings: steadier labels in videos, and no loss where the truth is known.

    python benchmarks/fusion.py [--videos DIR] [--data DIR] [--frames N] [--people N] [--views N] [--json FILE]

Videos: every network runs for every face of every frame; labels of single frames and fused ones are counted on the same
tracked faces. Goal: a tenth of the changes. Data: validation faces of UTKFace, FairFace and RAF-DB, each seen several
times under random shift, scale, light, blur and JPEG; single frames against the fused value after the last one.

With `--json` the figures are put under "fusion" into that file, such as `benchmarks/results/0.1.0.json`; what was put
there of the other kind, and the rest of it, stays.
"""

from __future__ import annotations

import argparse
import json
from dataclasses import asdict
from pathlib import Path

from fusion_labelled import Comparison, compare, people_of, shared_parts
from fusion_videos import ATTRIBUTES, Changes, count_changes, profiles
from rich.console import Console
from rich.table import Table

from mien.live.fusion_config import FusionConfig
from mien.live.networks import load_networks

DATA = {"utkface": ("age", "gender", "race"), "fairface": ("age_group", "gender", "race"), "rafdb": ("emotion",)}
VIDEOS = (".mp4", ".mov", ".avi", ".mkv", ".webm")


def videos_table(counted: dict[str, Changes]) -> Table:
    """Changes of labels a person-minute, frame by frame → fused."""
    table = Table(title="label changes a person-minute, frame by frame → fused")
    for column in ("video", "people", "person-s", *ATTRIBUTES):
        table.add_column(column, justify="left" if column == "video" else "right")
    rows = counted | {"all": sum(counted.values(), Changes())}
    for name, changes in rows.items():
        minutes = max(changes.person_s, 1e-9) / 60
        cells = [
            f"{changes.per_frame[name] / minutes:.1f} → {changes.fused[name] / minutes:.2f}" for name in ATTRIBUTES
        ]
        table.add_row(name, str(changes.people), f"{changes.person_s:.0f}", *cells)
    return table


def data_table(rows: list[Comparison], views: int) -> Table:
    """Single frames against fused ones."""
    table = Table(title=f"{views} views of each face, frame by frame against fused")
    for column in ("data", "measure", "n", "a frame", "fused", "difference (95 %)"):
        table.add_column(column, justify="left" if column in ("data", "measure") else "right")
    for row in rows:
        middle, low, high = row.difference
        difference = f"{middle:+.4f} ({low:+.4f} to {high:+.4f})"
        table.add_row(row.data, row.name, str(row.n), f"{row.per_frame:.4f}", f"{row.fused:.4f}", difference)
    return table


def main() -> None:
    """Measure, print, and write JSON where asked."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--videos", type=Path, help="folder of videos")
    parser.add_argument("--data", type=Path, help="folder with utkface.parquet, fairface.parquet, rafdb.parquet")
    parser.add_argument("--frames", type=int, default=1000, help="of each video, at most [1000]")
    parser.add_argument("--people", type=int, default=1000, help="of each data set, at most [1000]")
    parser.add_argument("--views", type=int, default=8, help="of each person [8]")
    parser.add_argument("--json", type=Path, help="put the figures under 'fusion' into this file")
    options = parser.parse_args()
    console, results = Console(), {}
    config = FusionConfig().limited_by(load_networks().limits)  # as a stream's
    if options.videos:
        paths = sorted(path for path in options.videos.iterdir() if path.suffix.lower() in VIDEOS)
        counted = {path.name: count_changes(profiles(path, options.frames), config) for path in paths}
        console.print(videos_table(counted))
        results["videos"] = {name: vars(changes) for name, changes in counted.items()}
    if options.data:
        rows, shares = [], {}
        for name, wanted in DATA.items():
            path = options.data / f"{name}.parquet"
            people = list(people_of(path, wanted, people=options.people, views=options.views))
            rows += compare(name, people, config)
            shares |= {f"{name}, {what}": part for what, part in shared_parts(people).items()}
        console.print(data_table(rows, options.views))
        for what, part in shares.items():
            console.print(f"share of the variance that all frames of a person have in common, {what}: {part:.3f}")
        results["data"] = {"rows": [asdict(row) for row in rows], "shared parts": shares}
    if options.json:
        content = json.loads(options.json.read_text(encoding="utf-8")) if options.json.exists() else {}
        content["fusion"] = content.get("fusion", {}) | results
        options.json.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
