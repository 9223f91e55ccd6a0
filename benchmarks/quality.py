"""Down to which quality labels can be relied on: accuracy of labels that the networks are sure of, by quality.

    python benchmarks/quality.py MANIFEST --task demographics|emotion [--split NAME] [--images N]

The manifest is one that `mien evaluate --input crops` reads. Every face is shown as it is, from afar, blurred, dark and
overexposed. Quality is kept from the networks, so that their confidence alone decides; `mien.quality.LEAST_QUALITY`
stands where the accuracy of what they are sure of begins to fall.
"""

from __future__ import annotations

import argparse
import itertools
from collections.abc import Callable, Iterator
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.table import Table

from mien.evaluate.manifest import read_manifest
from mien.evaluate.tasks import TASKS
from mien.faces import Faces
from mien.media.images import read_image
from mien.models import registry
from mien.models.cropped import CANVAS_PX, CROP_SCORE_THRESHOLD, CroppedFaceDetector
from mien.models.demographics import Demographics
from mien.models.detectors import load
from mien.models.emotion import Emotion
from mien.models.session import Threads
from mien.quality import Quality

Image = NDArray[np.uint8]

FACE_PX = (64, 40, 28, 20, 14, 10)  # shorter side of the face's box
BLUR = (1.5, 2.5, 4.0, 6.0)  # standard deviation, pixels of a face 96 px wide
DARK = (0.4, 0.2, 0.1, 0.04)
BRIGHT = (2.0, 4.0, 8.0)
NOISE = 2.0  # grey levels, of a sensor in the dark
BINS = (0, 1e-9, 0.03, 0.06, 0.1, 0.15, 0.2, 0.3, 0.5, 0.8, 1.1)


def degraded(image: Image, faces: Faces) -> Iterator[tuple[Image, Faces]]:
    """The picture with its one face, as it is and made worse in every way; keypoints are kept."""
    yield image, faces
    assert faces.keypoints is not None
    side = float((faces.boxes[0, 2:] - faces.boxes[0, :2]).min())
    for target in (pixels for pixels in FACE_PX if pixels < side):
        small = np.asarray(
            cv2.resize(image, None, fx=target / side, fy=target / side, interpolation=cv2.INTER_AREA), np.uint8
        )
        scale = np.array([small.shape[1] / image.shape[1], small.shape[0] / image.shape[0]], np.float32)
        yield small, faces.replace(boxes=faces.boxes * np.tile(scale, 2), keypoints=faces.keypoints * scale)
    for sigma in BLUR:
        yield np.asarray(cv2.GaussianBlur(image, (0, 0), sigma * side / 96), np.uint8), faces
    noise = np.random.default_rng(0).normal(0, NOISE, image.shape)
    for gain in DARK:
        yield np.clip(image * gain + noise, 0, 255).astype(np.uint8), faces
    for gain in BRIGHT:
        yield np.clip(image * gain, 0, 255).astype(np.uint8), faces


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("manifest", type=Path)
    parser.add_argument("--task", choices=("demographics", "emotion"), required=True)
    parser.add_argument("--split")
    parser.add_argument("--images", type=int, default=300, help="the first so many [300]")
    options = parser.parse_args()

    detector = CroppedFaceDetector(
        load("yunet", long_side=CANVAS_PX, threads=Threads(), score_threshold=CROP_SCORE_THRESHOLD)
    )
    make: Callable[..., Demographics | Emotion] = Demographics if options.task == "demographics" else Emotion
    stage, quality = make(registry.session(options.task), registry.card(options.task)), Quality()
    attribute = "gender" if options.task == "demographics" else "emotion"
    manifest = read_manifest(
        options.manifest, wanted=tuple(TASKS[options.task].columns), split=options.split, limit=options.images
    )
    rated, right, sure = [], [], []
    for sample in manifest:
        truth = getattr(sample.labels, attribute)
        if truth is None or sample.source is None:
            continue
        image = read_image(sample.source)
        boxes, scores, keypoints = detector.detect(image)
        if scores[0] == 0:
            continue
        for picture, faces in degraded(image, Faces(boxes=boxes, scores=scores, keypoints=keypoints)):
            face = stage(picture, faces)[0]
            value = getattr(face, attribute)
            rated.append(float(quality(picture, faces).quality[0]))
            right.append(max(value.probabilities, key=value.probabilities.__getitem__) == truth)
            sure.append(attribute not in face.unsure)

    table = Table(title=f"{attribute}, {len(manifest)} images of {options.manifest.name}")
    for title in ("quality", "n", "right", "sure by confidence", "right where sure"):
        table.add_column(title, justify="right")
    columns = (np.array(rated), np.array(right), np.array(sure))
    for low, high in itertools.pairwise(BINS):
        inside = (columns[0] >= low) & (columns[0] < high)
        if inside.any():
            correct, kept = columns[1][inside], columns[2][inside]
            shares = (correct.mean(), kept.mean(), correct[kept].mean() if kept.any() else np.nan)
            span = "0" if high < 0.01 else f"{low:.2f}–{min(high, 1):.2f}"
            table.add_row(span, f"{inside.sum():,}", *(f"{share:.1%}" for share in shares))
    Console().print(table)


if __name__ == "__main__":
    main()
