import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mien.errors import ShapeError
from mien.geometry.pose import from_matrix, mirror, to_matrix

RIGHT, DOWN, AWAY = np.eye(3)
NOSE = -AWAY

angles = st.tuples(st.floats(-179, 179), st.floats(-88, 88), st.floats(-179, 179))
poses = st.lists(angles, min_size=1, max_size=8).map(np.array)


def turned(yaw, pitch, roll, direction):
    return to_matrix(np.array([[yaw, pitch, roll]]))[0] @ direction


def test_a_head_that_looks_into_the_camera_is_the_identity():
    np.testing.assert_allclose(to_matrix(np.zeros((2, 3))), np.stack([np.eye(3)] * 2), atol=1e-12)


@pytest.mark.parametrize(
    ("pose", "direction", "lands"),
    [
        ((90, 0, 0), NOSE, RIGHT),  # yaw +: nose toward image right
        ((-90, 0, 0), NOSE, -RIGHT),
        ((0, 90, 0), NOSE, -DOWN),  # pitch +: nose up
        ((0, -90, 0), NOSE, DOWN),
        ((0, 0, 90), -DOWN, RIGHT),  # roll + is clockwise in the image: the crown goes from the top to the right
        ((0, 0, -90), -DOWN, -RIGHT),
        ((0, 0, 90), RIGHT, DOWN),
        ((0, 0, 90), NOSE, NOSE),
        ((30, 0, 0), NOSE, (0.5, 0, -np.sqrt(0.75))),
        ((0, 30, 0), NOSE, (0, -0.5, -np.sqrt(0.75))),
        ((45, 30, 0), NOSE, (np.sqrt(0.5), -np.sqrt(0.125), -np.sqrt(0.375))),  # turned, then nodded
        ((45, 30, 90), NOSE, (np.sqrt(0.125), np.sqrt(0.5), -np.sqrt(0.375))),  # and the picture turned clockwise
    ],
)
def test_where_directions_of_the_head_go(pose, direction, lands):
    np.testing.assert_allclose(turned(*pose, direction), lands, atol=1e-12)


@given(poses)
def test_matrices_are_rotations(pose):
    rotations = to_matrix(pose)
    np.testing.assert_allclose(rotations @ rotations.transpose(0, 2, 1), np.stack([np.eye(3)] * len(pose)), atol=1e-9)
    np.testing.assert_allclose(np.linalg.det(rotations), 1, atol=1e-9)


@given(poses)
def test_angles_to_matrix_and_back(pose):
    np.testing.assert_allclose(from_matrix(to_matrix(pose)), pose, atol=1e-3)


@given(poses)
def test_mirroring_the_pose_is_mirroring_the_matrix(pose):
    flip = np.diag([-1, 1, 1])
    np.testing.assert_allclose(to_matrix(mirror(pose)), flip @ to_matrix(pose) @ flip, atol=1e-5)


@given(poses, st.floats(-90, 90))
def test_a_picture_that_is_turned_adds_its_angle_to_the_roll_and_to_nothing_else(pose, angle):
    clockwise = to_matrix(np.array([[0, 0, angle]]))
    np.testing.assert_allclose(to_matrix(np.add(pose, [0, 0, angle])), clockwise @ to_matrix(pose), atol=1e-9)


def test_mirror_negates_yaw_and_roll_and_keeps_pitch():
    np.testing.assert_array_equal(mirror(np.array([[10, 20, -30], [0, -5, 7]])), [[-10, 20, 30], [0, -5, -7]])


@pytest.mark.parametrize("pitch", [90, -90])
@pytest.mark.parametrize(("yaw", "roll"), [(0, 0), (35, 0), (35, 20), (-120, 61)])
def test_at_a_right_angle_of_pitch_the_roll_is_zero_and_the_rotation_the_same(pitch, yaw, roll):
    rotation = to_matrix(np.array([[yaw, pitch, roll]]))
    angles = from_matrix(rotation)
    assert angles[0, 1] == pytest.approx(pitch, abs=1e-4)
    assert angles[0, 2] == 0
    np.testing.assert_allclose(to_matrix(angles), rotation, atol=1e-6)


def test_nobody():
    assert to_matrix(np.empty((0, 3))).shape == (0, 3, 3)
    assert from_matrix(np.empty((0, 3, 3))).shape == (0, 3)
    assert mirror(np.empty((0, 3))).shape == (0, 3)


def test_shapes_are_checked():
    with pytest.raises(ShapeError, match=r"pose must be \(n, 3\) degrees, got \(3,\); wrap one pose as pose\[None\]"):
        to_matrix(np.zeros(3))
    with pytest.raises(ShapeError, match=r"pose must be \(n, 3\) degrees, got \(2, 4\)$"):
        mirror(np.zeros((2, 4)))
    with pytest.raises(ShapeError, match=r"rotations must be \(n, 3, 3\), got \(3, 3\)"):
        from_matrix(np.eye(3))
