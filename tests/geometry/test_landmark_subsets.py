"""The index lists against the geometry of the mean face: a wrong number lies in the wrong place."""

from __future__ import annotations

import numpy as np
import pytest

from mien.errors import ShapeError
from mien.geometry.align import TEMPLATES, estimate_similarity
from mien.geometry.align import apply as transformed
from mien.geometry.face_pose import mean_face
from mien.geometry.landmark_subsets import (
    COUNT,
    GROUPS,
    INNER_LIPS,
    LEFT_BROW,
    LEFT_EYE,
    LEFT_IRIS,
    OUTER_LIPS,
    OVAL,
    POINTS_5,
    POINTS_68,
    RIGHT_BROW,
    RIGHT_EYE,
    RIGHT_IRIS,
    landmarks5,
    landmarks68,
)

FACE = mean_face()
# iBUG 300-W's mirror pairs, counted from 0: what each of the 68 becomes when the picture is flipped.
MIRROR_68 = (
    *range(16, -1, -1),
    *range(26, 16, -1),
    *range(27, 31),
    *range(35, 30, -1),
    *(45, 44, 43, 42, 47, 46, 39, 38, 37, 36, 41, 40),
    *(54, 53, 52, 51, 50, 49, 48, 59, 58, 57, 56, 55),
    *(64, 63, 62, 61, 60, 67, 66, 65),
)


def mirrored(points: np.ndarray) -> np.ndarray:
    return points * np.array([-1, 1, 1])


def area(contour: np.ndarray) -> float:
    """Shoelace: positive for a contour that runs clockwise in the picture."""
    x, y = contour[:, 0], contour[:, 1]
    return float((x * np.roll(y, -1) - np.roll(x, -1) * y).sum() / 2)


@pytest.mark.parametrize("points", [*GROUPS.values(), POINTS_68, POINTS_5])
def test_every_point_is_there_once(points: tuple[int, ...]) -> None:
    assert len(set(points)) == len(points)
    assert set(points) <= set(range(COUNT))


def test_the_68_mirror_as_ibugs_do() -> None:
    points = landmarks68(FACE)
    assert points == pytest.approx(mirrored(points)[list(MIRROR_68)], abs=1e-3)


def test_the_five_are_symmetric_and_those_of_the_68() -> None:
    points = landmarks5(FACE)
    assert points == pytest.approx(mirrored(points)[[1, 0, 2, 4, 3]], abs=1e-3)
    assert (POINTS_5[2], POINTS_5[3], POINTS_5[4]) == (POINTS_68[30], POINTS_68[48], POINTS_68[54])


def test_the_five_are_laid_out_as_keypoints_are() -> None:
    """Brought to the template by which faces are aligned, each is nearest to the point of its name."""
    points, target = landmarks5(FACE)[:, :2], TEMPLATES["face"].points
    there = transformed(estimate_similarity(points[None], target), points[None])[0]
    distances = np.linalg.norm(there[:, None] - target[None], axis=2)
    assert distances.argmin(1).tolist() == [0, 1, 2, 3, 4]
    assert distances.diagonal().max() < 0.15 * np.linalg.norm(target[1] - target[0])


def test_the_68_follow_ibugs_order() -> None:
    points = landmarks68(FACE)
    x, y, z = points.T
    assert (np.diff(x[0:17]) > 0)[3:13].all()  # the jaw from image left to image right
    assert (np.diff(y[0:9]) > 0).all()
    assert y[8] == y.max()
    assert (np.diff(x[17:27]) > 0).all()  # both brows likewise, and above the eyes
    assert y[17:27].max() < y[36:48].min()
    assert (np.diff(y[27:31]) > 0).all()  # down the bridge of the nose, which stands out ever more
    assert (np.diff(z[27:30]) < 0).all()
    assert np.abs(x[27:31]).max() < 1e-3
    assert (np.diff(x[31:36]) > 0).all()
    assert y[33] == y[31:36].max()
    for corner, upper, other, lower in ((36, (37, 38), 39, (41, 40)), (42, (43, 44), 45, (47, 46))):
        assert x[corner] < x[upper[0]] < x[upper[1]] < x[other]
        assert x[lower[0]] < x[lower[1]]
        assert (y[list(upper)] < y[list(lower)]).all()
    for left, upper, right, lower in (
        (48, range(49, 54), 54, range(59, 54, -1)),
        (60, range(61, 64), 64, range(67, 64, -1)),
    ):
        assert (np.diff(x[[left, *upper, right]]) > 0).all()
        assert (np.diff(x[[left, *lower, right]]) > 0).all()
        assert (y[list(upper)] < y[list(lower)]).all()


def test_the_bridge_and_the_jaw_are_evenly_divided() -> None:
    points = landmarks68(FACE)
    for part, dimensions, most in ((points[27:31], 3, 1.5), (points[:17], 2, 2.2)):
        steps = np.linalg.norm(np.diff(part[:, :dimensions], axis=0), axis=1)
        assert steps.max() / steps.min() < most


@pytest.mark.parametrize(("left", "right"), [(LEFT_EYE, RIGHT_EYE), (LEFT_IRIS, RIGHT_IRIS), (LEFT_BROW, RIGHT_BROW)])
def test_left_and_right_are_the_images_and_mirror_each_other(left: tuple[int, ...], right: tuple[int, ...]) -> None:
    assert (FACE[list(left), 0] < 0).all()
    assert (FACE[list(right), 0] > 0).all()
    distances = np.linalg.norm(mirrored(FACE[list(left)])[:, None] - FACE[list(right)][None], axis=2)
    assert distances.min(1).max() < 1e-3


@pytest.mark.parametrize("name", ["left_eye", "right_eye", "outer_lips", "inner_lips", "oval", "left_brow"])
def test_contours_run_clockwise_from_their_left_end_without_jumps(name: str) -> None:
    contour = FACE[list(GROUPS[name])][:, :2]
    assert area(contour) > 0
    first = contour[:, 0].argmin()
    assert first == 0 or name in ("oval", "left_brow")
    steps = np.linalg.norm(np.roll(contour, -1, axis=0) - contour, axis=1)
    assert steps.max() < 4 * np.median(steps)


def test_contours_lie_inside_each_other() -> None:
    def inside(inner: tuple[int, ...], outer: tuple[int, ...]) -> bool:
        low, high = FACE[list(outer), :2].min(0), FACE[list(outer), :2].max(0)
        return bool(((FACE[list(inner), :2] > low) & (FACE[list(inner), :2] < high)).all())

    assert inside(INNER_LIPS, OUTER_LIPS)
    for name, points in GROUPS.items():
        assert name == "oval" or inside(points, OVAL), name
    for iris, eye in ((LEFT_IRIS, LEFT_EYE), (RIGHT_IRIS, RIGHT_EYE)):
        middle = FACE[list(eye), :2].mean(0)
        assert FACE[iris[0], :2] == pytest.approx(middle, abs=0.04)
        x, y = FACE[list(iris), :2].T
        assert x[1] < x[0] < x[3]
        assert y[2] < y[0] < y[4]


def test_corners_of_eyes_are_where_the_lists_say() -> None:
    left, right = FACE[list(LEFT_EYE), 0], FACE[list(RIGHT_EYE), 0]
    assert (left.argmin(), left.argmax(), right.argmin(), right.argmax()) == (0, 8, 0, 8)


@pytest.mark.parametrize("shape", [(478, 3), (478, 2), (4, 478, 3), (0, 478, 3)])
def test_any_number_of_faces_and_two_or_three_dimensions(shape: tuple[int, ...]) -> None:
    landmarks = np.arange(np.prod(shape), dtype=np.float32).reshape(shape)
    assert landmarks68(landmarks).shape == (*shape[:-2], 68, shape[-1])
    assert landmarks5(landmarks).shape == (*shape[:-2], 5, shape[-1])
    assert np.array_equal(landmarks68(landmarks)[..., 30, :], landmarks[..., 1, :])


@pytest.mark.parametrize("shape", [(468, 3), (68, 3), (478,), (2, 3, 478)])
def test_other_topologies_are_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(ShapeError, match=r"landmarks must be \(…, 478, 2 or 3\), got "):
        landmarks68(np.zeros(shape))
