from __future__ import annotations

import cv2
import numpy as np
import pytest

from mien.errors import ShapeError
from mien.live.camera_motion import CameraMotion

IDENTITY = np.eye(2, 3, dtype=np.float32)
HEIGHT, WIDTH = 360, 640


@pytest.fixture(scope="module")
def world():
    """A soft pattern with corners, larger than the picture."""
    noise = np.random.default_rng(0).integers(40, 215, (75, 110, 3), np.uint8)
    return cv2.resize(noise, (880, 600), interpolation=cv2.INTER_CUBIC)


def view(world, matrix):
    """What a camera sees for which points of the first picture have moved by `matrix`, in continuous pixels."""
    matrix = np.array(matrix, np.float64)
    half = np.array([0.5, 0.5])
    corner = np.array([120, 120])
    shift = matrix[:, 2] + matrix[:, :2] @ (half - corner) - half
    centres = np.column_stack([matrix[:, :2], shift])
    return cv2.warpAffine(world, centres, (WIDTH, HEIGHT))


@pytest.mark.parametrize(
    "matrix",
    [
        [[1, 0, 0], [0, 1, 0]],
        [[1, 0, 7], [0, 1, -4]],
        [[1, 0, -22], [0, 1, 10]],
        [[1.03, 0, -9.6], [0, 1.03, -5.4]],  # zoom around the middle
        [[0.9994, -0.0349, 6.5], [0.0349, 0.9994, -11]],  # 2° around the middle
    ],
)
def test_motion_is_found(world, matrix):
    camera = CameraMotion()
    assert (camera.estimate(view(world, IDENTITY)) == IDENTITY).all()
    found = camera.estimate(view(world, matrix))
    corners = np.array([[0, 0, 1], [WIDTH, 0, 1], [0, HEIGHT, 1], [WIDTH, HEIGHT, 1]])
    assert found.dtype == np.float32
    assert corners @ found.T == pytest.approx(corners @ np.array(matrix).T, abs=1.0)


def test_people_who_walk_are_not_the_camera(world):
    before, after = view(world, IDENTITY), view(world, IDENTITY)
    person = np.random.default_rng(1).integers(0, 255, (25, 20, 3), np.uint8)
    person = cv2.resize(person, (160, 200), interpolation=cv2.INTER_CUBIC)
    before[100:300, 200:360] = person
    after[100:300, 212:372] = person
    camera = CameraMotion()
    camera.estimate(before)
    assert camera.estimate(after) == pytest.approx(IDENTITY, abs=0.5)


@pytest.mark.parametrize("second", ["flat", "other scene", "smaller"])
def test_unsure_is_no_motion(world, second):
    flat = np.full((HEIGHT, WIDTH, 3), 90, np.uint8)
    other = np.random.default_rng(5).integers(0, 255, (HEIGHT, WIDTH, 3), np.uint8)
    pictures = {"flat": flat, "other scene": other, "smaller": view(world, IDENTITY)[:100, :100]}
    camera = CameraMotion()
    camera.estimate(view(world, IDENTITY))
    assert (camera.estimate(pictures[second]) == IDENTITY).all()


def test_a_picture_without_corners_first(world):
    camera = CameraMotion()
    camera.estimate(np.zeros((HEIGHT, WIDTH, 3), np.uint8))
    assert (camera.estimate(view(world, IDENTITY)) == IDENTITY).all()


def test_grey_pictures_are_refused():
    with pytest.raises(ShapeError, match="RGB"):
        CameraMotion().estimate(np.zeros((HEIGHT, WIDTH), np.uint8))


def test_people_are_no_background(world):
    """Two large ones who walk would be taken for a camera that moves; their faces tell where they are."""
    still, camera, told = view(world, IDENTITY), CameraMotion(), CameraMotion()
    frames = []
    for step in (0, 8):
        frame = np.full_like(still, 128)
        frame[:, :200] = still[:, :200]
        for x in (220, 430):
            frame[60:360, x + step : x + step + 190] = still[60:360, x : x + 190]
        frames.append(frame)
    faces = np.array([[285, 80, 345, 160], [495, 80, 555, 160]], np.float32)
    assert [motion.estimate(frames[0]).tolist() for motion in (camera, told)] == [IDENTITY.tolist()] * 2
    assert camera.estimate(frames[1])[0, 2] == pytest.approx(8, abs=1)
    assert told.estimate(frames[1], faces).tolist() == IDENTITY.tolist()


def test_a_picture_full_of_people_tells_nothing(world):
    camera = CameraMotion()
    camera.estimate(view(world, IDENTITY))
    moved = view(world, [[1, 0, 12], [0, 1, 0]])
    everywhere = np.array([[-1000, -1000, 2000, 2000]], np.float32)
    assert camera.estimate(moved, everywhere).tolist() == IDENTITY.tolist()
