from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mien.errors import ShapeError
from mien.geometry.face_pose import from_6d, from_landmarks, mean_face, turned_away_deg
from mien.geometry.pose import from_matrix, mirror, to_matrix

POSES = st.tuples(st.floats(-89, 89), st.floats(-80, 80), st.floats(-179, 179))


def mirror_points() -> np.ndarray:
    """What each point becomes when the picture is flipped."""
    face = mean_face().astype(np.float64)
    return np.linalg.norm((face * [-1, 1, 1])[:, None] - face[None], axis=2).argmin(1)


def test_the_mean_face_is_in_head_axes() -> None:
    face = mean_face()
    assert (face.shape, face.dtype) == ((478, 3), np.float32)
    assert face[[33, 263]] == pytest.approx(np.array([[-0.5, 0, 0], [0.5, 0, 0]]), abs=1e-3)
    assert face[1, 2] < face[152, 2] < face[234, 2]  # the nose is nearest to the camera, then the chin, then the ear
    assert face[10, 1] < face[168, 1] < face[152, 1]  # forehead, nasion, chin from top to bottom
    assert face is mean_face()
    with pytest.raises(ValueError, match="read-only"):
        face[0] = 0


def test_the_mean_face_is_symmetric() -> None:
    pairs = mirror_points()
    assert np.array_equal(pairs[pairs], np.arange(478))
    assert mean_face()[pairs] == pytest.approx(mean_face() * [-1, 1, 1], abs=1e-4)


@given(POSES, st.floats(0.1, 500), st.floats(-1e4, 1e4))
def test_a_turned_mean_face_has_that_pose_wherever_and_however_large(
    pose: tuple[float, float, float], scale: float, shift: float
) -> None:
    rotation = to_matrix(np.array([pose]))
    landmarks = mean_face() @ rotation[0].T * scale + shift
    assert from_landmarks(landmarks[None]) == pytest.approx(rotation, abs=1e-6)


@given(POSES, st.integers(0, 2**32 - 1))
def test_mirrored_landmarks_have_the_mirrored_pose(pose: tuple[float, float, float], seed: int) -> None:
    noise = np.random.default_rng(seed).normal(0, 0.02, (478, 3))
    landmarks = (mean_face() + noise) @ to_matrix(np.array([pose]))[0].T
    flipped = (landmarks * [-1, 1, 1])[mirror_points()]
    here, there = (to_matrix(from_matrix(from_landmarks(x[None]))) for x in (landmarks, flipped))
    assert there == pytest.approx(to_matrix(mirror(from_matrix(here))), abs=1e-4)


def test_noise_moves_the_pose_little() -> None:
    pose = np.array([[20.0, -10.0, 5.0]])
    random = np.random.default_rng(0)
    landmarks = mean_face() @ to_matrix(pose)[0].T + random.normal(0, 0.03, (200, 478, 3))  # 3 % of the eyes' distance
    assert np.abs(from_matrix(from_landmarks(landmarks)) - pose).max() < 1.0


def test_landmarks_in_one_place_have_some_rotation() -> None:
    rotation = from_landmarks(np.full((1, 478, 3), 7.0))[0]
    assert np.linalg.det(rotation) == pytest.approx(1)
    assert rotation @ rotation.T == pytest.approx(np.eye(3))


@given(POSES, st.floats(0.01, 100), st.floats(0.01, 100), st.floats(-5, 5))
def test_six_numbers_need_be_neither_unit_nor_orthogonal(
    pose: tuple[float, float, float], first: float, second: float, slant: float
) -> None:
    rotation = to_matrix(np.array([pose]))[0]
    values = np.concatenate([first * rotation[:, 0], second * rotation[:, 1] + slant * rotation[:, 0]])
    assert from_6d(values[None])[0] == pytest.approx(rotation, abs=1e-6)


def test_six_zeros_are_no_division_by_zero() -> None:
    assert np.isfinite(from_matrix(from_6d(np.zeros((1, 6))))).all()


@pytest.mark.parametrize(
    ("pose", "angle"),
    [((0, 0, 0), 0), ((0, 0, 170), 0), ((-40, 0, 0), 40), ((0, 30, 90), 30), ((60, 60, 0), 75.52), ((180, 0, 0), 180)],
)
def test_turning_away_counts_yaw_and_pitch_and_no_roll(pose: tuple[float, ...], angle: float) -> None:
    assert turned_away_deg(to_matrix(np.array([pose]))) == pytest.approx([angle], abs=0.05)


@pytest.mark.parametrize(
    ("function", "shape", "message"),
    [
        (from_6d, (6,), r"6-D rotations must be \(n, 6\), got \(6,\); wrap one as values\[None\]"),
        (from_landmarks, (478, 3), r"landmarks must be \(n, 478, 3\), got \(478, 3\); wrap one face"),
        (from_landmarks, (2, 68, 3), r"landmarks must be \(n, 478, 3\), got \(2, 68, 3\)"),
    ],
)
def test_other_shapes_are_refused(function, shape: tuple[int, ...], message: str) -> None:
    with pytest.raises(ShapeError, match=message):
        function(np.zeros(shape))


def test_nobody() -> None:
    assert from_6d(np.empty((0, 6))).shape == from_landmarks(np.empty((0, 478, 3))).shape == (0, 3, 3)
