"""Aligned crops of photos that are labelled with people, made once and kept."""

from __future__ import annotations

import hashlib
import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from mien.errors import DatasetError, ImageError
from mien.evaluate.manifest import Manifest, Sample, read_manifest
from mien.evaluate.people_folder import PeopleFolder, read_people
from mien.geometry.align import Template, align
from mien.geometry.boxes import area
from mien.media.images import read_image
from mien.media.paths import is_folder
from mien.models import detectors
from mien.models.detectors import Detector
from mien.models.session import Threads
from mien.pipeline import LONG_SIDE_PX
from mien.train.recipe import crop_detector
from mien.train.recipes import Run

_WORKERS: Final = 2
_AT_ONCE: Final = 64  # photos decoded ahead


@dataclass(frozen=True, kw_only=True)
class PeopleCrops:
    """Faces, and whom each shows.

    Attributes:
        key: tells the photos and how they were cut from all others.
        crops: (n, side, side, 3) uint8, memory-mapped.
        people: (n,) numbered from 0.
        names: of the people.
    """

    key: str
    crops: NDArray[np.uint8]
    people: NDArray[np.int64]
    names: tuple[str, ...]

    def of(self, people: NDArray[Any]) -> NDArray[np.intp]:
        """The places of all faces of some people."""
        return np.flatnonzero(np.isin(self.people, people))


def read_crops(run: Run, *, template: Template, cut_out: bool, person_column: str) -> PeopleCrops:
    """The faces of a folder of folders or of a labelled table; of each photo the largest.

    Photos that cannot be read and those without a face are left out, which is noted.

    Args:
        run: whose `data` is the folder, or a CSV or Parquet file with the columns `path` (or `image`, of bytes) and
            `identity`.
        template: where the keypoints shall lie, with a margin.
        cut_out: photos are one face cut out already, and one without a face found is taken whole.
        person_column: what the column `identity` is called; empty for that.

    Raises:
        DatasetError: there are no such photos, or no face in any.
    """
    samples = _samples(run.data, person_column)
    key = _key(samples, template, cut_out)
    folder = run.packs / f"people-{key}"
    if not (folder / "done").exists():
        _make(run, samples, folder, template, cut_out)
    kept = np.load(folder / "kept.npy")
    labels = [sample.labels.identity for sample in _labels(samples)]
    names, people = np.unique([str(labels[place]) for place in kept.tolist()], return_inverse=True)
    return PeopleCrops(
        key=key,
        crops=np.load(folder / "crops.npy", mmap_mode="r")[: len(kept)],
        people=people.astype(np.int64),
        names=tuple(names.tolist()),
    )


def _samples(data: Path, person_column: str) -> Manifest | PeopleFolder:
    if is_folder(data):
        return read_people(data)
    renamed = {"identity": person_column} if person_column else {}
    return read_manifest(data, wanted=("identity",), renamed=renamed)


def _labels(samples: Manifest | PeopleFolder) -> list[Sample]:
    """Without their images."""
    if isinstance(samples, PeopleFolder):
        return list(samples)
    return [
        Sample(name=name, source=None, labels=labels)
        for name, labels in zip(samples.names, samples.labels, strict=True)
    ]


def _key(samples: Manifest | PeopleFolder, template: Template, cut_out: bool) -> str:
    """Of what was there: names, sizes and times of photos, which changes when one of them does."""
    files = samples.pictures if isinstance(samples, PeopleFolder) else (samples.path,)
    content = {
        "files": [(str(file), file.stat().st_size, file.stat().st_mtime_ns) for file in files],
        "labels": [(sample.name, sample.labels.identity) for sample in _labels(samples)],
        "points": np.round(template.points.astype(float), 3).tolist(),
        "size": template.size,
        "cut_out": cut_out,
        "detector": detectors.card("yunet").sha256,
    }
    return hashlib.sha256(json.dumps(content).encode()).hexdigest()[:12]


def _make(run: Run, samples: Manifest | PeopleFolder, folder: Path, template: Template, cut_out: bool) -> None:
    detector: Detector = crop_detector() if cut_out else _photo_detector()
    folder.mkdir(parents=True, exist_ok=True)
    crops = np.lib.format.open_memmap(
        folder / "crops.npy", "w+", np.uint8, (len(samples), template.size, template.size, 3)
    )
    bar = run.bar("aligning the people's faces")
    kept: list[int] = []
    broken: list[str] = []
    nobody: list[str] = []

    def one(sample: Sample) -> NDArray[np.uint8] | ImageError | None:
        if sample.source is None:
            return ImageError("no image is named")
        try:
            image = read_image(sample.source)
        except ImageError as error:
            return error
        boxes, _, keypoints = detector.detect(image)
        if len(boxes) == 0:
            return None
        largest = int(np.argmax(area(boxes)))
        return np.asarray(align(image, keypoints[largest : largest + 1], template)[0], np.uint8)

    place, waiting = 0, iter(samples)
    with ThreadPoolExecutor(_WORKERS) as pool:
        while batch := list(islice(waiting, _AT_ONCE)):
            for sample, crop in zip(batch, pool.map(one, batch), strict=True):
                if isinstance(crop, ImageError):
                    broken.append(sample.name)
                elif crop is None:
                    nobody.append(sample.name)
                else:
                    crops[len(kept)] = crop
                    kept.append(place)
                place += 1
            bar(place, len(samples))
    for what, names in (("cannot be read", broken), ("show no face", nobody)):
        if names:
            told = ", ".join(names[:5]) + (", …" if len(names) > 5 else "")
            run.note(f"{run.data.name}: {len(names)} of {len(samples)} photos {what} and are left out: {told}")
    if not kept:
        raise DatasetError(f"{run.data}: no face in any of {len(samples)} photos; are they photos of people?")
    crops.flush()
    np.save(folder / "kept.npy", np.array(kept, np.int64))
    (folder / "done").touch()


def _photo_detector() -> Detector:
    return detectors.load("yunet", long_side=LONG_SIDE_PX, threads=Threads())
