import numpy as np
import pytest
from PIL import Image

from mien.errors import OutputError
from mien.evaluate.curve_picture import draw_det, draw_roc
from mien.evaluate.identification import Identification

pytest.importorskip("matplotlib")


@pytest.fixture
def section():
    rows = np.random.default_rng(0).normal(size=(40, 8)).astype(np.float32)
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    return Identification.of(rows, np.repeat(np.arange(20), 2), model="embedding")


def test_pictures_are_drawn(section, tmp_path):
    similarity = np.random.default_rng(0).normal(size=60)
    draw_roc(similarity, np.arange(60) < 30, tmp_path / "roc.png", title="$made_up.csv")
    draw_det(section, tmp_path / "det.png", title="made up")
    for name in ("roc", "det"):
        with Image.open(tmp_path / f"{name}.png") as picture:
            assert picture.size == (840, 750)
            assert len(picture.convert("RGB").getcolors(1 << 20)) > 20


@pytest.mark.parametrize("similarity", [[1.0, 0.0], [0.5, 0.5]])
def test_two_pairs_make_a_curve(similarity, tmp_path):
    draw_roc(np.array(similarity), np.array([True, False]), tmp_path / "roc.svg", title="two")
    assert "<svg" in (tmp_path / "roc.svg").read_text()


def test_a_picture_that_cannot_be_written_is_told(section, tmp_path):
    with pytest.raises(OutputError, match="its folder is not there"):
        draw_det(section, tmp_path / "none" / "det.png", title="made up")
