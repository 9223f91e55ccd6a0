from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

pytest.importorskip("torch", reason="training needs the extra mien[train]")

import cv2

from mien.geometry.face_pose import mean_face
from mien.geometry.pose import from_matrix, mirror, to_matrix
from mien.train.augment import Augmentation
from mien.train.landmark_crops import carried, turned
from mien.train.landmark_shape import mirror_points
from mien.train.landmark_views import about_middle, faceless, random_view, warped

STILL = Augmentation(
    turn_deg=0,
    zoom=0,
    shift=0,
    flip=0,
    shrink=0,
    blur=0,
    jpeg=0,
    light=0,
    colour=0,
    grey=0,
    noise=0,
    erase=0,
)
MOVING = dataclasses.replace(STILL, turn_deg=20, zoom=0.1, shift=0.05, flip=0.5)
FLIP = np.array([[-1.0, 0, 112], [0, 1, 0]])
PAIRS = mirror_points(mean_face())

poses = st.tuples(st.floats(-80, 80), st.floats(-60, 60), st.floats(-170, 170))


def dotted(landmarks: np.ndarray, side: int) -> np.ndarray:
    """A picture with a bright, round spot about each landmark."""
    y, x = np.mgrid[:side, :side] + 0.5
    spots = sum(np.exp(-((x - px) ** 2 + (y - py) ** 2) / 8) for px, py in landmarks[:, :2])
    return np.repeat(np.asarray(np.clip(spots, 0, 1) * 255, np.uint8)[..., None], 3, axis=2)


def middle_of_spot(picture: np.ndarray, near: np.ndarray) -> np.ndarray:
    """The centre of brightness within 7 pixels of a point."""
    y, x = np.mgrid[: len(picture), : len(picture)] + 0.5
    weight = picture[..., 0] * (np.hypot(x - near[0], y - near[1]) < 7)
    return np.array([(x * weight).sum(), (y * weight).sum()]) / weight.sum()


def test_without_augmentation_a_view_is_the_middle_of_the_crop(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mien.train.landmark_views.FAR_TURNS", 0.0)
    crop = np.random.default_rng(0).integers(0, 256, (144, 144, 3), np.uint8)
    landmarks = np.random.default_rng(1).uniform(20, 120, (478, 3)).astype(np.float32)
    rotation = to_matrix(np.array([[20, 5, -3]]))[0]
    view = random_view(
        crop,
        landmarks,
        rotation,
        size=112,
        mirror_points=PAIRS,
        strengths=STILL,
        random=np.random.default_rng(2),
    )
    assert np.array_equal(view.picture, crop[16:128, 16:128])
    assert np.allclose(view.landmarks, landmarks - [16, 16, 0], atol=1e-4)
    assert np.allclose(view.rotation, rotation, atol=1e-6)


@pytest.mark.parametrize("seed", range(12))
def test_landmarks_go_exactly_where_the_picture_goes(seed: int) -> None:
    places = np.array([[60, 55, 0], [90, 60, 5], [70, 92, -5]], np.float32)
    landmarks = np.resize(places, (478, 3))
    unswapped = np.arange(478)  # these spots mean nothing, so a mirror image does not exchange them
    view = random_view(
        dotted(places, 144),
        landmarks,
        np.eye(3),
        size=112,
        mirror_points=unswapped,
        strengths=MOVING,
        random=np.random.default_rng(seed),
    )
    inside = [place for place in view.landmarks[:3] if (place[:2] > 8).all() and (place[:2] < 104).all()]
    assert inside
    for place in inside:
        assert np.abs(middle_of_spot(view.picture, place[:2]) - place[:2]).max() < 0.3


def test_depth_is_scaled_with_the_picture() -> None:
    zoomed = carried(np.array([[[10.0, 20, 4]]]), about_middle(100, 100, 2.0, 0.5)[None])
    assert zoomed[0, 0, 2] == pytest.approx(8)


def test_a_view_that_turns_clockwise_turns_the_head_clockwise() -> None:
    after = turned(np.eye(3)[None], about_middle(144, 112, 1.3, np.radians(25))[None])
    assert np.allclose(from_matrix(after), [[0, 0, 25]], atol=1e-4)


@given(poses)
def test_a_mirrored_view_mirrors_the_pose(pose: tuple[float, float, float]) -> None:
    after = turned(to_matrix(np.array([pose])), FLIP[None])
    assert np.allclose(after, to_matrix(mirror(np.array([pose]))), atol=1e-5)


@given(poses, st.floats(-50, 50), st.floats(0.5, 2))
def test_mirroring_twice_changes_nothing(pose: tuple[float, float, float], angle: float, zoom: float) -> None:
    rotation = to_matrix(np.array([pose])).astype(np.float32)
    landmarks = (mean_face() @ rotation[0].T * 40 + [56, 56, 0])[None]
    back = cv2.invertAffineTransform(moved := about_middle(112, 112, zoom, np.radians(angle)))
    there, again = FLIP @ np.vstack([moved, [0, 0, 1]]), back @ np.vstack([FLIP, [0, 0, 1]])
    once = carried(landmarks, there[None])[:, PAIRS]
    assert np.allclose(carried(once, again[None])[:, PAIRS], landmarks, atol=1e-3)
    assert np.allclose(turned(turned(rotation, there[None]), again[None]), rotation, atol=1e-5)


def test_the_same_source_of_chance_gives_the_same_view() -> None:
    crop = np.random.default_rng(0).integers(0, 256, (144, 144, 3), np.uint8)
    landmarks = np.random.default_rng(1).uniform(20, 120, (478, 3))
    one, two = (
        random_view(
            crop,
            landmarks,
            np.eye(3),
            size=96,
            mirror_points=PAIRS,
            strengths=Augmentation(),
            random=np.random.default_rng(5),
        )
        for _ in range(2)
    )
    assert one.picture.shape == (96, 96, 3)
    assert one.picture.dtype == np.uint8
    assert np.array_equal(one.picture, two.picture)
    assert np.array_equal(one.landmarks, two.landmarks)


@pytest.mark.parametrize("seed", range(9))
def test_pictures_without_a_face_are_made_of_any_crop(seed: int) -> None:
    crop = np.random.default_rng(0).integers(0, 256, (64, 64, 3), np.uint8)
    before = crop.copy()
    picture = faceless(crop, size=48, strengths=Augmentation(), random=np.random.default_rng(seed))
    assert picture.shape == (48, 48, 3)
    assert picture.dtype == np.uint8
    assert np.array_equal(crop, before)


def test_warped_counts_from_corners_not_centres() -> None:
    crop = np.zeros((4, 4, 3), np.uint8)
    crop[:, :2] = 200
    doubled = warped(crop, about_middle(4, 8, 2.0, 0.0), 8)
    assert doubled[0, :, 0].tolist() == [200, 200, 200, 150, 50, 0, 0, 0]
