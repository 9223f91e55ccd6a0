"""MediaPipe's Face Landmarker as a process: pictures on standard input, its answers on standard output.

Run by a Python that has MediaPipe and nothing of Mien, see `mien.train.face_landmarker`:

    python landmark_worker.py TASK SIZE CHANCE

Each picture is SIZE × SIZE × 3 bytes, RGB. Each answer is `ANSWER` little-endian float32: 1 or 0 for found or not, the
478 landmarks as parts of the picture's side, the facial transformation matrix row by row, and `SHAPES`.
"""

from __future__ import annotations

import os
import sys
from typing import Any

import numpy as np
from numpy.typing import NDArray

POINTS = 478
SHAPES = ("eyeBlinkLeft", "eyeBlinkRight", "jawOpen", "mouthSmileLeft", "mouthSmileRight")
"""The blend shapes that are kept, of 52; left and right are the person's own."""
ANSWER = 1 + POINTS * 3 + 16 + len(SHAPES)


def main(task: str, size: int, chance: float) -> None:
    """Answer until standard input ends.

    Args:
        task: path of the `.task` file.
        size: side of the pictures in pixels.
        chance: least score of a face and of its landmarks.
    """
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what MediaPipe's C++ prints must not come between the answers
    import mediapipe  # type: ignore[import-not-found]
    from mediapipe.tasks import python as tasks  # type: ignore[import-not-found]
    from mediapipe.tasks.python import vision  # type: ignore[import-not-found]

    options = vision.FaceLandmarkerOptions(
        base_options=tasks.BaseOptions(model_asset_path=task),
        num_faces=1,
        min_face_detection_confidence=chance,
        min_face_presence_confidence=chance,
        output_face_blendshapes=True,
        output_facial_transformation_matrixes=True,
    )
    with vision.FaceLandmarker.create_from_options(options) as landmarker:
        while len(data := sys.stdin.buffer.read(size * size * 3)) == size * size * 3:
            pixels = np.frombuffer(data, np.uint8).reshape(size, size, 3)
            picture = mediapipe.Image(image_format=mediapipe.ImageFormat.SRGB, data=pixels)
            answers.write(_answer(landmarker.detect(picture)).tobytes())
            answers.flush()


def _answer(result: Any) -> NDArray[np.float32]:
    if not result.face_landmarks:
        return np.zeros(ANSWER, "<f4")
    scores = {shape.category_name: shape.score for shape in result.face_blendshapes[0]}
    points = [(point.x, point.y, point.z) for point in result.face_landmarks[0]]
    parts = (
        np.ones(1),
        np.ravel(points),
        np.ravel(result.facial_transformation_matrixes[0]),
        np.array([scores[name] for name in SHAPES]),
    )
    return np.concatenate(parts).astype("<f4")


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), float(sys.argv[3]))
