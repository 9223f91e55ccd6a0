import io
import os

import numpy as np
import pytest
from PIL import Image

import mien
from mien.errors import ImageError, InputError, ModelError, NoFaceError, UnknownNameError
from mien.identity.calibration import Calibration, default_calibration
from mien.identity.verify import Verifier


@pytest.fixture(scope="module")
def verifier():
    return Verifier()


@pytest.fixture
def face(drawn_face):
    """The drawn face with a camera's noise: without any it counts as a drawing, by which nothing is decided."""
    noise = np.random.default_rng(0).normal(0, 8, drawn_face.shape)
    return np.clip(drawn_face + noise, 0, 255).astype(np.uint8)


@pytest.fixture
def nobody():
    return np.full((120, 160, 3), 128, np.uint8)


def test_a_picture_shows_who_it_shows(verifier, face):
    found = verifier.verify(face, face)
    assert (len(found.a), len(found.b), len(found.pairs)) == (1, 1, 1)
    assert found.similarity == pytest.approx(1, abs=1e-5)
    assert (found.same, found.embedding) == (True, "embedding")
    assert found.threshold == pytest.approx(verifier.calibration.threshold(1e-3))
    assert found.best.fmr < 1e-4


def test_drawings_decide_nothing(verifier, drawn_face):
    found = verifier.verify(drawn_face, drawn_face)
    assert (found.same, found.best.warnings) == (None, ("a: flat", "b: flat"))


def test_every_face_or_the_largest_alone(verifier, draw_faces):
    three = draw_faces(400, 900, [(150, 200, 160), (450, 200, 240), (750, 200, 160)])
    one = draw_faces(400, 400, [(200, 200, 200)])
    assert [len(verifier.verify(*both).pairs) for both in ((three, one), (three, three))] == [3, 9]
    largest = verifier.verify(three, one, largest=True)
    assert len(largest.pairs) == 1
    x1, _, x2, _ = largest.a.boxes[0]
    assert (x1 + x2) / 2 == pytest.approx(450, abs=20)


@pytest.mark.parametrize(("first", "told"), [(True, "the first picture,"), (False, "the second picture,")])
def test_a_picture_of_nobody_matches_nobody(verifier, drawn_face, nobody, first, told):
    pictures = (nobody, drawn_face) if first else (drawn_face, nobody)
    with pytest.raises(NoFaceError, match=f"no face found in {told}"):
        verifier.verify(*pictures)


def test_two_pictures_of_nobody_are_both_named(verifier, nobody, tmp_path):
    Image.fromarray(nobody).save(tmp_path / "wall.png")
    with pytest.raises(NoFaceError, match=r"wall\.png and none in the second picture"):
        verifier.verify(tmp_path / "wall.png", nobody)


def test_all_kinds_of_sources(verifier, face, tmp_path):
    path = tmp_path / "face.png"
    Image.fromarray(face).save(path)
    data = path.read_bytes()
    sources = (path, os.fspath(path), data, io.BytesIO(data), face, Image.open(path))
    assert [verifier.verify(source, face).same for source in sources] == [True] * 6


def test_a_missing_file_is_told(verifier, drawn_face, tmp_path):
    with pytest.raises(ImageError, match=r"none\.png: no such file"):
        verifier.verify(tmp_path / "none.png", drawn_face)


@pytest.mark.parametrize("fmr", [0, 1, float("nan"), 1e-30])
def test_a_rate_without_a_threshold_is_refused_before_any_work(verifier, nobody, fmr):
    with pytest.raises(InputError, match="false-match rate"):
        verifier.verify(nobody, nobody, fmr=fmr)


def test_the_threshold_is_that_of_the_rate(verifier, drawn_face):
    loose, strict = (verifier.verify(drawn_face, drawn_face, fmr=fmr) for fmr in (1e-2, 1e-6))
    assert loose.threshold < strict.threshold
    assert (loose.extrapolated, strict.extrapolated) == (False, True)


def test_a_calibration_of_another_network_is_refused(calibration):
    with pytest.raises(ModelError, match="the calibration is of embedding aaaaaaaa"):
        Verifier(calibration=calibration)
    with pytest.raises(ModelError, match="--embedding sface"):
        Verifier(embedding="sface", calibration=default_calibration())
    own = Calibration.from_json(default_calibration().to_json())
    assert Verifier(calibration=own).calibration == own


@pytest.mark.parametrize("name", ["sfaec", "facenet"])
def test_an_unknown_embedding_is_told(name, drawn_face):
    with pytest.raises(UnknownNameError, match="unknown embedding"):
        mien.verify(drawn_face, drawn_face, embedding=name)


def test_the_package_has_it(face, nobody):
    assert mien.verify(face, face).same
    with pytest.raises(mien.MienError):
        mien.verify(face, nobody)
