import numpy as np
import pytest

from mien.live.one_euro import OneEuroSettings
from mien.live.placement import Placement, Smoothing

BOX = np.array([100.0, 50.0, 140.0, 100.0])
KEYPOINTS = np.array([[110.0, 65.0], [130.0, 65.0], [120.0, 75.0], [112.0, 88.0], [128.0, 88.0]])
RAW = OneEuroSettings(min_cutoff_hz=1e9)  # smooths nothing


def test_the_first_frame_comes_back_as_it_is():
    face = Placement(Smoothing())
    face.place(BOX, KEYPOINTS, 0.0)
    assert face.box == pytest.approx(BOX)
    assert face.keypoints == pytest.approx(KEYPOINTS)
    assert face.pose is None
    assert face.landmarks is None


def test_a_still_face_stays_and_jitter_is_reduced():
    random = np.random.default_rng(1)
    face, seen, shown = Placement(Smoothing()), [], []
    for frame in range(150):
        box = BOX + random.normal(0, 0.4, 4)
        face.place(box, KEYPOINTS, frame / 25)
        seen.append(box)
        shown.append(face.box)
    assert np.diff(shown, axis=0).std() < 0.5 * np.diff(seen, axis=0).std()
    assert shown[-1] == pytest.approx(BOX, abs=0.6)
    assert face.keypoints == pytest.approx(KEYPOINTS)


def test_near_and_far_faces_are_smoothed_alike():
    paths = []
    for scale in (1.0, 8.0):
        face = Placement(Smoothing())
        for frame, step in enumerate((0, 3, 9, 10, 30)):
            face.place((BOX + step) * scale, (KEYPOINTS + step) * scale, frame / 25)
        paths.append(face.box / scale)
    assert paths[0] == pytest.approx(paths[1])


def test_a_moving_face_is_followed_closely():
    face = Placement(Smoothing())
    for frame in range(50):
        shift = frame / 25 * 45.0  # one face size a second
        face.place(BOX + shift, KEYPOINTS + shift, frame / 25)
    assert face.box == pytest.approx(BOX + shift, abs=0.05 * 45)


def test_landmarks_go_with_the_box_between_two_readings():
    raw = Smoothing(place=RAW, landmarks=RAW, pose=RAW)
    face = Placement(raw)
    face.place(BOX, KEYPOINTS, 0.0)
    landmarks = np.random.default_rng(0).uniform(40, 110, (478, 3))
    face.trace(landmarks, 0.0)
    assert face.landmarks == pytest.approx(landmarks)
    face.place(BOX + 30, KEYPOINTS + 30, 1.0)
    assert face.landmarks == pytest.approx(landmarks + np.array([30, 30, 0]), abs=1e-5)
    centre = np.array([120.0, 75.0, 0.0])
    twice = np.array([80.0, 25.0, 160.0, 125.0])
    face.place(twice, KEYPOINTS, 2.0)
    assert face.landmarks == pytest.approx((landmarks - centre) * 2 + centre, abs=1e-4)


def test_angles_are_unwrapped():
    face = Placement(Smoothing())
    for frame, roll in enumerate((176.0, 179.0, -178.0, -175.0)):
        face.turn(np.array([0.0, 0.0, roll]), frame / 25)
    assert abs(face.pose[2]) > 170
