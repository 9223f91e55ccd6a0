"""Packed crops with the teacher's landmarks in them: what the landmark network is trained and measured on."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow.parquet
from numpy.typing import NDArray

from mien.errors import ImageError
from mien.geometry.align import Template, estimate_similarity
from mien.media.images import read_image
from mien.models.cropped import CroppedFaceDetector
from mien.train.face_landmarker import Labels
from mien.train.pack import Pack, Progress

_WORKERS: Final = 2


@dataclass(frozen=True, kw_only=True)
class LabelledCrops:
    """Crops of one set and the teacher's answers, carried into them; rows without a face are zeros.

    Attributes:
        pack: padded by a margin around the template.
        found: (n,) bool; the teacher found a face whose middle lies in the crop.
        landmarks: (n, 478, 3) float32 in the padded crop's pixels.
        rotations: (n, 3, 3) float32, head axes to camera axes, turned with the crop.
    """

    pack: Pack
    found: NDArray[np.bool_]
    landmarks: NDArray[np.float32]
    rotations: NDArray[np.float32]


def labelled(pack: Pack, labels: Labels, keypoints: NDArray[np.float32], template: Template) -> LabelledCrops:
    """The teacher's answers in the pixels of a pack.

    Args:
        pack: of a set.
        labels: of the same set.
        keypoints: (n, 5, 2) by which the pack was aligned, see `pack_keypoints`.
        template: of the pack, with its margin.
    """
    transforms = estimate_similarity(keypoints, template.points)
    landmarks = np.empty(labels.landmarks.shape, np.float32)
    for start in range(0, len(landmarks), 1024):  # a memory-mapped array, not to be held twice
        part = slice(start, start + 1024)
        landmarks[part] = carried(labels.landmarks[part], transforms[part])
    centre = landmarks[..., :2].mean(1)
    inside = ((centre >= 0) & (centre <= template.size)).all(1)
    return LabelledCrops(
        pack=pack,
        found=labels.found & pack.readable & inside,
        landmarks=landmarks,
        rotations=turned(labels.rotations, transforms),
    )


def carried(landmarks: NDArray[Any], transforms: NDArray[Any]) -> NDArray[np.float32]:
    """Landmarks after similarity transforms of the picture; z is scaled, not shifted.

    Args:
        landmarks: (n, k, 3) pixels.
        transforms: (n, 2, 3), which may mirror.
    """
    linear = np.asarray(transforms, np.float64)[:, :, :2]
    flat = np.einsum("nij,nkj->nki", linear, landmarks[..., :2]) + transforms[:, None, :, 2]
    scale = np.sqrt(np.abs(np.linalg.det(linear)))
    return np.concatenate([flat, landmarks[..., 2:] * scale[:, None, None]], axis=2).astype(np.float32)


def turned(rotations: NDArray[Any], transforms: NDArray[Any]) -> NDArray[np.float32]:
    """Rotations of heads after similarity transforms of the picture: turned about the camera's axis with it.

    A transform that mirrors takes R to T · R · M, with M = diag(-1, 1, 1) as in `mien.geometry.pose.mirror`.

    Args:
        rotations: (n, 3, 3), head axes to camera axes.
        transforms: (n, 2, 3).
    """
    linear = np.asarray(transforms, np.float64)[:, :, :2]
    determinant = np.linalg.det(linear)
    camera = np.zeros((len(linear), 3, 3))
    camera[:, :2, :2] = linear / np.sqrt(np.abs(determinant))[:, None, None]
    camera[:, 2, 2] = 1
    head = np.zeros_like(camera)
    head[:, 0, 0], head[:, 1, 1], head[:, 2, 2] = np.sign(determinant), 1, 1
    return np.asarray(camera @ rotations @ head, np.float32)


def pack_keypoints(
    parquet: Path, pack: Pack, detector: CroppedFaceDetector, *, progress: Progress = lambda done, total: None
) -> NDArray[np.float32]:
    """The keypoints by which a pack was aligned, found again once and kept in its folder.

    Args:
        parquet: that the pack was made of.
        pack: made with that detector.
        detector: finds the one face in each image.
        progress: called with rows done and rows in all.

    Returns:
        (n, 5, 2) pixels in the stored images; zeros where one cannot be decoded.
    """
    path = pack.folder / "keypoints.npy"
    if path.exists():
        return np.asarray(np.load(path), np.float32)

    def one(encoded: bytes) -> NDArray[np.float32]:
        try:
            return np.asarray(detector.detect(read_image(encoded)).keypoints[0], np.float32)
        except ImageError:
            return np.zeros((5, 2), np.float32)  # `pack.readable` is false there

    found: list[NDArray[np.float32]] = []
    with ThreadPoolExecutor(_WORKERS) as pool:
        for batch in pyarrow.parquet.ParquetFile(parquet).iter_batches(batch_size=512, columns=["image"]):
            found += pool.map(one, batch.column(0).to_pylist())
            progress(len(found), len(pack.crops))
    unfinished = path.with_suffix(".part.npy")
    np.save(unfinished, np.stack(found))
    unfinished.replace(path)
    return np.stack(found)
