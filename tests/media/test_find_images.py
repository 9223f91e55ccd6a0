from pathlib import Path

import pytest

from mien.errors import ImageError
from mien.media.find import find_images


@pytest.fixture
def folder(tmp_path):
    names = ["b.jpg", "a.PNG", "notes.txt", ".hidden.jpg", "sub/c.webp", "sub/deep/d.tiff", ".git/e.jpg", "sub/.f.jpg"]
    for name in names:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    (tmp_path / "folder.jpg").mkdir()
    return tmp_path


def names(paths, folder):
    return [path.relative_to(folder).as_posix() for path in paths]


def test_a_folder_gives_its_pictures_and_those_below_it_sorted(folder):
    assert names(find_images([folder]), folder) == ["a.PNG", "b.jpg", "sub/c.webp", "sub/deep/d.tiff"]


@pytest.mark.parametrize(
    ("pattern", "found"),
    [
        ("*.jpg", ["b.jpg"]),
        ("*", ["a.PNG", "b.jpg"]),
        ("[ab].*", ["a.PNG", "b.jpg"]),
        ("**/*.webp", ["sub/c.webp"]),
        ("**", ["a.PNG", "b.jpg", "sub/c.webp", "sub/deep/d.tiff"]),
        ("sub/*/?.tiff", ["sub/deep/d.tiff"]),
    ],
)
def test_a_pattern_gives_what_fits_it(folder, pattern, found):
    assert names(find_images([str(folder / pattern)]), folder) == found


def test_a_relative_pattern_gives_relative_paths(folder, monkeypatch):
    monkeypatch.chdir(folder)
    assert find_images(["sub/**/*.tiff", "b.jpg"]) == [Path("sub/deep/d.tiff"), Path("b.jpg")]


def test_the_order_is_as_named_and_nothing_comes_twice(folder):
    patterns = [folder / "sub" / "c.webp", folder / "b.jpg", folder, folder / "sub" / ".." / "b.jpg"]
    assert names(find_images(patterns), folder) == ["sub/c.webp", "b.jpg", "a.PNG", "sub/deep/d.tiff"]


def test_a_file_named_is_taken_whatever_its_ending_or_a_star_in_its_name(folder):
    odd = folder / "odd[1].bin"
    odd.touch()
    assert find_images([odd, folder / "notes.txt", folder / ".hidden.jpg"]) == [
        odd,
        folder / "notes.txt",
        folder / ".hidden.jpg",
    ]


def test_links_to_folders_are_not_followed_in_circles(folder):
    (folder / "sub" / "up").symlink_to(folder)
    assert len(find_images([folder])) == 4


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("nowhere.jpg", r"nowhere\.jpg: no such file or folder$"),
        ("folder.jpg", r"folder\.jpg: no pictures in this folder or below it; files ending in \.jpg"),
        ("*.bmp", r"\*\.bmp: no picture fits this pattern; files ending in \.jpg"),
        ("*.txt", r"\*\.txt: no picture fits"),
    ],
)
def test_what_names_no_picture_is_said(folder, name, told):
    with pytest.raises(ImageError, match=told):
        find_images([str(folder / name)])


def test_an_address_is_refused():
    with pytest.raises(ImageError, match=r"^https://example\.org/a\.jpg: an address, not a file; download it first"):
        find_images(["https://example.org/a.jpg"])
