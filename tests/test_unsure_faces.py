"""Pictures that no label should be read from: low quality with its reason, and unsure, whatever the networks say."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from mien.faces import Face, Faces
from mien.pipeline import Profiler
from mien.quality import LEAST_QUALITY

LABELS = ("age", "gender", "race", "emotion")
ATTRIBUTES = (*LABELS, "quality")


@pytest.fixture(scope="module")
def photos() -> Profiler:
    return Profiler(attributes=ATTRIBUTES)


@pytest.fixture(scope="module")
def crops() -> Profiler:
    return Profiler(attributes=ATTRIBUTES, crops=True)


def one_colour(colour: tuple[int, int, int]) -> np.ndarray:
    return np.full((160, 160, 3), colour, np.uint8)


def covered(image: np.ndarray, axes: tuple[int, int] = (75, 92)) -> np.ndarray:
    """A hand, more or less: a shaded blob over the middle of a face 200 px high."""
    blob = np.zeros_like(image)
    rows, columns = np.mgrid[:400, :400]
    light = 0.8 + 0.2 * np.sin(columns / 9) * np.cos(rows / 13)
    blob[:] = np.clip(light[..., None] * (205, 160, 130), 0, 255)
    mask = np.zeros(image.shape[:2], np.uint8)
    cv2.ellipse(mask, (200, 205), axes, 0, 0, 360, 255, -1)
    return np.where(mask[..., None] > 0, blob, image)


def expect_nothing_sure(face: Face, reason: str) -> None:
    assert face.quality is not None
    assert face.quality < LEAST_QUALITY
    assert face.quality_reasons is not None
    assert reason in face.quality_reasons
    assert set(LABELS) <= set(face.unsure)
    assert {str(getattr(face, name)) for name in ("gender", "race", "emotion")} == {"unsure"}
    assert face.age is not None  # what was computed is kept
    assert face.gender is not None
    assert sum(face.gender.probabilities.values()) == pytest.approx(1, abs=1e-5)


@pytest.mark.parametrize("colour", [(0, 0, 0), (255, 255, 255), (128, 128, 128), (224, 178, 150)])
def test_a_crop_of_one_colour(crops: Profiler, photos: Profiler, colour: tuple[int, int, int]) -> None:
    (face,) = crops.analyze(one_colour(colour))
    expect_nothing_sure(face, "covered")
    expect_nothing_sure(face, "blurred")
    assert len(photos.analyze(one_colour(colour))) == 0


def test_noise_instead_of_a_face(crops: Profiler) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (160, 160, 3), np.uint8)
    (face,) = crops.analyze(noise)
    expect_nothing_sure(face, "covered")


@pytest.mark.parametrize("height", [100, 140, 200, 300])
def test_a_drawn_face(photos: Profiler, crops: Profiler, draw_faces, height: int) -> None:
    image = draw_faces(400, 400, [(200, 200, height)])
    (face,) = photos.analyze(image)
    expect_nothing_sure(face, "flat")
    half = height * 3 // 4
    low, high = max(200 - half, 0), 200 + half
    (face,) = crops.analyze(np.ascontiguousarray(image[low:high, low:high]))
    expect_nothing_sure(face, "flat")


def test_a_hand_over_the_face(photos: Profiler, crops: Profiler, drawn_face) -> None:
    image = covered(drawn_face)
    assert len(photos.analyze(image)) == 0
    (face,) = crops.analyze(np.ascontiguousarray(image[80:320, 80:320]))
    expect_nothing_sure(face, "covered")


@pytest.mark.parametrize("height", [14, 18])
def test_a_face_of_a_dozen_pixels(photos: Profiler, crops: Profiler, draw_faces, height: int) -> None:
    image = draw_faces(120, 120, [(60, 60, height)])
    for face in photos.analyze(image):
        expect_nothing_sure(face, "small")
    (face,) = crops.analyze(np.ascontiguousarray(image[48:72, 48:72]))
    expect_nothing_sure(face, "small")


def test_a_face_upside_down(photos: Profiler, crops: Profiler, drawn_face) -> None:
    image = np.ascontiguousarray(drawn_face[::-1, ::-1])
    assert len(photos.analyze(image)) == 0
    (face,) = crops.analyze(np.ascontiguousarray(image[80:320, 80:320]))
    expect_nothing_sure(face, "flat")


def test_a_face_turned_far_away(crops: Profiler, drawn_face) -> None:
    """Keypoints as of a profile: the nose far beside the middle of eyes and mouth."""
    keypoints = np.array([[[170, 180], [200, 178], [235, 215], [182, 250], [208, 250]]], np.float32)
    faces = Faces(boxes=[(130, 100, 270, 300)], scores=[0.8], keypoints=keypoints)
    for stage in crops.stages[1:]:
        faces = stage(drawn_face, faces)
    expect_nothing_sure(faces[0], "turned")


@pytest.mark.parametrize("light", ["dark", "overexposed"])
def test_a_face_without_usable_light(crops: Profiler, drawn_face, light: str) -> None:
    gain = 0.06 if light == "dark" else 40.0
    image = np.clip(drawn_face[80:320, 80:320] * gain, 0, 255).astype(np.uint8)
    (face,) = crops.analyze(image)
    expect_nothing_sure(face, light)


def test_quality_decides_also_where_it_is_not_asked_for() -> None:
    (face,) = Profiler(attributes=("gender",), crops=True).analyze(one_colour((224, 178, 150)))
    assert str(face.gender) == "unsure"
    assert face.unsure == ("gender",)
    assert face.quality is None
