from __future__ import annotations

import numpy as np
import pytest

from mien.errors import DatasetError
from mien.geometry.face_pose import mean_face as packaged
from mien.geometry.landmark_subsets import OUTER_EYE_CORNERS
from mien.geometry.pose import to_matrix
from mien.train.landmark_shape import basis, mean_face, mirror_points, mirrored


def heads(count: int, *, limit_deg: float = 25, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Our mean face in several poses, sizes and places, with small differences that are no one's."""
    random = np.random.default_rng(seed)
    rotations = to_matrix(random.uniform(-limit_deg, limit_deg, (count, 3)))
    shapes = packaged() + random.normal(0, 0.01, (count, 478, 3))
    placed = shapes @ np.swapaxes(rotations, 1, 2) * random.uniform(20, 90, (count, 1, 1))
    return placed + random.uniform(0, 100, (count, 1, 3)), rotations


def test_the_mean_face_is_found_whatever_the_poses_sizes_and_places() -> None:
    landmarks, rotations = heads(400)
    assert np.abs(mean_face(landmarks, rotations) - packaged()).max() < 0.01


def test_heads_turned_far_do_not_count() -> None:
    landmarks, rotations = heads(100)
    far = to_matrix(np.tile([60.0, 0, 0], (50, 1)))
    with_far = mean_face(np.concatenate([landmarks, np.ones((50, 478, 3))]), np.concatenate([rotations, far]))
    assert np.array_equal(with_far, mean_face(landmarks, rotations))


def test_too_few_faces_are_told() -> None:
    with pytest.raises(DatasetError, match=r"needs 20 faces turned less than 30°, got 5; train on more"):
        mean_face(*heads(5))


def test_the_packaged_mean_face_is_what_its_description_says() -> None:
    face = packaged()
    corners = face[list(OUTER_EYE_CORNERS)]
    assert np.allclose(corners, [[-0.5, 0, 0], [0.5, 0, 0]], atol=1e-5)
    assert np.allclose(mirrored(face, mirror_points(face)), face, atol=1e-6)
    nose, chin, forehead = face[[1, 152, 10]]
    assert nose[2] < -0.3  # toward the camera
    assert chin[1] > 1 > 0 > forehead[1]  # y points to the chin


@pytest.mark.parametrize(
    ("left", "right"), [(33, 263), (133, 362), (61, 291), (468, 473), (234, 454), (1, 1), (10, 10)]
)
def test_points_pair_off_with_those_across_the_face(left: int, right: int) -> None:
    pairs = mirror_points(packaged())
    assert (pairs[left], pairs[right]) == (right, left)


def test_pairing_off_is_an_involution() -> None:
    pairs = mirror_points(packaged())
    assert (pairs[pairs] == np.arange(478)).all()


def test_a_lopsided_face_is_refused() -> None:
    face = packaged().copy()
    face[234] = face[454]
    with pytest.raises(DatasetError, match="too lopsided"):
        mirror_points(face)


def test_a_basis_as_large_as_the_variety_gives_the_shapes_back() -> None:
    random = np.random.default_rng(3)
    directions = random.standard_normal((3, 60))
    shapes = 5 + random.standard_normal((200, 3)) * [3, 2, 1] @ directions
    mean, components = basis(shapes, 3)
    coefficients, *_ = np.linalg.lstsq(components.T.astype(np.float64), (shapes - mean).T, rcond=None)
    assert np.allclose(coefficients.T @ components + mean, shapes, atol=1e-3)
    assert coefficients.std(1) == pytest.approx(1, abs=0.01)
    assert (np.diff(np.linalg.norm(components, axis=1)) < 0).all()  # the largest first
