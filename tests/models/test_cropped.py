from __future__ import annotations

import numpy as np
import pytest

from mien.geometry.align import box_keypoints
from mien.models.cropped import CANVAS_PX, CroppedFaceDetector
from mien.models.detectors import Detections


class Fixed:
    """Gives the same faces, in parts of the canvas, and remembers what it was shown."""

    def __init__(self, *found: tuple[float, float, float, float, float]) -> None:
        self._found = np.array(found, np.float32).reshape(-1, 5)
        self.seen: list[np.ndarray] = []

    def detect(self, image: np.ndarray) -> Detections:
        self.seen.append(image)
        height, width = image.shape[:2]
        boxes = self._found[:, :4] * np.array([width, height, width, height], np.float32)
        return Detections(boxes, self._found[:, 4], box_keypoints(boxes))


@pytest.mark.parametrize("shape", [(48, 48), (100, 60), (1, 1), (600, 800)])
def test_the_middle_of_the_canvas_is_the_middle_of_the_crop(shape: tuple[int, int]) -> None:
    inner = Fixed((0.25, 0.25, 0.75, 0.75, 0.8))
    image = np.zeros((*shape, 3), np.uint8)
    boxes, scores, keypoints = CroppedFaceDetector(inner).detect(image)
    height, width = shape
    assert max(inner.seen[0].shape[:2]) == CANVAS_PX
    assert boxes.shape == (1, 4)
    assert scores == pytest.approx([0.8])
    assert (boxes[0, :2] + boxes[0, 2:]) / 2 == pytest.approx([width / 2, height / 2], abs=1e-2)
    padding = round(0.25 * max(shape))
    assert boxes[0, 2] - boxes[0, 0] == pytest.approx((width + 2 * padding) / 2, rel=1e-3)
    assert keypoints == pytest.approx(box_keypoints(boxes), abs=1e-2)


def test_of_several_faces_the_likely_one_near_the_middle_is_taken() -> None:
    inner = Fixed((0.0, 0.0, 0.2, 0.2, 0.95), (0.3, 0.3, 0.7, 0.7, 0.6))
    _, scores, _ = CroppedFaceDetector(inner).detect(np.zeros((64, 64, 3), np.uint8))
    assert scores == pytest.approx([0.6])


def test_without_a_face_the_whole_crop_is_taken_with_score_0() -> None:
    boxes, scores, keypoints = CroppedFaceDetector(Fixed()).detect(np.zeros((40, 30, 3), np.uint8))
    assert boxes.tolist() == [[0, 0, 30, 40]]
    assert scores.tolist() == [0]
    assert keypoints.shape == (1, 5, 2)
