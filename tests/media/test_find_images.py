import os
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


def test_a_pattern_ends_where_links_circle(tmp_path):
    """`glob` would follow the links in both folders into each other, forty deep."""
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        (tmp_path / name / f"{name}.jpg").touch()
        for link in range(3):
            (tmp_path / name / f"up{link}").symlink_to(tmp_path)
    assert names(find_images([f"{tmp_path}/**/*.jpg"]), tmp_path) == ["a/a.jpg", "b/b.jpg"]
    assert names(find_images([f"{tmp_path}/**/**/**/*.jpg"]), tmp_path) == ["a/a.jpg", "b/b.jpg"]
    assert names(find_images([f"{tmp_path}/**"]), tmp_path) == ["a/a.jpg", "b/b.jpg"]


def test_a_star_follows_links_and_hidden_files_are_found_where_they_are_asked_for(folder):
    (folder / "link").symlink_to(folder / "sub")
    assert names(find_images([str(folder / "l*" / "*.webp")]), folder) == ["link/c.webp"]
    assert names(find_images([str(folder / ".*.jpg")]), folder) == [".hidden.jpg"]
    assert names(find_images([str(folder / "**" / ".f.*")]), folder) == ["sub/.f.jpg"]
    assert names(find_images([str(folder / "li*" / ".." / "a*")]), folder) == ["link/../a.PNG"]


def test_a_folder_is_skipped_on_the_way_down_only(folder):
    skip = folder / "sub" / ".." / "sub" / "deep"
    assert names(find_images([folder], skip=skip), folder) == ["a.PNG", "b.jpg", "sub/c.webp"]
    for pattern in ("**/*.tiff", "*/*/*.tiff"):
        with pytest.raises(ImageError, match="no picture fits this pattern"):
            find_images([str(folder / pattern)], skip=skip)
    assert names(find_images([folder / "sub" / "deep"], skip=skip), folder) == ["sub/deep/d.tiff"]


@pytest.fixture
def too_deep(tmp_path):
    """A folder that nobody, not even root, can list: its path is longer than the system takes."""
    here = os.open(tmp_path, os.O_RDONLY)
    for _ in range(20):
        os.mkdir("d" * 250, dir_fd=here)
        below = os.open("d" * 250, os.O_RDONLY, dir_fd=here)
        os.close(here)
        here = below
    os.close(here)
    return tmp_path


@pytest.mark.parametrize("pattern", ["", "**/*.jpg", "**"])
def test_a_folder_that_cannot_be_searched_is_told(too_deep, pattern):
    (too_deep / "a.jpg").touch()
    named = str(too_deep / pattern)
    with pytest.raises(ImageError, match=r"d: this folder cannot be searched: File name too long$"):
        find_images([named])
    told = []
    found = find_images([named], unreadable=lambda folder, error: told.append((folder, str(error))))
    assert names(found, too_deep) == ["a.jpg"]
    ((where, reason),) = told
    assert reason == f"{where}: this folder cannot be searched: File name too long"


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="nothing is locked for root")
def test_a_locked_folder_and_what_is_in_it(folder):
    (folder / "sub").chmod(0)
    try:
        with pytest.raises(ImageError, match="sub: this folder cannot be searched: Permission denied"):
            find_images([folder])
        assert find_images([folder / "sub" / "c.webp"]) == [folder / "sub" / "c.webp"]
    finally:
        (folder / "sub").chmod(0o700)


def test_odd_paths_are_left_for_the_reader_to_tell(tmp_path):
    (tmp_path / "loop.jpg").symlink_to("loop.jpg")
    (tmp_path / "gone.jpg").symlink_to("nowhere")
    os.mkfifo(tmp_path / "pipe.jpg")
    assert names(find_images([tmp_path]), tmp_path) == ["gone.jpg", "loop.jpg", "pipe.jpg"]
    long = tmp_path / ("a" * 300 + ".jpg")
    assert find_images([long]) == [long]


@pytest.mark.parametrize(("path", "told"), [("", "an empty path names nothing"), ("a\0b", "no such file or folder")])
def test_paths_of_nothing(path, told):
    with pytest.raises(ImageError, match=told):
        find_images([path])
