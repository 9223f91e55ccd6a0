"""Packed crops: every image of a set decoded, detected and aligned once, into one memory-mapped array.

Training and use see the same picture: crops are made by the project's own detector, keypoints and template. A pack is
padded by `margin` pixels at the template's scale, so that augmentation can shift, turn and scale with real pixels.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow.parquet
from numpy.typing import NDArray

from mien.errors import DatasetError, ImageError
from mien.geometry.align import Template, align
from mien.media.images import read_image
from mien.models.detectors import Detector
from mien.preprocess import steps

Progress = Callable[[int, int], None]
_WORKERS = 2


@dataclass(frozen=True, kw_only=True)
class Pack:
    """Aligned crops of one data set.

    Attributes:
        folder: where it is kept; what is derived from the crops can be kept there too.
        crops: (n, size, size, channels) uint8, memory-mapped.
        found: (n,) bool, false where the detector found nothing and the whole image was taken as the face.
        readable: (n,) bool, false where the image could not be decoded; its crop is black and must not be used.
    """

    folder: Path
    crops: NDArray[np.uint8]
    found: NDArray[np.bool_]
    readable: NDArray[np.bool_]


def pack(
    parquet: Path,
    folder: Path,
    *,
    detector: Detector,
    found_by: str,
    template: Template,
    margin: int,
    grey: bool,
    progress: Progress = lambda done, total: None,
) -> Pack:
    """Aligned crops of every row of a Parquet file, made once and kept in `folder`.

    Args:
        parquet: with a column `image` of encoded bytes.
        folder: where packs are kept; the name of a pack tells its source and the hash of its content and settings.
        detector: finds exactly one face in each image.
        found_by: tells that detector from every other, for the pack's name.
        template: where its keypoints shall lie.
        margin: pixels added on every side of the template.
        grey: one channel (luma, ITU-R BT.601) in place of three.
        progress: called with rows done and rows in all.

    Raises:
        DatasetError: the file is missing or has no column `image`.
    """
    if not parquet.is_file():
        raise DatasetError(f"no data set at {parquet}; name the folder that holds it with --data")
    padded = template.padded(margin)
    with parquet.open("rb") as file:
        content = hashlib.file_digest(file, "sha256").hexdigest()
    settings = {
        "content": content,
        "found_by": found_by,
        "points": np.round(padded.points.astype(float), 3).tolist(),
        "size": padded.size,
        "grey": grey,
    }
    key = hashlib.sha256(json.dumps(settings, sort_keys=True).encode()).hexdigest()[:12]
    target = folder / f"{parquet.stem}-{key}"
    if not (target / "done").exists():
        _make(parquet, target, detector, padded, grey, progress)
    return Pack(
        folder=target,
        crops=np.load(target / "crops.npy", mmap_mode="r"),
        found=np.load(target / "found.npy"),
        readable=np.load(target / "readable.npy"),
    )


def _make(parquet: Path, target: Path, detector: Detector, template: Template, grey: bool, progress: Progress) -> None:
    file = pyarrow.parquet.ParquetFile(parquet)
    if "image" not in file.schema_arrow.names:
        raise DatasetError(f"{parquet} has no column 'image'; its columns: {', '.join(file.schema_arrow.names)}")
    total = file.metadata.num_rows
    target.mkdir(parents=True, exist_ok=True)
    crops = np.lib.format.open_memmap(
        target / "crops.npy", "w+", np.uint8, (total, template.size, template.size, 1 if grey else 3)
    )
    found, readable = np.zeros(total, bool), np.zeros(total, bool)

    def one(row: tuple[int, bytes]) -> None:
        index, encoded = row
        try:
            image = read_image(encoded)
        except ImageError:
            return  # stays unreadable; the recipe counts and names these
        _, scores, points = detector.detect(image)
        crop = align(image, points, template)[0]
        crops[index] = steps.grey(crop) if grey else crop
        found[index], readable[index] = scores[0] > 0, True

    done = 0
    with ThreadPoolExecutor(_WORKERS) as pool:
        for batch in file.iter_batches(batch_size=512, columns=["image"]):
            rows = enumerate(batch.column(0).to_pylist(), start=done)
            list(pool.map(one, rows))
            done += batch.num_rows
            progress(done, total)
    crops.flush()
    np.save(target / "found.npy", found)
    np.save(target / "readable.npy", readable)
    (target / "done").touch()
