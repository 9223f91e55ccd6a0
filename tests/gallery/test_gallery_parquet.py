from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from mien.errors import DatasetError, InputError, OtherModelError, OutputError
from mien.gallery.enrol import Newcomer
from mien.gallery.gallery import Gallery
from mien.gallery.parquet_file import COLUMNS
from mien.gallery.records import Crop, ModelId


@pytest.fixture
def file(tmp_path):
    return tmp_path / "people.parquet"


@pytest.fixture
def filled(gallery, vectors, template, put):
    """Ada with a crop, Eve, and somebody without a name."""
    ada, eve, other = vectors(3)
    crop = Crop(jpeg=b"\xff\xd8 a picture", keypoints=np.arange(10, dtype=np.float32).reshape(5, 2) / 3)
    gallery.add(Newcomer(name="Ada", notes="n", consent="c"), [template(ada, "a.jpg", crop=crop)])
    put(gallery, "Eve 👩‍🚀/x", eve)
    gallery.add(Newcomer(name=None), [template(other, "o.jpg")])
    return gallery


def everything(gallery):
    rows = []
    for person in gallery.people():
        for template in gallery.templates(person.id):
            vector = gallery.store.vector(template.number).tobytes()
            crop = gallery.crop(template.number)
            kept = None if crop is None else (crop.jpeg, crop.keypoints.tobytes())
            facts = (template.model, template.quality, template.photo, template.photo_sha256, template.created_at)
            rows.append((person, facts, vector, kept))
    return rows


def test_what_is_exported_comes_back_whole_in_either_database(filled, file, tmp_path):
    assert filled.export(file) == 3
    with Gallery(tmp_path / "copy.db") as copy:
        done = copy.import_(file)
        assert (done.people, done.templates, done.known, done.forgotten) == (3, 3, 0, ())
        assert everything(copy) == everything(filled)
        again = copy.import_(file)
        assert (again.people, again.templates, again.known) == (0, 0, 3)
        assert everything(copy) == everything(filled)
    assert filled.import_(file).templates == 0


def test_it_is_a_table_that_other_tools_read(filled, file):
    filled.export(file)
    table = pq.read_table(file)
    assert table.column_names == list(COLUMNS)
    assert table.column("name").to_pylist() == ["Ada", "Eve 👩‍🚀/x", None]
    np.testing.assert_array_equal(table.column("vector").to_pylist()[0], filled.store.vector(1))
    assert table.column("crop").to_pylist()[1:] == [None, None]


def test_an_empty_gallery_is_exported_too(gallery, file):
    assert gallery.export(file) == 0
    assert gallery.import_(file).people == 0


def test_forgotten_people_do_not_come_back_by_themselves(filled, file, vectors):
    filled.export(file)
    person = filled.person("Ada")
    filled.forget("Ada")
    done = filled.import_(file)
    assert (done.templates, done.known, done.forgotten) == (0, 2, (person.id,))
    done = filled.import_(file, also_forgotten=True)
    assert (done.people, done.templates) == (1, 1)
    assert filled.search_embeddings(vectors(1))[0].label == "Ada"


def changed(path, **columns):
    """The file with some columns replaced."""
    table = pq.read_table(path)
    for name, values in columns.items():
        place = table.column_names.index(name)
        table = table.set_column(place, table.schema.field(name), pa.array(values, table.schema.field(name).type))
    pq.write_table(table, path)


@pytest.mark.parametrize(
    ("columns", "error", "told"),
    [
        ({"vector": [[1.0, *[0.0] * 127], [2.0, *[0.0] * 127], [np.nan] * 128]}, DatasetError, "row 2: a vector has"),
        ({"person_id": ["p_000000000001", "p_000000000002", "me"]}, DatasetError, "row 3: 'me' is no person's id"),
        ({"crop": [None] * 3}, DatasetError, "row 1: a crop and its keypoints belong together"),
        ({"name": ["Ada", "x" * 300, None]}, InputError, "has 300 characters"),
        ({"model": ["embedding", "sface", "embedding"]}, OtherModelError, "templates of embedding"),
        ({"name": ["Ada", "ADA", None]}, InputError, "'ADA' is the name of p_"),
    ],
)
def test_a_file_with_something_wrong_is_taken_as_a_whole_or_not_at_all(filled, file, tmp_path, columns, error, told):
    filled.export(file)
    changed(file, **columns)
    with Gallery(tmp_path / "copy.db") as copy:
        with pytest.raises(error, match=told):
            copy.import_(file)
        assert copy.people() == []
        assert copy.store.templates() == 0


def test_files_that_are_no_gallery_are_refused(gallery, file, tmp_path):
    with pytest.raises(DatasetError, match="no file at"):
        gallery.import_(file)
    file.write_bytes(b"hello")
    with pytest.raises(DatasetError, match="is no Parquet file, or damaged"):
        gallery.import_(file)
    pq.write_table(pa.table({"a": [1]}), file)
    with pytest.raises(DatasetError, match="is a Parquet file, but not of a gallery"):
        gallery.import_(file)
    pq.write_table(pa.table({"a": [1]}).replace_schema_metadata({"mien": "mien gallery 1"}), file)
    with pytest.raises(DatasetError, match="other columns than a gallery's"):
        gallery.import_(file)
    with pytest.raises(OutputError, match="its folder is not there"):
        gallery.export(tmp_path / "no" / "people.parquet")


def test_an_import_into_a_gallery_of_another_network_is_refused(filled, file, tmp_path, template, vectors):
    filled.export(file)
    with Gallery(tmp_path / "other.db", embedding="sface") as other:
        other.add(Newcomer(name="Zoë"), [template(vectors(1, 7)[0])])
        assert other.store.model() == ModelId.of("sface")
        with pytest.raises(OtherModelError, match="holds templates of sface"):
            other.import_(file)
        assert [person.name for person in other.people()] == ["Zoë"]
