import numpy as np
import pytest

from mien.errors import ImageError, InputError
from mien.evaluate.labels import Labels
from mien.evaluate.manifest import Sample
from mien.evaluate.metrics import wilson
from mien.evaluate.perturb import PERTURBATIONS, Perturbation
from mien.evaluate.robustness import flip_rates
from mien.evaluate.runner import readable
from mien.faces import Faces
from mien.media.images import read_image
from mien.pipeline import Profiler


def spot(x, y, size=40, grey=200):
    """A grey picture (120, 120, 3) with a bright square."""
    image = np.full((120, 120, 3), 50, np.uint8)
    image[y : y + size, x : x + size] = grey
    return image


class Spot:
    """Finds the bright square, and answers by its left side: female where that is even, 30 years and one a pixel."""

    requires = frozenset()
    provides = frozenset({"keypoints", "gender", "age"})

    def __call__(self, image, faces):
        rows, columns = np.nonzero(image[..., 0] > 120)
        if len(rows) == 0:
            return Faces.empty()
        box = [columns.min(), rows.min(), columns.max() + 1, rows.max() + 1]
        return Faces(boxes=[box], scores=[0.9], gender=np.eye(2)[[box[0] % 2]], age=[30 + box[0]])


def test_shifts_by_hand():
    shifts = [Perturbation(name="right", shift=(1, 0)), Perturbation(name="right", shift=(2, 0))]
    changes = [*shifts, Perturbation(name="down", shift=(0, 2))]
    done = []
    report = flip_rates([Spot()], [spot(20, 20), spot(31, 40)], perturbations=changes, progress=done.append)
    assert (report.name, report.images, report.faces, done) == ("robustness", 2, 2, [1, 2])
    right, down, everything = report.changes
    assert [(change.name, change.pictures, change.faces) for change in report.changes] == [
        ("right", 2, 2),
        ("down", 1, 2),
        ("all", 3, 2),
    ]
    assert list(right.flips) == ["gender"]  # neither race nor emotion was computed
    assert (right.flips["gender"].value, right.flips["gender"].n) == (0.5, 2)  # by one pixel, not by two
    assert (right.flips["gender"].low, right.flips["gender"].high) == wilson(1, 2)
    assert right.age_change.value == 1.5
    assert (down.flips["gender"].value, down.age_change.value, down.lost.value) == (0, 0, 0)
    assert down.flips["gender"].high == wilson(0, 2).high > 0.5  # of two faces
    assert everything.flips["gender"].value == pytest.approx(1 / 3)
    assert everything.age_change.value == pytest.approx(1)


def test_faces_that_are_not_found_again_are_lost_and_flip_nothing():
    """By 100 pixels the square leaves the picture; by 90 a quarter of it stays, too little to be the same face."""
    changes = [Perturbation(name="away", shift=(100, 0)), Perturbation(name="cut", shift=(90, 0))]
    report = flip_rates([Spot()], [spot(20, 20), np.zeros((50, 50, 3), np.uint8)], perturbations=changes)
    assert (report.images, report.faces) == (2, 1)
    away, cut, everything = report.changes
    for change in (away, cut, everything):
        assert (change.lost.value, change.flips, change.age_change) == (1, {}, None)
    away, still, everything = flip_rates(
        [Spot()], [spot(20, 20)], perturbations=[changes[0], Perturbation(name="still")]
    ).changes
    assert (away.flips["gender"].value, away.flips["gender"].n) == (None, 0)
    assert (still.flips["gender"].value, everything.lost.value, everything.flips["gender"].n) == (0, 0.5, 1)


def test_the_largest_face_is_followed_to_where_it_moves():
    class Two:
        requires, provides = frozenset(), frozenset({"keypoints"})

        def __call__(self, image, faces):
            found = Spot()(image, faces)
            twin = found.replace(boxes=found.boxes * [[0.2]], gender=np.eye(2)[[0]])
            return Faces.merge([twin, found])

    changes = [Perturbation(name="two", shift=(2, 0)), Perturbation(name="large", scale=1.5)]
    report = flip_rates([Two()], [spot(21, 21)], perturbations=changes)
    two, large, _ = report.changes
    assert (two.flips["gender"].value, two.lost.value) == (0, 0)
    assert large.lost.value == 0


def test_nobody_and_nothing():
    report = flip_rates([Spot()], [])
    assert (report.images, report.faces) == (0, 0)
    assert [change.lost.value for change in report.changes] == [None] * 6
    with pytest.raises(InputError, match="needs at least one perturbation"):
        flip_rates([Spot()], [], perturbations=[])


def test_the_usual_changes():
    names = [change.name for change in PERTURBATIONS]
    assert {name: names.count(name) for name in names} == {
        "shift 1 px": 8,
        "shift 2 px": 8,
        "JPEG quality 60": 1,
        "JPEG quality 40": 1,
        "scale ±3 %": 2,
    }
    for change in PERTURBATIONS:
        image = spot(20, 30)
        before = image.copy()
        changed = change.apply(image)
        assert changed.dtype == np.uint8
        assert not np.shares_memory(changed, image)
        assert np.array_equal(image, before)
        assert np.array_equal(changed, change.apply(image))
        moved = change.move(np.array([[20, 30, 60, 70]]))
        assert Spot()(changed, Faces.empty()).boxes == pytest.approx(moved, abs=1)


def test_a_shift_repeats_the_border():
    image = np.arange(27, dtype=np.uint8).reshape(3, 3, 3)
    shifted = Perturbation(name="x", shift=(1, -2)).apply(image)
    assert np.array_equal(shifted, image[[2, 2, 2]][:, [0, 0, 1]])


def test_compression_and_scale():
    image = np.random.default_rng(0).integers(0, 256, (100, 60, 3), np.uint8)
    strong, weak = (Perturbation(name="x", quality=quality).apply(image).astype(int) for quality in (10, 95))
    assert np.abs(strong - image).mean() > np.abs(weak - image).mean() > 0
    reddish = np.full((16, 16, 3), (200, 40, 90), np.uint8)  # channels keep their order
    assert Perturbation(name="x", quality=90).apply(reddish)[8, 8].tolist() == pytest.approx([200, 40, 90], abs=4)
    assert Perturbation(name="x", scale=0.97).apply(image).shape == (97, 58, 3)
    assert Perturbation(name="x", scale=1.03).apply(image).shape == (103, 62, 3)


def test_with_the_networks(drawn_face):
    """End to end on a drawn face: found again in every changed picture, its figures whole."""
    changes = [Perturbation(name="shift", shift=(2, 0)), Perturbation(name="JPEG", quality=60)]
    stages = Profiler(attributes=("age", "gender", "race", "emotion")).stages
    report = flip_rates(stages, [drawn_face], perturbations=changes)
    everything = report.changes[-1]
    assert everything.lost.value == 0
    assert list(everything.flips) == ["gender", "race", "emotion"]
    assert all(0 <= figure.value <= 1 and figure.n == 1 for figure in everything.flips.values())
    assert 0 <= everything.age_change.value < 10
    assert flip_rates(stages, [drawn_face], perturbations=changes) == report


def test_pictures_that_cannot_be_read_are_passed_over(tmp_path, drawn_face):
    from PIL import Image

    Image.fromarray(drawn_face).save(tmp_path / "face.png")
    sources = [tmp_path / "face.png", tmp_path / "gone.png", None, b"text"]
    samples = [Sample(name=str(i), source=source, labels=Labels()) for i, source in enumerate(sources)]
    (image,) = readable(samples)
    assert np.array_equal(image, read_image(drawn_face))
    pictures = readable(samples)
    next(pictures)
    with pytest.raises(ImageError, match="from outside"):
        pictures.throw(ImageError("from outside"))
