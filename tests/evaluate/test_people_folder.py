import pytest
from PIL import Image

from mien.errors import DatasetError
from mien.evaluate.people_folder import read_people


@pytest.fixture
def folder(tmp_path):
    for name in (
        "Ada/1.png",
        "Ada/2.PNG",
        "Ada/school/3.jpg",
        "Émile 😀/a.webp",
        "Bob.png",
        "Ada/notes.txt",
        ".hidden/x.png",
    ):
        path = tmp_path / "people" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.suffix == ".txt":
            path.write_text("no picture")
        else:
            Image.new("RGB", (4, 4)).save(path)
    return tmp_path / "people"


def test_a_folder_is_a_person_and_a_picture_beside_them_is_one_too(folder):
    people = read_people(folder)
    assert dict(people.images_of) == {"Ada": 3, "Bob.png": 1, "Émile 😀": 1}
    assert (len(people), people.rows) == (5, 5)
    samples = list(people)
    assert [sample.labels.identity for sample in samples] == list(people.people)
    assert {sample.name for sample in samples} >= {"Ada/school/3.jpg", "Bob.png"}
    assert all(sample.source.is_file() for sample in samples)


def test_the_first_few_alone(folder):
    assert len(read_people(folder, limit=2)) == 2


def test_no_folder_no_people(folder, tmp_path):
    with pytest.raises(DatasetError, match="no folder; name one with a folder of photos for each person"):
        read_people(folder / "Bob.png")
    with pytest.raises(DatasetError, match="no folder"):
        read_people(tmp_path / "none")
    (tmp_path / "empty").mkdir()
    with pytest.raises(DatasetError, match="no pictures in this folder"):
        read_people(tmp_path / "empty")
