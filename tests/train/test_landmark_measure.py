from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("torch", reason="training needs the extra mien[train]")

from mien.geometry.face_pose import mean_face
from mien.geometry.landmark_subsets import POINTS_5
from mien.geometry.pose import to_matrix
from mien.train.augment import GENTLE
from mien.train.landmark_crops import LabelledCrops
from mien.train.landmark_data import Data, Units, shape_basis
from mien.train.landmark_measure import differences, distances, errors
from mien.train.landmark_shape import mirror_points
from mien.train.pack import Pack

PAIRS = mirror_points(mean_face())


def faces(yaws: list[float]) -> tuple[np.ndarray, np.ndarray]:
    poses = np.array([[yaw, 0, 0] for yaw in yaws])
    return mean_face() @ np.swapaxes(to_matrix(poses), 1, 2) * 40 + [72, 65, 0], poses


def labelled_crops(yaws: list[float], lost: tuple[int, ...] = ()) -> LabelledCrops:
    landmarks, poses = faces(yaws)
    found = np.ones(len(yaws), bool)
    found[list(lost)] = False
    rotations = to_matrix(poses)
    landmarks[~found], rotations[~found] = 0, 0
    random = np.random.default_rng(0)
    pack = Pack(
        folder=Path("nowhere"),
        crops=random.integers(0, 256, (len(yaws), 144, 144, 3), np.uint8),
        found=np.ones(len(yaws), bool),
        readable=np.ones(len(yaws), bool),
    )
    return LabelledCrops(
        pack=pack, found=found, landmarks=landmarks.astype(np.float32), rotations=rotations.astype(np.float32)
    )


def test_errors_are_parts_of_the_outer_eye_corners_distance() -> None:
    truth, pose = faces([0, 60])
    found = errors(truth + np.array([3, 4, 9]), pose + np.array([[2, -3, 0], [0, 0, 5]]), truth, pose)
    # 5 px by 40 px between the corners; turned by 60° they are half as far apart in the picture, not in space.
    assert found.all_points == pytest.approx([5 / 40, 5 / 20], rel=1e-4)
    assert found.points_68 == pytest.approx(found.all_points)
    assert found.in_space == pytest.approx([5 / 40, 5 / 40], rel=1e-4)
    assert np.allclose(found.angles, [[2, -3, 0], [0, 0, 5]])


def test_the_five_points_are_measured_by_themselves() -> None:
    truth, pose = faces([0])
    moved = truth.copy()
    moved[:, POINTS_5[0], 0] += 10
    assert errors(moved, pose, truth, pose).points_5 == pytest.approx([10 / 5 / 40], rel=1e-4)


def test_depth_is_no_distance_in_the_picture() -> None:
    truth, _ = faces([0, 10])
    assert distances(truth + np.array([0, 0, 50]), truth) == pytest.approx([0, 0])


@pytest.mark.parametrize(("a", "b", "wanted"), [(10, 5, 5), (179, -179, -2), (-179, 179, 2), (0, 180, -180)])
def test_angles_differ_the_short_way_round(a: float, b: float, wanted: float) -> None:
    assert differences(np.array([a]), np.array([b])) == pytest.approx([wanted])


def test_heads_turned_further_are_drawn_more_often() -> None:
    crops = labelled_crops([0] * 90 + [50] * 10)
    rows = np.arange(100)
    even = Data([crops], [rows], mirror_points=PAIRS, size=112, balance=0, faceless=0).weights()
    assert even == pytest.approx(np.ones(100))
    weights = Data([crops], [rows], mirror_points=PAIRS, size=112, balance=0.5, faceless=0).weights()
    assert weights[95] / weights[0] == pytest.approx(3)  # (0.9 / 0.1) ** 0.5


def test_a_batch_holds_what_the_teacher_says_in_the_networks_units() -> None:
    data = Data([labelled_crops([0] * 8, (3,))], [np.arange(8)], mirror_points=PAIRS, size=112, balance=0, faceless=0)
    batch = data.make_batch(np.arange(8), np.random.default_rng(0), GENTLE)
    assert batch["crops"].shape == (8, 3, 112, 112)
    assert batch["presence"].tolist() == [1, 1, 1, 0, 1, 1, 1, 1]
    # 40 px between the corners, in units of the template's 29.12 px; gentle views scale by a few per cent.
    corners = (batch["landmarks"][:, 33] - batch["landmarks"][:, 263]).norm(dim=1)
    assert corners[batch["presence"] > 0].numpy() == pytest.approx(40 / 29.12, rel=0.2)
    assert (
        batch["landmarks"][batch["presence"] > 0][:, 33, 0] < batch["landmarks"][batch["presence"] > 0][:, 263, 0]
    ).all()
    again = data.make_batch(np.arange(8), np.random.default_rng(0), GENTLE)
    assert all((batch[name] == again[name]).all() for name in batch)


def test_pictures_without_a_face_are_said_to_be_none() -> None:
    data = Data([labelled_crops([0] * 4)], [np.arange(4)], mirror_points=PAIRS, size=64, balance=0, faceless=1)
    batch = data.make_batch(np.arange(4), np.random.default_rng(0), GENTLE)
    assert batch["presence"].tolist() == [0, 0, 0, 0]


def test_units_are_the_templates_distance_between_the_eyes_about_the_middle() -> None:
    units = Units.at(112)
    assert units.unit == pytest.approx(29.12, abs=0.01)
    assert units.from_pixels(np.array([[56 + units.unit, 56, units.unit]])) == pytest.approx(np.array([[1, 0, 1]]))


def test_the_shapes_span_what_training_shows() -> None:
    crops = labelled_crops([-40, -20, 0, 20, 40] * 8)
    mean, components = shape_basis([crops], 12, size=112, mirror_points=PAIRS, strengths=GENTLE, seed=0)
    truth = Units.at(112).from_pixels(crops.landmarks - [16, 16, 0]).reshape(40, -1) - mean
    coefficients, *_ = np.linalg.lstsq(components.T, truth.T, rcond=None)
    assert np.abs(coefficients.T @ components - truth).max() < 0.02
