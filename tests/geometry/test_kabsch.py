from __future__ import annotations

import numpy as np

from mien.geometry.face_pose import mean_face
from mien.geometry.kabsch import kabsch
from mien.geometry.pose import to_matrix


def test_the_rotation_between_two_shapes_is_found() -> None:
    rotations = to_matrix(np.array([[30.0, -20, 10], [-70, 5, 160]]))
    shape = mean_face() - mean_face().mean(0)
    assert np.allclose(kabsch(shape @ np.swapaxes(rotations, 1, 2), shape) @ rotations, np.eye(3), atol=1e-5)


def test_a_mirrored_shape_gives_a_rotation_and_no_reflection() -> None:
    shape = mean_face() - mean_face().mean(0)
    (rotation,) = kabsch((shape * [1, 1, -1])[None], shape)
    assert abs(np.linalg.det(rotation) - 1) < 1e-9
