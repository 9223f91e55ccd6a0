"""Recall of the detector against time, by the long side that pictures are shrunk to.

    python benchmarks/detection.py DIR

No labels are needed: the faces of a photo are those found at its full size with a score of 0.6 or more, so recall here
is agreement with the detector at its best, which says what shrinking costs and nothing about what it never finds.
"""

from __future__ import annotations

import argparse
import statistics
import time
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.table import Table

import mien
from mien.geometry.boxes import iou
from mien.media.find import find_images
from mien.models import detectors
from mien.models.session import Threads

LONG_SIDES = (320, 480, 640, 800, 960, 1280)
FULL_SIZE = 100_000
SIZES_PX = ((0, 20), (20, 40), (40, 80), (80, 10_000))
SAME_FACE_IOU = 0.4
RUNS = 5


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("photos", type=Path, help="folder of photos")
    parser.add_argument("--shrink", type=float, default=1.0, help="shrink the photos first, for smaller faces")
    options = parser.parse_args()
    images = [mien.read_image(path) for path in find_images([options.photos])]
    if options.shrink != 1:
        import cv2

        images = [
            np.asarray(
                cv2.resize(i, None, fx=options.shrink, fy=options.shrink, interpolation=cv2.INTER_AREA), np.uint8
            )
            for i in images
        ]
    best = detectors.load("yunet", long_side=FULL_SIZE, threads=Threads())
    truth = [best.detect(image).boxes for image in images]
    widths = np.concatenate([boxes[:, 2] - boxes[:, 0] for boxes in truth])

    table = Table(title=f"{len(images)} photos, {len(widths)} faces found at full size")
    table.add_column("long side", justify="right")
    for low, high in SIZES_PX:
        count = int(((widths >= low) & (widths < high)).sum())
        table.add_column(
            f"{low}–{high} px (n={count})" if high < 10_000 else f"≥ {low} px (n={count})", justify="right"
        )
    for name in ("all", "extra", "ms a photo"):
        table.add_column(name, justify="right")
    for side in LONG_SIDES:
        detector = detectors.load("yunet", long_side=side, threads=Threads())
        hits, extra, times = [], 0, []
        for image, boxes in zip(images, truth, strict=True):
            for _ in range(RUNS):
                start = time.perf_counter()
                found = detector.detect(image).boxes
                times.append(time.perf_counter() - start)
            overlap = iou(boxes, found)
            hits.append(overlap.max(1, initial=0) > SAME_FACE_IOU)
            extra += int((overlap.max(0, initial=0) <= SAME_FACE_IOU).sum())
        hit = np.concatenate(hits)
        cells = []
        for low, high in SIZES_PX:
            chosen = hit[(widths >= low) & (widths < high)]
            cells.append(f"{chosen.mean():.1%}" if len(chosen) else "–")
        table.add_row(str(side), *cells, f"{hit.mean():.1%}", str(extra), f"{statistics.median(times) * 1000:.1f}")
    Console().print(table)


if __name__ == "__main__":
    main()
