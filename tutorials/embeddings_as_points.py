"""Draw faces as points: every dot is one face, and dots that are close are faces that are alike.

python tutorials/embeddings_as_points.py                      the sample photos, each in sixty views
python tutorials/embeddings_as_points.py people/ -o out.png   a folder of photos for each person
python tutorials/embeddings_as_points.py people.parquet       what `mien gallery export` wrote
"""

from __future__ import annotations

import argparse
from pathlib import Path

import cv2
import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from mien import samples
from mien.evaluate.labelled_pairs import AllPairs
from mien.evaluate.people_folder import read_people
from mien.gallery.parquet_file import read
from mien.geometry.boxes import area
from mien.identity.calibration import default_calibration
from mien.identity.verify import FMR
from mien.media.images import read_image
from mien.pipeline import Profiler

COLOURS = ("#0072b2", "#e69f00", "#009e73", "#cc79a7", "#56b4e9", "#d55e00", "#f0e442", "#000000")
MARKERS = "os^Dv<>PX*"
VIEWS = 60
PHOTOS = {"astronaut": "Eileen Collins", "obama": "Barack Obama", "obama2": "Barack Obama", "biden": "Joe Biden"}

Named = tuple[NDArray[np.float32], list[str]]
"""Embeddings (n, 128), and whom each shows."""


def embed(images: list[NDArray[np.uint8]], people: list[str]) -> Named:
    """The embedding of the largest face of every picture; pictures without a face are left out."""
    profiler = Profiler(attributes=("embedding",))
    rows, kept = [], []
    for image, person in zip(images, people, strict=True):
        faces = profiler.analyze(image)
        if len(faces) and faces.embedding is not None:
            rows.append(faces.embedding[int(np.argmax(area(faces.boxes)))])
            kept.append(person)
    return np.stack(rows), kept


def random_view(image: NDArray[np.uint8], random: np.random.Generator) -> NDArray[np.uint8]:
    """The picture as another camera might have it: turned, further away, blurred, darker, noisy."""
    height, width = image.shape[:2]
    turn = cv2.getRotationMatrix2D((width / 2, height / 2), random.normal(0, 12), random.uniform(0.5, 1.0))
    view = cv2.warpAffine(image, turn, (width, height), borderMode=cv2.BORDER_REPLICATE)
    view = cv2.GaussianBlur(view, (0, 0), random.uniform(0.3, 2.5)).astype(np.float32) / 255
    lit = view ** np.exp(random.normal(0, 0.4)) + random.normal(0, 0.03, view.shape)
    return np.asarray(np.clip(lit * 255, 0, 255), np.uint8)


def sample_views() -> Named:
    """The sample photos, all of them in the public domain."""
    random = np.random.default_rng(0)
    images, people = [], []
    for name, person in PHOTOS.items():
        photo = read_image(samples.fetch(name))
        scale = 400 / max(photo.shape[:2])
        small = np.asarray(cv2.resize(photo, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA), np.uint8)
        images += [random_view(small, random) for _ in range(VIEWS)]
        people += [f"{person}, {name}"] * VIEWS
    return embed(images, people)


def load(source: Path | None) -> Named:
    """From the samples, a folder of folders, or an exported gallery."""
    if source is None:
        return sample_views()
    if source.is_dir():
        folder = read_people(source)
        return embed([read_image(picture) for picture in folder.pictures], list(folder.people))
    rows = list(read(source))
    return np.stack([row["vector"] for row in rows]), [str(row["name"] or row["person_id"]) for row in rows]


def project(embeddings: NDArray[np.float32]) -> tuple[NDArray[np.float64], float]:
    """The two directions in which the faces differ most (principal components): (n, 2), and the share they keep."""
    centred = np.asarray(embeddings - embeddings.mean(0), np.float64)
    _, lengths, directions = np.linalg.svd(centred, full_matrices=False)
    return centred @ directions[:2].T, float((lengths[:2] ** 2).sum() / (lengths**2).sum())


def draw(embeddings: NDArray[np.float32], people: list[str], path: Path) -> None:
    """The points on the left; on the right how similar pairs of one person are, and pairs of different people."""
    points, kept = project(embeddings)
    figure = Figure(figsize=(11, 4.8), layout="constrained")
    left, right = figure.subplots(1, 2)
    names = list(dict.fromkeys(people))
    for place, name in enumerate(names):
        own = points[[one == name for one in people]]
        colour, marker = COLOURS[place % len(COLOURS)], MARKERS[place % len(MARKERS)]
        left.scatter(*own.T, s=18, alpha=0.7, color=colour, marker=marker, label=name)
    left.set_title(f"{len(people):,} faces as points (two of 128 dimensions, {kept:.0%} of the variance)", fontsize=9)
    left.set_xticks([])
    left.set_yticks([])
    left.set_aspect("equal", adjustable="datalim")
    if len(names) <= len(MARKERS):
        left.legend(fontsize=8)
    pairs = AllPairs(embeddings, [name.split(", ")[0] for name in people])
    bins = np.linspace(-0.4, 1, 57)
    for values, label, colour in (
        (pairs.different, "different people", "#d55e00"),
        (pairs.same, "one person", "#0072b2"),
    ):
        if len(values):
            right.hist(
                values, bins=bins, density=True, alpha=0.6, color=colour, label=f"{label}: {len(values):,} pairs"
            )
    threshold = default_calibration().threshold(FMR)
    right.axvline(threshold, color="black", linestyle="--", label=f"threshold at a false-match rate of {FMR:g}")
    right.set_xlabel("similarity (cosine)")
    right.set_yticks([])
    right.legend(fontsize=8)
    figure.savefig(path, dpi=110)


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("source", nargs="?", type=Path)
    parser.add_argument("-o", "--output", type=Path, default=Path("points.png"))
    arguments = parser.parse_args()
    draw(*load(arguments.source), arguments.output)


if __name__ == "__main__":
    main()
