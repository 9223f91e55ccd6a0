"""What every detector must do."""

from __future__ import annotations

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from mien.errors import InputError, ShapeError, UnknownNameError
from mien.geometry.boxes import iou
from mien.models import detectors
from mien.models.session import Threads

NAMES = detectors.names()
FACES = [(100, 110, 90), (300, 120, 120), (480, 130, 70), (180, 320, 150), (420, 330, 110)]  # x, y, height
FACE_BOXES = np.array([(x - 0.36 * s, y - 0.5 * s, x + 0.36 * s, y + 0.5 * s) for x, y, s in FACES], np.float32)


@pytest.fixture(scope="module", params=NAMES)
def detector(request):
    return detectors.load(request.param, long_side=640, threads=Threads())


@pytest.fixture(scope="module")
def group(draw_faces):
    return draw_faces(448, 600, FACES)


def _check(found, count):
    assert found.boxes.shape == (count, 4)
    assert found.scores.shape == (count,)
    assert found.keypoints.shape == (count, 5, 2)
    assert {array.dtype for array in found} == {np.dtype(np.float32)}
    assert all(np.isfinite(array).all() for array in found)
    assert (np.diff(found.scores) <= 0).all()
    assert ((found.scores >= 0) & (found.scores <= 1)).all()


def test_the_detectors_that_there_are():
    assert NAMES == ("haar", "yunet")


def test_names_are_known_without_importing_a_detector():
    script = (
        "import sys\nfrom mien.models import detectors\nassert detectors.names() == ('haar', 'yunet')\n"
        "print([name for name in ('cv2', 'numpy', 'onnxruntime') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize(("name", "near"), [("yunnet", "yunet"), ("Haar", "haar"), ("haarcascade", "haar")])
def test_an_unknown_detector_gets_the_nearest_names(name, near):
    with pytest.raises(UnknownNameError, match=rf"unknown detector '{name}'; did you mean {near}\?"):
        detectors.load(name, long_side=640, threads=Threads())


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("long_side", [31, 0, -640])
def test_a_long_side_too_small_for_any_face_is_refused(name, long_side):
    with pytest.raises(InputError, match=f"at least 32 pixels, got {long_side}"):
        detectors.load(name, long_side=long_side, threads=Threads())


@pytest.mark.parametrize("long_side", ["640", 640.0, float("nan"), None])
def test_a_long_side_that_is_no_whole_number_is_refused(long_side):
    with pytest.raises(InputError, match=f"long_side must be a whole number of pixels, got {long_side!r}; 640"):
        detectors.load("yunet", long_side=long_side, threads=Threads())


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("threshold", [-0.1, 1.1, float("nan")])
def test_a_score_threshold_beyond_0_and_1_is_refused(name, threshold):
    with pytest.raises(InputError, match="score_threshold must be between 0 and 1"):
        detectors.load(name, long_side=640, threads=Threads(), score_threshold=threshold)


def test_every_drawn_face_is_found_where_it_is(detector, group):
    found = detector.detect(group)
    _check(found, len(FACES))
    overlaps = iou(FACE_BOXES, found.boxes)
    assert sorted(overlaps.argmax(1)) == list(range(len(FACES)))
    assert overlaps.max(1).min() > 0.6
    order = overlaps.argmax(0)
    x, y, height = np.array(FACES, np.float32)[order].T
    eyes = np.stack(
        [np.stack([x - 0.15 * height, y - 0.1 * height], 1), np.stack([x + 0.15 * height, y - 0.1 * height], 1)], 1
    )
    off = np.linalg.norm(found.keypoints[:, :2] - eyes, axis=2) / height[:, None]
    assert off.max() < 0.1


def test_boxes_come_back_in_the_pixels_of_a_picture_that_was_shrunk(detector, draw_faces):
    large = draw_faces(1344, 1800, [(3 * x, 3 * y, 3 * s) for x, y, s in FACES])
    found = detector.detect(large)
    _check(found, len(FACES))
    assert iou(3 * FACE_BOXES, found.boxes).max(1).min() > 0.6


def test_a_threshold_drops_the_faces_below_it(group):
    for name in NAMES:
        every = detectors.load(name, long_side=640, threads=Threads()).detect(group)
        threshold = float(every.scores[1:3].mean())
        best = detectors.load(name, long_side=640, threads=Threads(), score_threshold=threshold).detect(group)
        np.testing.assert_array_equal(best.boxes, every.boxes[:2])


@pytest.mark.parametrize(
    ("height", "width"), [(1, 1), (1, 2), (31, 33), (480, 640), (1, 40_000), (40_000, 1), (3, 70_000), (20_000, 7)]
)
def test_nobody_in_a_plain_picture_of_any_shape(detector, height, width):
    _check(detector.detect(np.full((height, width, 3), 120, np.uint8)), 0)


def test_nobody_in_noise(detector):
    _check(detector.detect(np.random.default_rng(1).integers(0, 256, (300, 400, 3), dtype=np.uint8)), 0)


def test_the_picture_is_left_as_it_was_and_the_answer_is_the_same_again(detector, group):
    picture = group.copy()
    picture.setflags(write=False)
    first, second = detector.detect(picture), detector.detect(picture)
    for a, b in zip(first, second, strict=True):
        np.testing.assert_array_equal(a, b)
    np.testing.assert_array_equal(picture, group)


def test_pictures_need_not_be_contiguous(detector, group):
    wide = np.repeat(group, 2, axis=1)
    for a, b in zip(detector.detect(wide[:, ::2]), detector.detect(group), strict=True):
        np.testing.assert_array_equal(a, b)


def test_eight_threads_get_the_numbers_of_one(detector, group):
    pictures = [np.roll(group, 12 * shift, axis=1) for shift in range(16)]
    alone = [detector.detect(picture) for picture in pictures]
    with ThreadPoolExecutor(8) as pool:
        together = list(pool.map(detector.detect, pictures))
    for a, b in zip(alone, together, strict=True):
        np.testing.assert_array_equal(a.boxes, b.boxes)
        np.testing.assert_array_equal(a.scores, b.scores)
        np.testing.assert_array_equal(a.keypoints, b.keypoints)


@pytest.mark.parametrize(
    ("shape", "dtype"),
    [((0, 5, 3), "uint8"), ((5, 0, 3), "uint8"), ((5, 5), "uint8"), ((5, 5, 4), "uint8"), ((5, 5, 3), "float32")],
)
def test_what_is_no_rgb_picture_is_refused(detector, shape, dtype):
    with pytest.raises(ShapeError, match=r"image must be \(h, w, 3\) uint8 RGB, got .*mien\.read_image"):
        detector.detect(np.zeros(shape, dtype))
