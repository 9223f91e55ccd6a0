"""Views of faces with what SFace says of each: what the embedding network is taught with.

A teacher that sees the very view that the student sees teaches more than one whose answer for a clean picture is
repeated over many views (Beyer et al. 2022, "Knowledge distillation: a good teacher is patient and consistent"). SFace
is four times as slow as the student, so its answers are computed once, for a fixed number of views of every image.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from mien.train.augment import Augmentation, augment
from mien.train.pack import Pack, Progress
from mien.train.sface_teacher import SIDE, Basis, Teacher

_CHUNK: Final = 128
_WORKERS: Final = 2


@dataclass(frozen=True, kw_only=True)
class Views:
    """Augmented crops and the teacher's answers.

    Attributes:
        crops: (n, 112, 112, 3) uint8, memory-mapped.
        embeddings: (n, 128) float16, L2 norm 1.
        maps: (n, channels, 7, 7) float16, the teacher's last feature map in the coordinates of its `Basis`.
    """

    crops: NDArray[np.uint8]
    embeddings: NDArray[np.float16]
    maps: NDArray[np.float16]


def make_views(
    pack: Pack,
    rows: NDArray[np.intp],
    strengths: Augmentation,
    teacher: Teacher,
    basis: Basis,
    *,
    seed: int,
    progress: Progress = lambda done, total: None,
) -> Views:
    """One view of every row of a pack, made once and kept in the pack's folder.

    Args:
        pack: crops in the template `arcface` with a margin, RGB.
        rows: of the pack.
        strengths: of the augmentation.
        teacher: says what the views are.
        basis: coordinates of its feature map.
        seed: of everything random.
        progress: called with views done and views in all.
    """
    settings = {
        "rows": hashlib.sha256(rows.astype(np.int64).tobytes()).hexdigest(),
        "strengths": [dataclasses.asdict(strengths)],
        "basis": basis.digest,
        "seed": seed,
    }
    key = hashlib.sha256(json.dumps(settings, sort_keys=True).encode()).hexdigest()[:12]
    folder = pack.folder / f"views-{key}"
    if not (folder / "done").exists():
        _make(folder, pack, rows, strengths, teacher, basis, seed, progress)
    parts = {name: np.load(folder / f"{name}.npy", mmap_mode="r") for name in ("crops", "embeddings", "maps")}
    return Views(**parts)


def _make(
    folder: Path,
    pack: Pack,
    rows: NDArray[np.intp],
    strengths: Augmentation,
    teacher: Teacher,
    basis: Basis,
    seed: int,
    progress: Progress,
) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    count = len(rows)
    shapes = {
        "crops": (np.uint8, (count, SIDE, SIDE, 3)),
        "embeddings": (np.float16, (count, basis.dimensions)),
        "maps": (np.float16, (count, *basis.shape)),
    }
    arrays = {
        name: np.lib.format.open_memmap(folder / f"{name}.npy", "w+", dtype, shape)
        for name, (dtype, shape) in shapes.items()
    }

    def one(start: int) -> int:
        end = min(start + _CHUNK, count)
        for view, crop in zip(range(start, end), _crops(pack, rows, strengths, seed, start, end), strict=True):
            embedding, features = teacher.look(crop)
            arrays["crops"][view], arrays["embeddings"][view] = crop, embedding
            arrays["maps"][view] = basis.project(features)
        return end - start

    done = 0
    with ThreadPoolExecutor(_WORKERS) as pool:
        for number in pool.map(one, range(0, count, _CHUNK)):
            done += number
            progress(done, count)
    for array in arrays.values():
        array.flush()
    (folder / "done").touch()


def _crops(
    pack: Pack, rows: NDArray[np.intp], strengths: Augmentation, seed: int, start: int, end: int
) -> Iterator[NDArray[np.uint8]]:
    for view in range(start, end):
        random = np.random.default_rng((seed, view))
        yield augment(np.asarray(pack.crops[rows[view]]), SIDE, strengths, random)
