from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mien.errors import ModelError
from mien.faces import Faces
from mien.geometry.align import TEMPLATES
from mien.geometry.face_pose import mean_face
from mien.geometry.landmark_subsets import landmarks5
from mien.geometry.pose import from_matrix, to_matrix
from mien.models.landmarks import MOST_TURNED_DEG, Landmarks, camera_turns, in_picture
from mien.models.session import Session

HEAD = TEMPLATES["head"].points
PICTURE = np.full((300, 400, 3), 200, np.uint8)


@pytest.fixture(scope="module")
def stage(mean_face_network):
    """`stage(seen, **calibration)`: the stage with a network that sees the mean face in that pose in every crop."""

    def make(seen=(0, 0, 0), **calibration):
        data, card = mean_face_network(seen, **calibration)
        return Landmarks(Session(data), card)

    return make


def placed(angle_deg: float, scale: float, middle: tuple[float, float]) -> tuple[np.ndarray, np.ndarray]:
    """Keypoints of a face turned clockwise in the picture, and the (2, 3) way there from the crop."""
    turn = np.radians(angle_deg)
    linear = scale * np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    shift = np.array(middle) - linear @ HEAD.mean(0)
    return HEAD @ linear.T + shift, np.column_stack([linear, shift])


def faces(*keypoints: np.ndarray) -> Faces:
    points = np.array(keypoints, np.float32).reshape(-1, 5, 2)
    return Faces(
        boxes=np.concatenate([points.min(1), points.max(1)], axis=1), scores=np.ones(len(points)), keypoints=points
    )


@pytest.mark.parametrize("angle_deg", [0, 37, -120, 180])
@pytest.mark.parametrize("scale", [0.1, 1.0, 3.7])
def test_landmarks_come_back_to_where_the_face_is(stage, mean_face_network, angle_deg: float, scale: float) -> None:
    keypoints, there = placed(angle_deg, scale, (150, 120))
    found = stage((20, -10, 5))(PICTURE, faces(keypoints))
    data, _ = mean_face_network((20, -10, 5))
    in_crop = Session(data).run({"crops": np.zeros((1, 112, 112, 3), np.uint8)})["landmarks"][0]
    assert found.landmarks.shape == (1, 478, 3)
    assert found.landmarks[0, :, :2] == pytest.approx(in_crop[:, :2] @ there[:, :2].T + there[:, 2], abs=2e-3)
    assert found.landmarks[0, :, 2] == pytest.approx(in_crop[:, 2] * scale, abs=1e-3)


@pytest.mark.parametrize("source", ["rotation", "landmarks"])
@pytest.mark.parametrize("angle_deg", [-170, -90, -31, 0, 12, 45, 90, 179])
def test_a_turned_picture_adds_its_angle_to_the_roll(stage, source: str, angle_deg: float) -> None:
    keypoints, _ = placed(angle_deg, 1.3, (150, 120))
    found = stage((0, 0, 0), pose=source)(PICTURE, faces(keypoints))
    assert found.pose[0] == pytest.approx([0, 0, angle_deg], abs=0.01)


@pytest.mark.parametrize("source", ["rotation", "landmarks"])
@settings(max_examples=30)
@given(
    pose=st.tuples(st.floats(-70, 70), st.floats(-40, 40), st.floats(-30, 30)),
    angle_deg=st.floats(-180, 180),
    scale=st.floats(0.2, 4),
)
def test_a_turned_picture_turns_every_head_about_the_cameras_axis(stage, source, pose, angle_deg, scale) -> None:
    keypoints, _ = placed(angle_deg, scale, (150, 120))
    found = stage(pose, pose=source)(PICTURE, faces(keypoints))
    wanted = to_matrix(np.array([[0, 0, angle_deg]])) @ to_matrix(np.array([pose]))
    assert to_matrix(found.pose) == pytest.approx(wanted, abs=1e-3)


def test_a_picture_turned_by_a_right_angle_has_the_same_face_turned(stage) -> None:
    """As np.rot90 turns it: pixel (x, y) of a picture h high goes to (h - y, x)."""
    keypoints, _ = placed(20, 1.1, (170, 110))
    turned = np.stack([300 - keypoints[:, 1], keypoints[:, 0]], axis=1)
    make = stage((0, 0, 4))
    before = make(PICTURE, faces(keypoints))
    after = make(np.rot90(PICTURE, -1), faces(turned))
    assert after.pose[0] - before.pose[0] == pytest.approx([0, 0, 90], abs=0.01)
    x, y, z = before.landmarks[0].T
    assert after.landmarks[0] == pytest.approx(np.stack([300 - y, x, z], axis=1), abs=2e-3)


def test_the_card_says_where_the_pose_comes_from(tiny_network) -> None:
    landmarks = mean_face() @ to_matrix(np.array([[-15, 0, 0]]))[0].T * 40 + [56, 50, 0]
    rotation = to_matrix(np.array([[25, 0, 0]]))[0]
    outputs = {"landmarks": landmarks, "rotation": rotation[:, :2].T.ravel()}
    for calibration, yaw in (({"pose": "rotation"}, 25), ({"pose": "landmarks"}, -15), ({}, 25)):
        data, card = tiny_network("landmarks", outputs, **calibration)
        found = Landmarks(Session(data), card)(PICTURE, faces(placed(0, 1, (150, 120))[0]))
        assert found.pose[0] == pytest.approx([yaw, 0, 0], abs=0.01)


def test_another_source_of_the_pose_is_refused(mean_face_network) -> None:
    data, card = mean_face_network(pose="guess")
    with pytest.raises(
        ModelError, match=r"card landmarks: calibration\.pose must be rotation or landmarks, got 'guess'"
    ):
        Landmarks(Session(data), card)


def test_an_unknown_template_is_refused(mean_face_network) -> None:
    data, card = mean_face_network()
    with pytest.raises(ModelError, match=r"input\.template must be one of"):
        Landmarks(Session(data), dataclasses.replace(card, input={"template": "torso", "size": 112}))


@pytest.mark.parametrize(
    ("pose", "unsure"),
    [
        ((0, 0, 0), False),
        ((MOST_TURNED_DEG - 1, 0, 0), False),
        ((MOST_TURNED_DEG + 1, 0, 0), True),
        ((-MOST_TURNED_DEG - 1, 0, 0), True),
        ((-MOST_TURNED_DEG + 1, 0, 40), False),
        ((0, MOST_TURNED_DEG + 1, 0), True),
        ((60, 60, 0), True),
        ((170, 0, 0), True),
    ],
)
@pytest.mark.parametrize("roll_deg", [0, 70])
def test_heads_turned_too_far_are_unsure_however_the_picture_lies(stage, pose, unsure: bool, roll_deg: float) -> None:
    found = stage(pose)(PICTURE, faces(placed(roll_deg, 1, (150, 120))[0]))
    assert found.unsure["pose"].tolist() == found.unsure["landmarks"].tolist() == [unsure]
    assert found[0].unsure == (("landmarks", "pose") if unsure else ())


@pytest.mark.parametrize(
    ("brightness", "calibration", "unsure"),
    [
        (120, {}, True),
        (135, {}, False),
        (120, {"least_presence": 0.4}, False),
        (135, {"least_presence": 0.6}, True),
        (0, {}, True),
    ],
)
def test_where_hardly_a_face_is_seen_all_is_unsure(stage, brightness: int, calibration: dict, unsure: bool) -> None:
    picture = np.full((300, 400, 3), brightness, np.uint8)  # the tiny network's presence is the crop's brightness
    found = stage(**calibration)(picture, faces(placed(0, 1, (150, 120))[0]))
    assert found.unsure["pose"].tolist() == found.unsure["landmarks"].tolist() == [unsure]


def test_flags_of_other_attributes_stay(stage) -> None:
    one = faces(placed(0, 1, (150, 120))[0]).replace(unsure={"gender": [True]})
    assert stage()(PICTURE, one)[0].unsure == ("gender",)


def test_faces_of_a_picture_are_run_at_once_and_do_not_mix(stage) -> None:
    picture = PICTURE.copy()
    picture[:, 200:] = 20
    places = [placed(10, 0.5, (80, 80)), placed(-50, 0.8, (300, 150)), placed(180, 0.3, (100, 220))]
    make = stage((5, 10, 0))
    together = make(picture, faces(*(keypoints for keypoints, _ in places)))
    assert together.unsure["pose"].tolist() == [False, True, False]
    for row, (keypoints, _) in enumerate(places):
        alone = make(picture, faces(keypoints))
        assert together.landmarks[row] == pytest.approx(alone.landmarks[0], abs=1e-4)
        assert together.pose[row] == pytest.approx(alone.pose[0], abs=1e-4)
        middle = landmarks5(together.landmarks[row])[:, :2].mean(0)
        assert np.linalg.norm(middle - keypoints.mean(0)) < 25


def test_nobody_has_no_landmarks(stage) -> None:
    found = stage()(PICTURE, Faces.empty())
    assert (found.landmarks.shape, found.pose.shape) == ((0, 478, 3), (0, 3))
    assert (found.unsure["pose"].shape, found.unsure["landmarks"].shape) == ((0,), (0,))


@pytest.mark.parametrize(
    "keypoints",
    [np.full((5, 2), 50.0), np.full((5, 2), -1e4), HEAD * 0.02 + 10, HEAD[::-1], HEAD * [-1, 1]],
    ids=["in one place", "outside", "two pixels wide", "upside down", "mirrored"],
)
def test_keypoints_that_make_no_sense_do_no_harm(stage, keypoints: np.ndarray) -> None:
    found = stage((0, 0, 0), pose="landmarks")(PICTURE, faces(keypoints))
    assert found.landmarks.shape == (1, 478, 3)
    assert np.abs(from_matrix(to_matrix(found.pose)) - found.pose).max() < 1e-3


def test_transforms_of_the_picture_turn_heads_and_scale_depth() -> None:
    _, there = placed(30, 2.5, (0, 0))
    assert camera_turns(there[None]) == pytest.approx(to_matrix(np.array([[0, 0, 30]])), abs=1e-6)
    moved = in_picture(np.array([[[0, 0, 4], [1, 0, 0]]], np.float32), there[None])[0]
    assert moved[0] == pytest.approx([*there[:, 2], 10], abs=1e-4)
    assert moved[1] - moved[0] == pytest.approx([*there[:, 0], -10], abs=1e-4)
