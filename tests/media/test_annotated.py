from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from mien.errors import OutputError
from mien.media.annotated import annotated_paths, write_image
from mien.media.images import read_image


def test_copies_lie_as_the_pictures_do(tmp_path):
    paths = [tmp_path / "a" / "x.jpg", tmp_path / "b" / "x.jpg", tmp_path / "b" / "c" / "y.gif"]
    out = Path("out")
    assert list(annotated_paths(paths, out).values()) == [
        out / "a" / "x.jpg",
        out / "b" / "x.jpg",
        out / "b" / "c" / "y.gif.png",
    ]


def test_one_picture_and_none(tmp_path):
    assert annotated_paths([tmp_path / "x.png"], Path("out")) == {tmp_path / "x.png": Path("out/x.png")}
    assert annotated_paths([], Path("out")) == {}


def test_no_two_copies_have_the_same_name(tmp_path):
    paths = [tmp_path / name for name in ("x.gif", "x.gif.png", "x.gif-2.png", "x.tif")]
    copies = list(annotated_paths(paths, Path("out")).values())
    assert [copy.name for copy in copies] == ["x.gif.png", "x.gif-2.png", "x.gif-2-2.png", "x.tif.png"]


def test_relative_and_absolute_paths_together(tmp_path, monkeypatch):
    (tmp_path / "a").mkdir()
    monkeypatch.chdir(tmp_path / "a")
    paths = [Path("x.jpg"), Path("../y.jpg"), tmp_path / "b" / "z.jpg"]
    assert list(annotated_paths(paths, Path("o")).values()) == [Path("o/a/x.jpg"), Path("o/y.jpg"), Path("o/b/z.jpg")]


def test_a_picture_is_never_overwritten(tmp_path):
    (tmp_path / "x.jpg").touch()
    (tmp_path / "link").symlink_to(tmp_path)
    for folder in (tmp_path, tmp_path / "link"):
        with pytest.raises(OutputError, match=r"x\.jpg: the annotated copy would overwrite a picture"):
            annotated_paths([tmp_path / "x.jpg"], folder)


@pytest.mark.parametrize(
    ("name", "kind"), [("a.jpg", "JPEG"), ("a.PNG", "PNG"), ("a.jfif", "JPEG"), ("a.webp", "WEBP")]
)
def test_a_picture_is_written_by_its_ending(tmp_path, name, kind):
    image = np.full((20, 30, 3), (200, 100, 50), np.uint8)
    path = tmp_path / "new" / name
    write_image(path, image)
    with Image.open(path) as opened:
        assert opened.format == kind
    np.testing.assert_allclose(read_image(path), image, atol=3)
    assert list(path.parent.iterdir()) == [path]


def test_a_file_that_is_there_is_replaced_only_if_that_is_allowed(tmp_path):
    out = tmp_path / "out"
    out.mkdir()
    (out / "x.jpg").touch()
    with pytest.raises(OutputError, match=r"out/x\.jpg: is there already, .*allow it with --overwrite$"):
        annotated_paths([tmp_path / "x.jpg"], out)
    assert annotated_paths([tmp_path / "x.jpg"], out, overwrite=True) == {tmp_path / "x.jpg": out / "x.jpg"}
    (out / "y.jpg").mkdir()
    with pytest.raises(OutputError, match=r"out/y\.jpg: is there already, .*name another folder$"):
        annotated_paths([tmp_path / "y.jpg"], out, overwrite=True)


def test_a_picture_is_never_overwritten_even_if_files_may_be(tmp_path):
    (tmp_path / "x.jpg").touch()
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "x.jpg").symlink_to(tmp_path / "x.jpg")
    with pytest.raises(OutputError, match="would overwrite a picture"):
        annotated_paths([tmp_path / "x.jpg"], tmp_path / "out", overwrite=True)


def test_names_of_copies_are_not_too_long(tmp_path):
    paths = [tmp_path / ("é" * 125 + ending) for ending in (".bmp", ".tif", ".jpg")]
    copies = [copy.name for copy in annotated_paths(paths, tmp_path / "out").values()]
    assert copies == ["é" * 125 + "..png", "é" * 124 + "-2.png", "é" * 125 + ".jpg"]


@pytest.mark.parametrize(
    ("name", "side", "written"),
    [
        ("a.jpg", 65_500, "a.jpg"),
        ("a.jpg", 65_501, "a.jpg.png"),
        ("a.webp", 16_383, "a.webp"),
        ("a.webp", 16_384, "a.webp.png"),
        ("a.png", 65_536, "a.png"),
    ],
)
def test_a_picture_too_large_for_its_format_becomes_a_png(tmp_path, name, side, written):
    image = np.full((2, side, 3), 200, np.uint8)
    write_image(tmp_path / name, image)
    assert [path.name for path in tmp_path.iterdir()] == [written]
    assert read_image(tmp_path / written).shape == image.shape


def test_a_picture_too_large_for_its_format_replaces_no_file(tmp_path):
    (tmp_path / "a.webp.png").write_text("mine")
    write_image(tmp_path / "a.webp", np.zeros((16_384, 1, 3), np.uint8))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.webp-2.png", "a.webp.png"]
    assert (tmp_path / "a.webp.png").read_text() == "mine"
