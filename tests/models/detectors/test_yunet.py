from __future__ import annotations

import cv2
import numpy as np
import pytest

from mien.models import detectors, weights
from mien.models.detectors import yunet
from mien.models.session import Threads


def _clouds(seed, height, width):
    """Smooth random colours, in which the network sees many faint faces."""
    rng = np.random.default_rng(seed)
    image = np.full((height, width, 3), 128, np.float32)
    for size in (4, 8, 16, 32, 64):
        coarse = rng.standard_normal((height // size + 2, width // size + 2, 3)).astype(np.float32)
        image += cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC) * (size / 8) ** 0.7 * 18
    return np.clip(image, 0, 255).astype(np.uint8)


def _opencv(image, threshold):
    """Boxes, scores and keypoints by OpenCV's own FaceDetectorYN."""
    height, width = image.shape[:2]
    path = str(weights.find(yunet.CARD))
    reference = cv2.FaceDetectorYN.create(path, "", (width, height), threshold, yunet.NMS_IOU, yunet.MAX_CANDIDATES)
    _, rows = reference.detect(np.ascontiguousarray(image[..., ::-1]))
    boxes = np.concatenate([rows[:, :2], rows[:, :2] + rows[:, 2:4]], axis=1)
    return boxes, rows[:, 14], rows[:, 4:14].reshape(-1, 5, 2)


@pytest.mark.parametrize(
    ("seed", "height", "width", "count"),
    [(0, 480, 640, 5), (1, 480, 640, 9), (2, 480, 640, 18), (2, 233, 417, 10), (4, 233, 417, 6), (5, 480, 640, 10)],
)
def test_faint_faces_are_those_of_opencv(seed, height, width, count):
    image = _clouds(seed, height, width)
    detector = detectors.load("yunet", long_side=640, threads=Threads(), score_threshold=0.05)
    found, wanted = detector.detect(image), _opencv(image, 0.05)
    assert len(found.boxes) == count
    for ours, theirs, tolerance in zip(found, (wanted[0], wanted[1], wanted[2]), (0.01, 1e-4, 0.01), strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=0, atol=tolerance)


def test_drawn_faces_from_20_px_up_are_those_of_opencv(draw_faces):
    sizes = [20, 26, 34, 44, 58, 76, 100, 130]
    image = draw_faces(320, 640, [(40 + 80 * i, 90 + 140 * (i % 2), size) for i, size in enumerate(sizes)])
    found = detectors.load("yunet", long_side=640, threads=Threads()).detect(image)
    boxes, scores, keypoints = _opencv(image, yunet.SCORE_THRESHOLD)
    assert len(found.boxes) == len(sizes)
    np.testing.assert_allclose(found.boxes, boxes, rtol=0, atol=0.01)
    np.testing.assert_allclose(found.scores, scores, rtol=0, atol=1e-4)
    np.testing.assert_allclose(found.keypoints, keypoints, rtol=0, atol=0.01)


def _maps(height, width, seed):
    """Raw maps that hold a candidate in every cell, faces as large as their stride allows."""
    rng = np.random.default_rng(seed)
    outputs = {}
    for stride in yunet.STRIDES:
        cells = (height // stride) * (width // stride)
        outputs[f"cls_{stride}"] = rng.uniform(0, 1, (1, cells, 1)).astype(np.float32)
        outputs[f"obj_{stride}"] = rng.uniform(0, 1, (1, cells, 1)).astype(np.float32)
        outputs[f"bbox_{stride}"] = rng.uniform(-0.5, 1, (1, cells, 4)).astype(np.float32)
        outputs[f"kps_{stride}"] = rng.uniform(-1, 2, (1, cells, 10)).astype(np.float32)
    return outputs


def _candidates(outputs, width, threshold):
    """Every candidate, one at a time as the paper has it: x, y, width, height; score; keypoints."""
    rectangles, scores, keypoints = [], [], []
    for stride in yunet.STRIDES:
        cls, obj, bbox, kps = (outputs[f"{kind}_{stride}"][0] for kind in ("cls", "obj", "bbox", "kps"))
        for cell in range(len(cls)):
            score = float(np.sqrt(cls[cell, 0] * obj[cell, 0]))
            if score >= threshold:
                row, column = divmod(cell, width // stride)
                size = np.exp(bbox[cell, 2:]) * stride
                centre = (np.array([column, row]) + bbox[cell, :2]) * stride
                rectangles.append((*(centre - size / 2).tolist(), *size.tolist()))
                scores.append(score)
                keypoints.append((np.array([column, row]) + kps[cell].reshape(5, 2)) * stride)
    return rectangles, scores, keypoints


@pytest.mark.parametrize(("threshold", "least"), [(0.3, 1000), (0.9, 1)])
def test_thousands_of_candidates_are_decoded_and_suppressed_as_by_opencv(threshold, least):
    outputs = _maps(320, 320, seed=0)
    rectangles, scores, keypoints = _candidates(outputs, 320, threshold)
    assert len(rectangles) > least
    kept = np.ravel(cv2.dnn.NMSBoxes(rectangles, scores, threshold, yunet.NMS_IOU, top_k=yunet.MAX_CANDIDATES))
    found = yunet.decode(outputs, 320, 320, threshold)
    boxes = np.array(rectangles)[kept]
    boxes[:, 2:] += boxes[:, :2]
    np.testing.assert_allclose(found.boxes, boxes, rtol=0, atol=1e-3)
    np.testing.assert_allclose(found.scores, np.array(scores)[kept], rtol=0, atol=1e-6)
    np.testing.assert_allclose(found.keypoints, np.array(keypoints)[kept], rtol=0, atol=1e-3)


def test_maps_without_a_candidate_are_nobody():
    found = yunet.decode(_maps(64, 32, seed=0), 64, 32, 1.0)
    assert [array.shape for array in found] == [(0, 4), (0,), (0, 5, 2)]


def test_one_candidate_decodes_to_these_pixels():
    outputs = {name: np.zeros_like(values) for name, values in _maps(64, 96, seed=0).items()}
    cell = 1 * (96 // 16) + 4  # row 1, column 4 of the middle map
    outputs["cls_16"][0, cell], outputs["obj_16"][0, cell] = 0.81, 1.5  # above 1 counts as 1
    outputs["bbox_16"][0, cell] = [0.5, 0.25, np.log(2), np.log(3)]
    outputs["kps_16"][0, cell] = [0, 0, 1, 0, 0.5, 0.5, 0, 1, 1, 1]
    found = yunet.decode(outputs, 64, 96, 0.6)
    np.testing.assert_allclose(found.boxes, [[56, -4, 88, 44]], atol=1e-4)
    np.testing.assert_allclose(found.scores, [0.9], atol=1e-6)
    np.testing.assert_allclose(found.keypoints, [[[64, 16], [80, 16], [72, 24], [64, 32], [80, 32]]], atol=1e-4)
