"""The landmarks' teacher: MediaPipe's Face Landmarker over every image of a set, its answers kept beside the packs.

MediaPipe asks for another OpenCV than Mien's, so it lives in a virtual environment of its own and answers as a process.
After Kartynnik et al. (2019), "Real-time facial surface geometry from monocular video on mobile GPUs", and Grishchenko
et al. (2020), "Attention mesh".
"""

from __future__ import annotations

import hashlib
import json
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import cv2
import numpy as np
import pyarrow.parquet
from numpy.typing import NDArray

from mien.errors import DatasetError, ImageError, ModelError
from mien.media.images import read_image
from mien.models.cropped import PADDING
from mien.train import landmark_worker
from mien.train.landmark_install import MEDIAPIPE, TASK_SHA256, task_file, teacher_python
from mien.train.landmark_worker import ANSWER, POINTS, SHAPES
from mien.train.pack import Progress

CANVAS_PX: Final = 384  # a padded image is scaled to this; the landmark network inside sees 256
LEAST_SCORE: Final = 0.3  # of a face and of its landmarks: there is a face, as in `CroppedFaceDetector`
_GREY = (127, 127, 127)
_AXES = np.diag([1.0, -1.0, -1.0])  # MediaPipe's y points up and its z to the camera, ours down and away from it


@dataclass(frozen=True, kw_only=True)
class Labels:
    """What the teacher says of every image of a set; rows without a face are zeros.

    Attributes:
        folder: where it is kept; its name tells content and settings.
        found: (n,) bool.
        landmarks: (n, 478, 3) float32, in the stored image's pixels, memory-mapped.
        rotations: (n, 3, 3) float32, head axes to camera axes in the convention of `mien.geometry.pose`.
        shapes: (n, 5) float32 scores 0–1 of the blend shapes `SHAPES`.
    """

    folder: Path
    found: NDArray[np.bool_]
    landmarks: NDArray[np.float32]
    rotations: NDArray[np.float32]
    shapes: NDArray[np.float32]


def label(parquet: Path, folder: Path, *, python: str = "", progress: Progress = lambda done, total: None) -> Labels:
    """The teacher's answers for every row of a Parquet file, asked for once and kept in `folder`.

    Args:
        parquet: with a column `image` of encoded bytes.
        folder: where packs are kept, and the teacher where it has to be fetched.
        python: an interpreter that has MediaPipe; empty for one that `teacher_python` makes.
        progress: called with rows done and rows in all.

    Raises:
        DatasetError: the file is missing or has no column `image`.
        ModelError: the process cannot be started or ended early, or its parts cannot be fetched.
    """
    if not parquet.is_file():
        raise DatasetError(f"no data set at {parquet}; name the folder that holds it with --data")
    with parquet.open("rb") as file:
        content = hashlib.file_digest(file, "sha256").hexdigest()
    settings = [content, TASK_SHA256, MEDIAPIPE, PADDING, CANVAS_PX, LEAST_SCORE, SHAPES]
    key = hashlib.sha256(json.dumps(settings).encode()).hexdigest()[:12]
    target = folder / f"{parquet.stem}-landmarks-{key}"
    if not (target / "done").exists():
        _make(parquet, target, Path(python) if python else teacher_python(folder), task_file(folder), progress)
    return Labels(
        folder=target,
        found=np.load(target / "found.npy"),
        landmarks=np.load(target / "landmarks.npy", mmap_mode="r"),
        rotations=np.load(target / "rotations.npy"),
        shapes=np.load(target / "shapes.npy"),
    )


def _make(parquet: Path, target: Path, python: Path, task: Path, progress: Progress) -> None:
    file = pyarrow.parquet.ParquetFile(parquet)
    if "image" not in file.schema_arrow.names:
        raise DatasetError(f"{parquet} has no column 'image'; its columns: {', '.join(file.schema_arrow.names)}")
    total = file.metadata.num_rows
    target.mkdir(parents=True, exist_ok=True)
    landmarks = np.lib.format.open_memmap(target / "landmarks.npy", "w+", np.float32, (total, POINTS, 3))
    found, shapes = np.zeros(total, bool), np.zeros((total, len(SHAPES)), np.float32)
    rotations = np.zeros((total, 3, 3), np.float32)
    images = (
        encoded.as_py() for batch in file.iter_batches(batch_size=256, columns=["image"]) for encoded in batch.column(0)
    )
    with _teacher(python, task, target / "teacher.log") as teacher:
        for row, encoded in enumerate(images):
            progress(row + 1, total)
            try:
                image = read_image(encoded)
            except ImageError:
                continue  # `pack` counts and names these
            canvas, scale, shift = on_canvas(image)
            answer = teacher.ask(canvas)
            found[row] = answer[0] > 0
            if not found[row]:
                continue
            landmarks[row] = answer[1 : 1 + POINTS * 3].reshape(POINTS, 3) * scale
            landmarks[row, :, :2] -= shift
            matrix = answer[1 + POINTS * 3 : -len(SHAPES)].reshape(4, 4)
            rotations[row] = rotation_of(matrix)
            shapes[row] = answer[-len(SHAPES) :]
    landmarks.flush()
    np.save(target / "found.npy", found)
    np.save(target / "rotations.npy", rotations)
    np.save(target / "shapes.npy", shapes)
    (target / "done").touch()


def on_canvas(image: NDArray[np.uint8]) -> tuple[NDArray[np.uint8], float, NDArray[np.float64]]:
    """The picture that the teacher is shown: the image in the middle of a grey square, enlarged.

    Args:
        image: (h, w, 3) uint8 RGB.

    Returns:
        (CANVAS_PX, CANVAS_PX, 3) uint8; the square's side in the image's pixels; (2,) left and top border in them.
    """
    height, width = image.shape[:2]
    side = max(height, width) + 2 * round(PADDING * max(height, width))
    left, top = (side - width) // 2, (side - height) // 2
    square = cv2.copyMakeBorder(
        image, top, side - height - top, left, side - width - left, cv2.BORDER_CONSTANT, value=_GREY
    )
    canvas = cv2.resize(square, (CANVAS_PX, CANVAS_PX), interpolation=cv2.INTER_CUBIC)
    return np.asarray(canvas, np.uint8), float(side), np.array([left, top], np.float64)


def rotation_of(matrix: NDArray[np.float32]) -> NDArray[np.float32]:
    """The rotation in a facial transformation matrix, in the convention of `mien.geometry.pose`.

    Args:
        matrix: (4, 4), which also scales and shifts.

    Returns:
        (3, 3) orthonormal with determinant 1.
    """
    u, _, v = np.linalg.svd(_AXES @ matrix[:3, :3].astype(np.float64) @ _AXES)
    return np.asarray(u @ np.diag([1, 1, np.linalg.det(u @ v)]) @ v, np.float32)


class _Teacher:
    """The process, asked one picture at a time."""

    def __init__(self, process: subprocess.Popen[bytes], log: Path) -> None:
        self._process, self._log = process, log

    def ask(self, canvas: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Its `ANSWER` numbers about one picture."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        answer = b""
        try:
            self._process.stdin.write(canvas.tobytes())
            self._process.stdin.flush()
            answer = self._process.stdout.read(ANSWER * 4)
        except BrokenPipeError:
            pass  # told below, as an answer cut short
        if len(answer) < ANSWER * 4:
            raise ModelError(f"MediaPipe's process ended early; what it said is in {self._log}")
        return np.frombuffer(answer, "<f4")


@contextmanager
def _teacher(python: Path, task: Path, log: Path) -> Iterator[_Teacher]:
    command = [str(python), landmark_worker.__file__, str(task), str(CANVAS_PX), str(LEAST_SCORE)]
    with log.open("wb") as said:
        try:
            process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=said)
        except OSError as error:
            raise ModelError(
                f"{python} cannot be started ({error.strerror}); name a Python that has MediaPipe: "
                "--set 'python=\"/path/to/python\"'"
            ) from error
        with process:
            try:
                yield _Teacher(process, log)
            finally:
                process.terminate()
