"""Faces that nothing good can be said of: every attribute keeps its shape, and the quality says what is wrong."""

from __future__ import annotations

import json

import cv2
import numpy as np
import pytest

from mien.faces import Faces
from mien.pipeline import ATTRIBUTES, Profiler

BACKGROUND, SKIN, HAIR = (90, 110, 140), (224, 178, 150), (60, 40, 30)
SHAPES = {
    "age": (),
    "gender": (2,),
    "race": (7,),
    "emotion": (7,),
    "quality": (),
    "pose": (3,),
    "landmarks": (478, 3),
    "embedding": (128,),
}


def one_colour(face: np.ndarray) -> np.ndarray:
    return np.full((96, 96, 3), SKIN, np.uint8)


def darkness(face: np.ndarray) -> np.ndarray:
    return np.zeros((96, 96, 3), np.uint8)


def turned_away(face: np.ndarray) -> np.ndarray:
    """The back of a head."""
    head = np.full((400, 400, 3), BACKGROUND, np.uint8)
    return np.asarray(cv2.ellipse(head, (200, 190), (76, 104), 0, 0, 360, HAIR, -1, cv2.LINE_AA))


def behind_a_hand(face: np.ndarray) -> np.ndarray:
    covered = cv2.ellipse(face.copy(), (205, 215), (80, 60), 20, 0, 360, (205, 160, 130), -1, cv2.LINE_AA)
    for finger in range(4):
        cv2.line(covered, (150 + 28 * finger, 235), (140 + 30 * finger, 130), (205, 160, 130), 22, cv2.LINE_AA)
    return np.asarray(covered)


def drawn(face: np.ndarray) -> np.ndarray:
    return face


def twelve_pixels(face: np.ndarray) -> np.ndarray:
    return np.asarray(cv2.resize(face[100:300, 100:300], (12, 12), interpolation=cv2.INTER_AREA))


def small_in_a_picture(face: np.ndarray) -> np.ndarray:
    picture = np.full((200, 200, 3), BACKGROUND, np.uint8)
    picture[90:108, 90:108] = cv2.resize(face[80:320, 80:320], (18, 18), interpolation=cv2.INTER_AREA)
    return picture


def cut_by_the_border(face: np.ndarray) -> np.ndarray:
    return face[:, 200:]


@pytest.fixture
def check(tiny_networks, drawn_face):
    """Profiles of what `make` makes of a drawn face; everything about them is checked that holds for any face."""

    def profile(make, *, crops: bool) -> Faces:
        faces = Profiler(attributes=ATTRIBUTES, crops=crops).analyze(make(drawn_face))
        for name, shape in SHAPES.items():
            column = getattr(faces, name)
            assert column.shape == (len(faces), *shape), name
            assert np.isfinite(column).all(), name
        assert faces.unsure["pose"].shape == faces.unsure["landmarks"].shape == (len(faces),)
        json.dumps(faces.to_dicts(), allow_nan=False)
        drawing = faces.draw(make(drawn_face))
        assert drawing.shape == make(drawn_face).shape
        return faces

    return profile


@pytest.mark.parametrize(
    ("make", "reasons"),
    [
        (one_colour, {"blurred", "covered", "flat"}),
        (darkness, {"blurred", "dark", "covered"}),
        (twelve_pixels, {"small", "blurred"}),
        (cut_by_the_border, {"cut", "flat"}),
    ],
)
def test_a_bad_crop_has_low_quality_with_its_reasons(check, make, reasons: set[str]) -> None:
    (face,) = check(make, crops=True)
    assert face.quality < 0.5
    assert set(face.quality_reasons) == reasons


@pytest.mark.parametrize("make", [turned_away, behind_a_hand, drawn])
def test_a_crop_of_hardly_a_face_is_one_all_the_same_of_which_nothing_is_sure(check, make) -> None:
    (face,) = check(make, crops=True)
    assert face.quality < 0.1
    assert {"covered", "flat"} & set(face.quality_reasons)
    assert {"age", "gender", "race", "emotion"} <= set(face.unsure)


@pytest.mark.parametrize(
    ("make", "count"),
    [(one_colour, 0), (darkness, 0), (turned_away, 0), (behind_a_hand, 0), (twelve_pixels, 0), (drawn, 1)],
)
def test_nobody_is_invented_in_a_picture(check, make, count: int) -> None:
    assert len(check(make, crops=False)) == count


def test_a_small_face_in_a_picture_is_told(check) -> None:
    (face,) = check(small_in_a_picture, crops=False)
    assert face.quality_reasons == ("small",)
    assert face.quality == pytest.approx(0, abs=0.1)


def test_where_no_face_is_seen_pose_and_landmarks_are_unsure(check) -> None:
    """The tiny network's presence is the crop's brightness."""
    assert check(darkness, crops=True)[0].unsure[-2:] == ("landmarks", "pose")
    assert not {"landmarks", "pose"} & set(check(one_colour, crops=True)[0].unsure)
