from __future__ import annotations

import cv2
import numpy as np
import pytest

from mien.faces import Faces
from mien.geometry.align import TEMPLATES
from mien.quality import LEAST_QUALITY, REASONS, Quality, flat_share, nose_offset, sharpness, visible_share

SIDE = 240


def textured(seed: int = 1) -> np.ndarray:
    """A picture with detail at every scale, mean near 127."""
    random = np.random.default_rng(seed)
    picture = np.zeros((SIDE, SIDE, 3), np.float32)
    for side, contrast in ((15, 70), (30, 40), (60, 20), (120, 20)):
        picture += cv2.resize(random.normal(0, contrast, (side, side, 3)).astype(np.float32), (SIDE, SIDE))
    return np.clip(picture + 127, 0, 255).astype(np.uint8)


def face(box: tuple[float, ...] = (60, 60, 180, 180), keypoints: np.ndarray | None = None) -> Faces:
    if keypoints is None:
        keypoints = TEMPLATES["face"].resized(120).points + np.float32(60)
    return Faces(boxes=[box], scores=[0.9], keypoints=keypoints[None])


def reasons(image: np.ndarray, faces: Faces) -> tuple[str, ...]:
    rated = Quality()(image, faces)
    assert rated.quality_reasons is not None
    return rated.quality_reasons[0]


def test_a_sharp_frontal_face_has_full_quality_and_no_reason() -> None:
    rated = Quality()(textured(), face())
    assert rated.quality == pytest.approx([1.0])
    assert rated.quality_reasons == ((),)


@pytest.mark.parametrize(
    ("reason", "image", "faces"),
    [
        ("small", textured(), face((110, 110, 132, 132))),
        ("blurred", cv2.GaussianBlur(textured(), (0, 0), 5), face()),
        ("dark", (textured() * 0.2).astype(np.uint8), face()),
        ("overexposed", np.clip(textured().astype(int) * 3, 0, 255).astype(np.uint8), face()),
        (
            "turned",
            textured(),
            face(keypoints=TEMPLATES["face"].points + np.array([[0, 0]] * 2 + [[20, 0]] + [[0, 0]] * 2)),
        ),
        ("cut", textured(), face((180, 60, 300, 180))),
    ],
)
def test_each_fault_is_named(reason: str, image: np.ndarray, faces: Faces) -> None:
    assert reasons(image, faces) == (reason,)


def test_a_picture_of_one_colour_is_blurred_and_flat_and_worth_nothing() -> None:
    flat = np.full((SIDE, SIDE, 3), 128, np.uint8)
    rated = Quality()(flat, face())
    assert rated.quality == pytest.approx([0.0])
    assert rated.quality_reasons == (("blurred", "flat"),)


def test_what_the_detector_hardly_takes_for_a_face_is_covered() -> None:
    scores = {0.9: (), 0.6: (), 0.4: ("covered",), 0.0: ("covered",)}
    for score, wanted in scores.items():
        assert reasons(textured(), face().replace(scores=[score])) == wanted
    assert Quality()(textured(), face().replace(scores=[0.0])).quality == pytest.approx([0.0])


def test_a_drawn_face_is_flat_and_worth_little(drawn_face) -> None:
    drawn = Faces(
        boxes=[(128, 102, 272, 298)],
        scores=[0.9],
        keypoints=[[(170, 180), (230, 180), (200, 225), (175, 252), (225, 252)]],
    )
    rated = Quality()(drawn_face, drawn)
    assert rated.quality_reasons == (("flat",),)
    assert rated.quality is not None
    assert rated.quality[0] < LEAST_QUALITY


def test_the_flat_share_is_that_of_blocks_without_shading() -> None:
    shaded = np.tile(np.arange(96, dtype=np.uint8) + 80, (96, 1))
    assert flat_share(shaded) == 0
    half = shaded.copy()
    half[:48] = 100
    assert flat_share(half) == pytest.approx(0.5)
    clipped = shaded.copy()
    clipped[:24], clipped[24:48] = 0, 255  # black and white are not flat but out of the camera's range
    assert flat_share(clipped) == 0
    rim = shaded.copy()
    rim[:16], rim[-16:], rim[:, :16], rim[:, -16:] = 90, 90, 90, 90
    assert flat_share(rim) == 0


@pytest.mark.parametrize("level", [40, 120, 230])
def test_shading_is_told_by_the_blocks_own_brightness(level: int) -> None:
    random = np.random.default_rng(0)
    skin = np.clip(level + random.normal(0, 0.02 * level, (96, 96)), 0, 255).round().astype(np.uint8)
    assert flat_share(skin) < 0.01


def test_reasons_come_in_one_order() -> None:
    black = np.zeros((SIDE, SIDE, 3), np.uint8)
    found = reasons(black, face((230, 230, 250, 250)))
    assert found == ("small", "blurred", "dark", "cut")
    assert [*found] == [reason for reason in REASONS if reason in found]


def test_nobody_has_an_empty_quality() -> None:
    rated = Quality()(textured(), Faces.empty())
    assert rated.quality is not None
    assert rated.quality.shape == (0,)
    assert rated.quality_reasons == ()


@pytest.mark.parametrize("wavelength_px", [6, 9, 12])
def test_sharpness_of_a_wave_is_what_the_filters_leave_of_it(wavelength_px: int) -> None:
    w = 2 * np.pi / wavelength_px
    wave = np.tile(127 + 100 * np.sin(w * np.arange(480)), (480, 1)).round().astype(np.uint8)
    # A Gaussian of one pixel keeps exp(−w²/2) of the amplitude, the Laplacian 2 − 2 cos w of that.
    assert sharpness(wave) == pytest.approx((np.exp(-(w**2) / 2) * (2 - 2 * np.cos(w))) ** 2, rel=0.03)


@pytest.mark.parametrize("angle_deg", [0, 30, 90, 200])
@pytest.mark.parametrize("scale", [0.5, 4.0])
def test_the_nose_offset_ignores_roll_scale_and_place(angle_deg: float, scale: float) -> None:
    points = TEMPLATES["face"].points.astype(float)
    points[2] += [7, 3]
    turn = np.deg2rad(angle_deg)
    rotation = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    moved = points @ rotation.T * scale + [40, -10]
    assert nose_offset(moved[None]) == pytest.approx(nose_offset(points[None]), rel=1e-4)


def test_visible_share() -> None:
    boxes = np.array([[0, 0, 10, 10], [-5, 0, 5, 10], [8, 8, 12, 12], [20, 20, 30, 30]])
    assert visible_share(boxes, 10, 10) == pytest.approx([1, 0.5, 0.25, 0])
