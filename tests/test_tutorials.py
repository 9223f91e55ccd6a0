"""The tutorials' scripts, run on drawn people."""

import importlib.util
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

pytest.importorskip("matplotlib")

TUTORIALS = Path(__file__).parents[1] / "tutorials"


@pytest.fixture(scope="module")
def points():
    """The script `embeddings_as_points.py` as a module."""
    spec = importlib.util.spec_from_file_location("embeddings_as_points", TUTORIALS / "embeddings_as_points.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def album(tmp_path, draw_faces):
    random = np.random.default_rng(1)
    for person in ("Ada", "Bob", "Cy"):
        face = cv2.transform(draw_faces(160, 160, [(80, 80, 120)]), random.uniform(0, 0.6, (3, 3)))
        (tmp_path / "people" / person).mkdir(parents=True)
        for photo in range(2):
            lit = np.clip(face * random.uniform(0.8, 1.2), 0, 255).astype(np.uint8)
            Image.fromarray(lit).save(tmp_path / "people" / person / f"{photo}.png")
    return tmp_path / "people"


def test_a_folder_of_people_is_drawn(points, album, tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "argv", ["points", str(album), "-o", str(tmp_path / "points.png")])
    points.main()
    with Image.open(tmp_path / "points.png") as picture:
        assert picture.size == (1210, 528)


def test_an_exported_gallery_is_drawn(points, album, tmp_path, draw_faces):
    pytest.importorskip("pyarrow")
    import mien

    noise = np.random.default_rng(0).normal(0, 8, (300, 300, 3))
    photo = np.clip(draw_faces(300, 300, [(150, 150, 200)]) + noise, 0, 255).astype(np.uint8)
    with mien.Gallery(tmp_path / "people.db") as gallery:
        gallery.enrol("Ada", [photo])
        gallery.export(tmp_path / "people.parquet")
    embeddings, people = points.load(tmp_path / "people.parquet")
    assert (embeddings.shape, people) == ((1, 128), ["Ada"])


def test_the_projection_keeps_what_varies_most(points):
    random = np.random.default_rng(0)
    rows = random.normal(size=(500, 6)) * [9, 3, 0.1, 0.1, 0.1, 0.1] + 5
    found, kept = points.project(rows)
    assert found.shape == (500, 2)
    assert found.std(0) == pytest.approx(rows[:, :2].std(0), rel=0.02)
    assert kept == pytest.approx(1, abs=0.01)


def test_views_of_a_picture_are_pictures(points):
    image = np.random.default_rng(0).integers(0, 256, (40, 30, 3), np.uint8)
    view = points.random_view(image, np.random.default_rng(1))
    assert (view.shape, view.dtype) == (image.shape, np.uint8)
    np.testing.assert_array_equal(view, points.random_view(image, np.random.default_rng(1)))
