from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mien.face_measures import EYE_ASPECT, MOUTH_ASPECT, Measures, eyes_open, facing, measure, mouth_open, smile
from mien.faces import Faces
from mien.geometry.face_pose import mean_face
from mien.geometry.landmark_subsets import POINTS_68
from mien.geometry.pose import to_matrix

LEFT_EYE, RIGHT_EYE, MOUTH = POINTS_68[36:42], POINTS_68[42:48], POINTS_68[60:68]


def opened(points: tuple[int, ...], ratio: float, landmarks: np.ndarray | None = None) -> np.ndarray:
    """The mean face with an eye or the mouth opened so far that height over width is `ratio`.

    `points` are a corner, the upper edge, the other corner, and the lower edge backwards.
    """
    face = (mean_face() if landmarks is None else landmarks).astype(np.float64)
    half = len(points) // 2
    width = np.linalg.norm(face[points[0]] - face[points[half]])
    for upper, lower in zip(points[1:half], points[:half:-1], strict=True):
        middle = (face[upper] + face[lower]) / 2
        apart = np.array([0, ratio * width, 0])
        face[upper], face[lower] = middle - apart / 2, middle + apart / 2
    return face


def share(zero_to_one: tuple[float, float], value: float) -> float:
    return zero_to_one[0] + value * (zero_to_one[1] - zero_to_one[0])


@pytest.mark.parametrize("value", [0, 0.25, 1])
def test_each_eye_is_measured_by_its_own_lids(value: float) -> None:
    face = opened(RIGHT_EYE, share(EYE_ASPECT, 0.5), opened(LEFT_EYE, share(EYE_ASPECT, value)))
    assert eyes_open(face[None]) == pytest.approx(np.array([[value, 0.5]]), abs=1e-5)
    found = measure(face, None)
    assert found is not None
    assert (found.left_eye_open, found.right_eye_open) == pytest.approx((value, 0.5), abs=1e-5)
    assert found.eyes_open == pytest.approx((value + 0.5) / 2, abs=1e-5)


@pytest.mark.parametrize("value", [0, 0.4, 1])
def test_the_mouth_is_open_by_the_height_of_its_opening(value: float) -> None:
    face = opened(MOUTH, share(MOUTH_ASPECT, value))
    assert mouth_open(face[None]) == pytest.approx([value], abs=1e-5)


@pytest.mark.parametrize("ratio", [0, 3])
def test_what_goes_beyond_is_cut_off(ratio: float) -> None:
    face = opened(MOUTH, ratio, opened(LEFT_EYE, ratio))
    assert (eyes_open(face[None])[0, 0], mouth_open(face[None])[0]) == (min(ratio, 1), min(ratio, 1))


def test_raised_and_drawn_corners_are_a_smile_and_lowered_ones_are_none() -> None:
    def face(outward: float, upward: float) -> np.ndarray:
        moved = mean_face().astype(np.float64)
        for corner, side in ((61, -1), (291, 1)):
            moved[corner] += [side * outward, -upward, 0]
        return moved[None]

    flat, wide, up, both, down = (
        float(smile(face(*move))[0]) for move in ((0, 0), (0.06, 0), (0, 0.05), (0.06, 0.05), (0, -0.1))
    )
    assert flat < wide < both
    assert flat < up < both
    assert flat < 0.4
    assert both > 0.6
    assert down == 0


@given(st.floats(-60, 60), st.floats(-40, 40), st.floats(-180, 180), st.floats(5, 500))
def test_turning_scaling_and_moving_change_no_measure(yaw: float, pitch: float, roll: float, scale: float) -> None:
    face = opened(MOUTH, 0.2, opened(LEFT_EYE, 0.2))
    moved = face @ to_matrix(np.array([[yaw, pitch, roll]]))[0].T * scale + [300, 200, 0]
    assert measure(moved, None)[:5] == pytest.approx(measure(face, None)[:5], abs=1e-4)


@pytest.mark.parametrize(
    ("pose", "value"),
    [
        ((0, 0, 0), 1),
        ((9, 0, 90), 1),
        ((30, 0, 0), 0.5),
        ((-30, 0, 45), 0.5),
        ((0, -20, 0), 0.75),
        ((50, 0, 0), 0),
        ((40, 40, 0), 0),
        ((120, 0, 0), 0),
    ],
)
def test_a_head_faces_the_camera_by_the_angle_to_it(pose: tuple[float, ...], value: float) -> None:
    assert facing(np.array([pose])) == pytest.approx([value], abs=1e-4)


def test_points_in_one_place_are_finite() -> None:
    assert np.isfinite(measure(np.zeros((478, 3)), np.zeros(3))).all()


def test_nobody() -> None:
    none = np.empty((0, 478, 3))
    assert (eyes_open(none).shape, mouth_open(none).shape, smile(none).shape) == ((0, 2), (0,), (0,))
    assert facing(np.empty((0, 3))).shape == (0,)


def face(**columns: np.ndarray) -> Faces:
    return Faces(boxes=np.zeros((1, 4)), scores=np.zeros(1), **columns)


def test_a_face_without_landmarks_and_pose_has_no_measures() -> None:
    known = face()[0]
    assert known.measures is None
    assert (known.eyes_open, known.mouth_open, known.smile, known.facing) == (None,) * 4
    assert known.to_dict()["measures"] is None
    assert [known.to_row()[name] for name in Measures._fields] == [None] * 6


@pytest.mark.parametrize("name", ["eyes_open", "mouth_open", "smile", "facing"])
def test_one_value_is_measured_once(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    calls = []
    monkeypatch.setattr("mien.face.measure", lambda *known: calls.append(known) or measure(*known))
    known = face(landmarks=mean_face()[None], pose=np.zeros((1, 3)))[0]
    assert getattr(known, name) == getattr(known.measures, name)
    assert len(calls) == 2  # once for each side of the line above


def test_a_pose_alone_tells_how_the_head_is_turned() -> None:
    known = face(pose=np.array([[30, 0, 0]]))[0]
    assert (known.eyes_open, known.mouth_open, known.smile) == (None,) * 3
    assert known.facing == pytest.approx(0.5, abs=1e-4)
    assert known.to_dict()["measures"] == dict.fromkeys(Measures._fields) | {"facing": 0.5}


def test_landmarks_alone_tell_of_eyes_and_mouth() -> None:
    open_mouth = opened(MOUTH, share(MOUTH_ASPECT, 0.3), opened(LEFT_EYE, share(EYE_ASPECT, 0.2)))
    known = face(landmarks=opened(RIGHT_EYE, share(EYE_ASPECT, 0.6), open_mouth)[None])[0]
    assert (known.eyes_open, known.mouth_open, known.facing) == pytest.approx((0.4, 0.3, None), abs=1e-4)
    told = known.to_dict()["measures"]
    assert list(told) == list(Measures._fields)
    assert (told["left_eye_open"], told["right_eye_open"], told["eyes_open"], told["mouth_open"]) == (
        0.2,
        0.6,
        0.4,
        0.3,
    )
    row = known.to_row()
    assert {name: row[name] for name in Measures._fields} == told
    assert known.smile == pytest.approx(told["smile"], abs=5e-4)
