from __future__ import annotations

import pytest
from PIL import Image

from mien.errors import DatasetError, ImageError
from mien.gallery.people_list import read_entries


@pytest.fixture
def tree(tmp_path):
    """Ada with two photos, one of them deeper, and Eve with one."""
    for name in ("people/Ada/1.png", "people/Ada/more/2.jpg", "people/Eve 👩‍🚀/3.png"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.new("RGB", (8, 8)).save(path)
    (tmp_path / "people" / ".hidden").mkdir()
    (tmp_path / "people" / "readme.txt").touch()
    return tmp_path


def told(entries):
    return {entry.name: [str(photo.source).rsplit("/")[-1] for photo in entry.photos] for entry in entries}


def test_a_folder_for_each_person(tree):
    assert told(read_entries([str(tree / "people")])) == {"Ada": ["1.png", "2.jpg"], "Eve 👩‍🚀": ["3.png"]}


def test_all_of_one_person(tree):
    entries = read_entries([str(tree / "people" / "Ada"), str(tree / "people/Eve 👩‍🚀/3.png")], name="Zoë")
    assert told(entries) == {"Zoë": ["1.png", "2.jpg", "3.png"]}


def test_every_photo_somebody_else(tree):
    assert told(read_entries([str(tree / "people")], by_file=True)) == {"1": ["1.png"], "2": ["2.jpg"], "3": ["3.png"]}


def test_a_table(tree):
    path = tree / "list.csv"
    path.write_text("Person;PATH;consent\nAda;people/Ada/1.png;form 1\nEve;people/Eve 👩‍🚀/3.png;\nAda;/abs/2.jpg;x\n")
    ada, eve = read_entries([str(path)])
    assert [str(photo.source) for photo in ada.photos] == [str(tree / "people/Ada/1.png"), "/abs/2.jpg"]
    assert (ada.name, ada.consent, ada.notes) == ("Ada", "form 1", None)
    assert (eve.name, eve.consent) == ("Eve", None)


def test_several_sources_of_one_person_are_put_together(tree):
    path = tree / "list.csv"
    path.write_text("path,name\nx.jpg,Ada\n")
    assert told(read_entries([str(tree / "people"), str(path)]))["Ada"] == ["1.png", "2.jpg", "x.jpg"]


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("photo.jpg", "", "photo.jpg: whose photo is it"),
        ("empty", None, "no folders in it"),
        ("a.csv", "path,nmae\nx,y\n", "needs the columns path and name; its columns: path, nmae"),
        ("a.csv", "path,name\nx.jpg,\n", "row 1 lacks path or name"),
        ("a.csv", "path,name\n", "has a header but no rows"),
    ],
)
def test_what_is_not_clear_is_asked(tmp_path, name, content, message):
    path = tmp_path / name
    if content is None:
        path.mkdir()
    else:
        path.write_text(content)
    with pytest.raises(DatasetError, match=message):
        read_entries([str(path)])


def test_photos_beside_the_folders_are_not_guessed_at(tree):
    Image.new("RGB", (8, 8)).save(tree / "people" / "loose.png")
    with pytest.raises(DatasetError, match=r"whose photo is loose\.png\?"):
        read_entries([str(tree / "people")])


def test_paths_that_are_not_there(tmp_path):
    with pytest.raises(ImageError, match="no such file or folder"):
        read_entries([str(tmp_path / "gone.jpg")], name="Ada")
    with pytest.raises(DatasetError, match="no list of people at"):
        read_entries([str(tmp_path / "gone.csv")])
