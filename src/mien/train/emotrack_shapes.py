"""EmoTrack's second input for a whole data set: what Mien's own landmarks tell of each face and of its mirror image."""

from __future__ import annotations

import hashlib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final

import numpy as np
import pyarrow.parquet
from numpy.typing import NDArray

from mien.errors import ImageError
from mien.faces import Faces
from mien.media.images import read_image
from mien.models import landmarks, registry
from mien.models.detectors import Detector
from mien.models.emotrack import POINTS, shape_of
from mien.models.landmarks import Landmarks
from mien.train.pack import Pack, Progress

_WORKERS: Final = 2
_MIRRORED: Final = [1, 0, 2, 4, 3]  # the keypoint that each keypoint becomes


def shapes(
    parquet: Path, pack: Pack, detector: Detector, *, progress: Progress = lambda done, total: None
) -> NDArray[np.float32]:
    """Of every picture as it is and mirrored, made once and kept in the pack's folder.

    Args:
        parquet: with a column `image` of encoded bytes.
        pack: of the same pictures.
        detector: finds exactly one face in each, the one that the pack was made with.
        progress: called with pictures done and pictures in all.

    Returns:
        (n, 2, `POINTS`), see `mien.models.emotrack.shape_of`; zeros for pictures that cannot be decoded.
    """
    card = registry.card(landmarks.NAME)
    key = hashlib.sha256(card.sha256.encode()).hexdigest()[:12]
    target = pack.folder / f"shapes-{key}.npy"
    if not target.exists():
        stage = Landmarks(registry.session(landmarks.NAME), card)
        found = _found(parquet, detector, stage, progress)
        partial = target.with_suffix(".tmp")
        with partial.open("wb") as file:
            np.save(file, found)
        partial.replace(target)
    made: NDArray[np.float32] = np.load(target)
    return made


def _found(parquet: Path, detector: Detector, stage: Landmarks, progress: Progress) -> NDArray[np.float32]:
    file = pyarrow.parquet.ParquetFile(parquet)
    total = file.metadata.num_rows
    found = np.zeros((total, 2, POINTS), np.float32)

    def one(row: tuple[int, bytes]) -> None:
        index, encoded = row
        try:
            image = read_image(encoded)
        except ImageError:
            return  # the pack says so, and the recipe names it
        boxes, scores, keypoints = detector.detect(image)
        flipped = keypoints[:, _MIRRORED] * np.array([-1, 1], np.float32) + np.array([image.shape[1], 0], np.float32)
        views = ((image, keypoints), (np.ascontiguousarray(image[:, ::-1]), flipped))
        for way, (view, points) in enumerate(views):
            faces = stage(view, Faces(boxes=boxes, scores=scores, keypoints=points))
            assert faces.landmarks is not None
            found[index, way] = shape_of(faces.landmarks)[0]

    done = 0
    with ThreadPoolExecutor(_WORKERS) as pool:
        for batch in file.iter_batches(batch_size=512, columns=["image"]):
            list(pool.map(one, enumerate(batch.column(0).to_pylist(), start=done)))
            done += batch.num_rows
            progress(done, total)
    return found
