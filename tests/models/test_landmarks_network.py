"""The landmark network that Mien carries, on drawn faces; what the stage does around it is in test_landmarks.py."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from mien.faces import Faces
from mien.geometry.landmark_subsets import LEFT_EYE, OUTER_LIPS, RIGHT_EYE, landmarks5
from mien.models import registry
from mien.models.landmarks import Landmarks
from mien.pipeline import Profiler

MIDDLE = (200.0, 200.0)
HEIGHT = 200.0
# Where the drawing has them, in heights of the face from its middle (see `_draw_face` in conftest.py).
EYES, MOUTH = np.array([[-0.15, -0.1], [0.15, -0.1]]), np.array([0, 0.26])


@pytest.fixture(scope="module")
def stage() -> Landmarks:
    return Landmarks(registry.session("landmarks"), registry.card("landmarks"))


@pytest.fixture(scope="module")
def profiler() -> Profiler:
    return Profiler(attributes=("pose", "landmarks", "quality"))


@pytest.fixture(scope="module")
def faces(drawn_face) -> Faces:
    """The drawn face's keypoints as they are, so that only the network's errors are seen."""
    points = np.concatenate([EYES, [[0, 0.11]], [[-0.12, 0.26]], [[0.12, 0.26]]]) * HEIGHT + MIDDLE
    return Faces(boxes=[[128, 100, 272, 300]], scores=[1], keypoints=points[None])


def moved(faces: Faces, matrix: np.ndarray) -> Faces:
    return faces.replace(keypoints=cv2.transform(faces.keypoints, matrix))


def test_points_lie_where_they_are_drawn(stage, drawn_face, faces) -> None:
    landmarks = stage(drawn_face, faces).landmarks[0, :, :2]
    for points, place in ((LEFT_EYE, EYES[0]), (RIGHT_EYE, EYES[1]), (OUTER_LIPS, MOUTH)):
        assert landmarks[list(points)].mean(0) == pytest.approx(place * HEIGHT + MIDDLE, abs=0.03 * HEIGHT)
    eyes = landmarks5(landmarks)[:2]
    assert eyes == pytest.approx(EYES * HEIGHT + MIDDLE, abs=0.03 * HEIGHT)


def test_a_frontal_face_is_frontal_and_sure(stage, drawn_face, faces) -> None:
    found = stage(drawn_face, faces)
    assert np.abs(found.pose).max() < 5
    assert found[0].unsure == ()
    assert found[0].facing == 1


@pytest.mark.parametrize("angle_deg", [-150, -90, -40, -15, 10, 30, 60, 90, 180])
def test_a_turned_picture_adds_its_angle_to_the_roll(stage, drawn_face, faces, angle_deg: float) -> None:
    matrix = cv2.getRotationMatrix2D(MIDDLE, -angle_deg, 1.0)  # OpenCV's angles are anticlockwise
    turned = np.asarray(cv2.warpAffine(drawn_face, matrix, (400, 400), borderValue=(90, 110, 140)), np.uint8)
    before, after = stage(drawn_face, faces).pose[0], stage(turned, moved(faces, matrix)).pose[0]
    added = (after[2] - before[2] - angle_deg + 180) % 360 - 180
    assert abs(added) < 3
    assert after[:2] == pytest.approx(before[:2], abs=6)


@pytest.mark.parametrize("angle_deg", [0, 20])
def test_a_mirrored_picture_negates_yaw_and_roll_and_keeps_pitch(stage, drawn_face, faces, angle_deg: float) -> None:
    matrix = cv2.getRotationMatrix2D(MIDDLE, -angle_deg, 1.0)
    image = np.asarray(cv2.warpAffine(drawn_face, matrix, (400, 400), borderValue=(90, 110, 140)), np.uint8)
    here = moved(faces, matrix)
    flipped = ([400, 0] + here.keypoints * [-1, 1])[:, [1, 0, 2, 4, 3]]
    yaw, pitch, roll = stage(image, here).pose[0]
    mirrored = stage(np.ascontiguousarray(image[:, ::-1]), here.replace(keypoints=flipped)).pose[0]
    assert mirrored == pytest.approx([-yaw, pitch, -roll], abs=4)


@pytest.mark.parametrize("side_px", [100, 200, 800])
def test_the_size_of_the_picture_changes_little(stage, drawn_face, faces, side_px: int) -> None:
    scale = side_px / 400
    image = np.asarray(cv2.resize(drawn_face, (side_px, side_px), interpolation=cv2.INTER_AREA), np.uint8)
    landmarks = stage(image, faces.replace(keypoints=faces.keypoints * scale)).landmarks[0] / scale
    assert np.linalg.norm((landmarks - stage(drawn_face, faces).landmarks[0])[:, :2], axis=1).mean() < 0.01 * HEIGHT


def covered(face: np.ndarray) -> np.ndarray:
    """A hand before the face."""
    hand = cv2.ellipse(face.copy(), (205, 215), (80, 60), 20, 0, 360, (205, 160, 130), -1, cv2.LINE_AA)
    for finger in range(4):
        cv2.line(hand, (150 + 28 * finger, 235), (140 + 30 * finger, 130), (205, 160, 130), 22, cv2.LINE_AA)
    return np.asarray(hand)


def back_of_the_head(face: np.ndarray) -> np.ndarray:
    head = np.full_like(face, (90, 110, 140))
    return np.asarray(cv2.ellipse(head, (200, 190), (76, 104), 0, 0, 360, (60, 40, 30), -1, cv2.LINE_AA))


@pytest.mark.parametrize(
    "make",
    [
        lambda face: np.full_like(face, (224, 178, 150)),
        np.zeros_like,
        lambda face: np.random.default_rng(0).integers(0, 256, face.shape, np.uint8),
        covered,
        back_of_the_head,
    ],
    ids=["one colour", "darkness", "noise", "behind a hand", "turned away"],
)
def test_where_there_is_no_face_to_be_seen_all_is_unsure(drawn_face, make) -> None:
    (face,) = Profiler(attributes=("pose", "landmarks"), crops=True).analyze(make(drawn_face))
    assert face.unsure == ("landmarks", "pose")
    assert face.landmarks is not None
    assert np.isfinite(face.landmarks).all()


def test_a_small_face_and_one_cut_by_the_border_keep_their_landmarks_near(profiler, drawn_face) -> None:
    small = np.asarray(cv2.resize(drawn_face, (48, 48), interpolation=cv2.INTER_AREA), np.uint8)
    picture = np.full((200, 200, 3), (90, 110, 140), np.uint8)
    picture[80:128, 80:128] = small
    for image, box in ((picture, (96, 92, 112, 116)), (drawn_face[:, 170:], (-42, 100, 102, 300))):
        (face,) = profiler.analyze(image)
        low, high = np.array(box[:2]), np.array(box[2:])
        reach = (high - low) / 2
        assert ((face.landmarks[:, :2] > low - reach) & (face.landmarks[:, :2] < high + reach)).all()
    (face,) = profiler.analyze(picture)
    assert "small" in face.quality_reasons
