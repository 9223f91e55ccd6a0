import sys
import xml.etree.ElementTree as ElementTree

import numpy as np
import pytest
from PIL import Image

from mien.errors import MissingExtraError, OutputError
from mien.evaluate.picture import draw_confusion
from mien.evaluate.report import Classification

pytest.importorskip("matplotlib")


def animals(labels=("cat", "dog", "grey_parrot")):
    truth, predicted = np.array([0] * 8 + [0] * 2 + [1] * 1200), np.array([0] * 8 + [1] * 2 + [1] * 1200)
    return Classification.of("kind_of_animal", labels, truth, predicted, not_found=0)


def words_of(svg):
    """The text that a picture shows; matplotlib notes each piece that it draws as paths in a comment."""
    parser = ElementTree.XMLParser(target=ElementTree.TreeBuilder(insert_comments=True))
    root = ElementTree.parse(svg, parser).getroot()
    return [element.text.strip() for element in root.iter() if element.tag is ElementTree.Comment]


def test_what_the_picture_says(tmp_path):
    draw_confusion(animals(), tmp_path / "animals.svg", data="zoo$1$.csv, val")
    words = words_of(tmp_path / "animals.svg")
    for word in (
        "kind of animal",
        "zoo$1$.csv, val",
        "80%",
        "20%",
        "100%",
        "1,200",
        "true",
        "predicted",
        "cat",
        "grey",
    ):
        assert word in words, words
    assert "n = 1,210, accuracy 99.8% (95 %: 99.4% to 100.0%)" in words
    assert words.count("–") == 3  # the row of a class that never occurs


def test_cells_are_coloured_by_their_share_of_the_row(tmp_path):
    draw_confusion(animals(("cat", "dog")), tmp_path / "animals.png", data="zoo.csv")
    picture = np.asarray(Image.open(tmp_path / "animals.png").convert("RGB")).astype(int)
    assert min(picture.shape[:2]) >= 600
    colours, counts = np.unique(picture.reshape(-1, 3), axis=0, return_counts=True)
    cells = colours[np.argsort(counts)[::-1][:5]]
    brightness = sorted(cells.sum(1).tolist())
    assert brightness[-1] == 3 * 255  # the paper
    assert brightness[0] < 200  # 100 %
    assert len({tuple(cell) for cell in cells.tolist()}) == 5  # 0, 20, 80 and 100 % differ


def test_a_matrix_of_nothing(tmp_path):
    nothing = Classification.of("animal", ("cat", "dog"), np.array([], int), np.array([], int), not_found=1)
    draw_confusion(nothing, tmp_path / "nothing.svg", data="zoo.csv")
    assert "n = 0" in words_of(tmp_path / "nothing.svg")


def test_pyplot_is_left_alone(tmp_path):
    before = "matplotlib.pyplot" in sys.modules
    draw_confusion(animals(), tmp_path / "animals.png", data="zoo.csv")
    assert ("matplotlib.pyplot" in sys.modules) == before


def test_where_it_cannot_be_written(tmp_path):
    with pytest.raises(OutputError, match=r"animals\.png: its folder is not there; make it first"):
        draw_confusion(animals(), tmp_path / "nowhere" / "animals.png", data="zoo.csv")


def test_without_matplotlib_the_remedy_is_told(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    with pytest.raises(MissingExtraError, match=r"needs matplotlib.*pip install 'mien\[report\]'"):
        draw_confusion(animals(), tmp_path / "animals.png", data="zoo.csv")
