"""What is special to one file: migrations, damage, read-only files, and that nothing is left of the forgotten."""

from __future__ import annotations

import os
import sqlite3
from pathlib import Path

import numpy as np
import pytest

from mien.errors import GalleryDamagedError, GalleryUnavailableError
from mien.gallery import sqlite_database, sqlite_schema
from mien.gallery.enrol import Newcomer
from mien.gallery.gallery import Gallery
from mien.gallery.records import Crop, ModelId


def files(path):
    return sorted(path.parent.glob(f"{path.name}*"))


# Versions


def make_version_1(path, vector):
    """A gallery as the first version wrote it, with one person."""
    model = ModelId.of("embedding")
    with sqlite3.connect(path) as connection:
        connection.executescript(sqlite_schema.MIGRATIONS[0])
        connection.execute(f"PRAGMA application_id = {sqlite_schema.APPLICATION_ID}")
        connection.execute("PRAGMA user_version = 1")
        connection.execute("INSERT INTO model VALUES (1, ?, ?)", (model.name, model.sha256))
        connection.execute("INSERT INTO gallery VALUES (1, 'old', 1, NULL, 1, 1, 0)")
        connection.execute("INSERT INTO person VALUES (1, 'p_000000000001', 'Ada', 'ada', NULL, NULL, '2026-01-01')")
        row = (vector.astype("<f4").tobytes(), "photo.jpg", "0" * 64)
        connection.execute("INSERT INTO template VALUES (1, 1, 1, ?, 0.5, ?, ?, '2026-01-01')", row)
    connection.close()


def test_a_gallery_of_the_first_version_is_brought_up_to_date(tmp_path, vectors):
    path, (vector,) = tmp_path / "old.db", vectors(1)
    make_version_1(path, vector)
    with Gallery(path) as gallery:
        assert gallery.store.id() == "old"
        (match,) = gallery.search_embeddings(vector[None])
        assert (match.label, match.decision.similarity) == ("Ada", pytest.approx(1))
        assert gallery.forget("Ada").templates == 1
        assert gallery.store.forgotten().keys() == {"p_000000000001"}
    connection = sqlite3.connect(path)
    assert connection.execute("PRAGMA user_version").fetchone() == (len(sqlite_schema.MIGRATIONS),)
    connection.close()


def test_a_migration_that_fails_leaves_the_old_version_whole(tmp_path, vectors, monkeypatch):
    path = tmp_path / "old.db"
    make_version_1(path, vectors(1)[0])
    steps = (*sqlite_schema.MIGRATIONS, "CREATE TABLE new (a); CREATE TABLE person (b);")
    monkeypatch.setattr(sqlite_schema, "MIGRATIONS", steps)
    with pytest.raises(sqlite3.OperationalError, match="table person already exists"):
        Gallery(path)
    connection = sqlite3.connect(path)
    assert connection.execute("PRAGMA user_version").fetchone() == (1,)
    tables = {name for (name,) in connection.execute("SELECT name FROM sqlite_master")}
    connection.close()
    assert not tables & {"forgotten", "new"}
    monkeypatch.undo()
    with Gallery(path) as gallery:
        assert [person.name for person in gallery.people()] == ["Ada"]


def test_a_gallery_of_a_newer_version_is_refused_and_left_alone(sqlite_gallery):
    sqlite_gallery.close()
    with sqlite3.connect(sqlite_gallery.place) as connection:
        connection.execute("PRAGMA user_version = 99")
    connection.close()
    with pytest.raises(GalleryDamagedError, match=r"is a gallery of version 99, and this Mien knows 3; upgrade Mien"):
        Gallery(sqlite_gallery.place)


# Files that are none


def test_a_file_of_something_else_is_refused_and_left_alone(tmp_path):
    path = tmp_path / "other.db"
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE mine (a)")
    connection.close()
    before = path.read_bytes()
    with pytest.raises(GalleryDamagedError, match=r"other\.db is an SQLite file, but no gallery"):
        Gallery(path)
    assert path.read_bytes() == before


@pytest.mark.parametrize("content", [b"not a database at all" * 100, b"SQLite format 3\0" + b"\xff" * 2000])
def test_a_file_that_is_no_database_is_refused_and_left_alone(tmp_path, content):
    path = tmp_path / "photo.db"
    path.write_bytes(content)
    with pytest.raises(GalleryDamagedError, match=r"photo\.db is no gallery, not even an SQLite file"):
        Gallery(path)
    assert path.read_bytes() == content


def test_an_empty_file_becomes_a_gallery(tmp_path):
    (tmp_path / "new.db").touch()
    with Gallery(tmp_path / "new.db", create=False) as gallery:
        assert gallery.people() == []


@pytest.mark.parametrize(
    ("name", "told"), [("missing/people.db", "its folder is not there"), (".", "not an ordinary file")]
)
def test_places_where_no_file_can_be(tmp_path, name, told):
    with pytest.raises(GalleryUnavailableError, match=told):
        Gallery(tmp_path / name)


def test_odd_paths_are_files_like_any_other(tmp_path, vectors, put):
    for name in ("a b%20?c#d.db", "mode=ro", "José 👩‍🚀.db"):
        with Gallery(tmp_path / name) as gallery:
            put(gallery, "Ada", vectors(1)[0])
        assert (tmp_path / name).stat().st_size > 0
        with Gallery(tmp_path / name, create=False) as gallery:
            assert len(gallery.people()) == 1


def test_a_damaged_page_is_told_with_the_remedy(sqlite_gallery, vectors, put):
    for number, vector in enumerate(vectors(100)):
        put(sqlite_gallery, str(number), vector)
    sqlite_gallery.close()
    path = Path(sqlite_gallery.place)
    content = bytearray(path.read_bytes())
    content[4096 * 4 :] = b"\xaa" * (len(content) - 4096 * 4)
    path.write_bytes(content)
    with pytest.raises(GalleryDamagedError, match=r"people\.db is damaged; restore a backup"):
        Gallery(path).people()


# Writing


def test_a_gallery_that_is_written_to_elsewhere_is_waited_for_and_then_told(sqlite_gallery, vectors, put, monkeypatch):
    monkeypatch.setattr(sqlite_database, "BUSY_S", 0.05)
    other = sqlite3.connect(sqlite_gallery.place, isolation_level=None)
    sqlite_gallery.close()
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(GalleryUnavailableError, match="another program has been writing to it for too long"):
        put(sqlite_gallery, "Ada", vectors(1)[0])
    assert sqlite_gallery.people() == []  # reading goes on beside it
    other.execute("ROLLBACK")
    other.close()
    assert put(sqlite_gallery, "Ada", vectors(1)[0]).count("enrolled") == 1


def test_a_full_disk_is_told_and_loses_nothing(sqlite_gallery, vectors, put):
    rows = vectors(200)
    put(sqlite_gallery, "Ada", rows[0])
    database = sqlite_gallery.store.database
    ((pages,),) = database.rows("PRAGMA page_count")
    database.rows(f"PRAGMA max_page_count = {pages + 2}")
    with pytest.raises(GalleryUnavailableError, match="the disk is full; nothing of this step was kept"):
        put(sqlite_gallery, "Crowd", *rows[1:])
    assert [person.name for person in sqlite_gallery.people()] == ["Ada"]
    assert sqlite_gallery.search_embeddings(rows[:1])[0].label == "Ada"
    assert sqlite_gallery.search_embeddings(rows[5:6])[0].decision.gallery_size == 1
    database.rows("PRAGMA max_page_count = 100000")
    assert put(sqlite_gallery, "Crowd", *rows[1:]).count("enrolled") == 199


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="permissions do not bind this user")
def test_a_read_only_file_is_searched_and_not_written(sqlite_gallery, vectors, put):
    put(sqlite_gallery, "Ada", vectors(1)[0])
    sqlite_gallery.close()
    Path(sqlite_gallery.place).chmod(0o444)
    with Gallery(sqlite_gallery.place) as gallery:
        assert gallery.search_embeddings(vectors(1))[0].label == "Ada"
        with pytest.raises(GalleryUnavailableError, match="read-only"):
            put(gallery, "Eve", vectors(2)[1])


# Forgetting


def test_nothing_of_the_forgotten_is_left_in_any_file(sqlite_gallery, vectors, template, put):
    path = Path(sqlite_gallery.place)
    secret, rows = np.full(128, 128**-0.5, np.float32), vectors(40)
    crop = Crop(jpeg=b"PICTURE OF ADA" * 100, keypoints=np.zeros((5, 2), np.float32))
    for number, vector in enumerate(rows[:20]):
        put(sqlite_gallery, f"before {number}", vector)
    sqlite_gallery.add(
        Newcomer(name="ZXADAXZ", notes="NOTES OF ADA", consent="CONSENT OF ADA"),
        [template(secret, "PHOTO OF ADA", crop=crop)],
    )
    for number, vector in enumerate(rows[20:]):
        put(sqlite_gallery, f"after {number}", vector)
    secrets = (secret.tobytes()[:64], b"PICTURE", b"ZXADAXZ", b"zxadaxz", b"NOTES OF", b"CONSENT OF", b"PHOTO OF")
    before = b"".join(file.read_bytes() for file in files(path))
    assert all(part in before for part in secrets)
    assert sqlite_gallery.forget("zxadaxz").left == ""
    after = b"".join(file.read_bytes() for file in files(path))
    assert not any(part in after for part in secrets)
    assert b"before 7" in after


def test_what_a_reader_holds_back_is_told(sqlite_gallery, vectors, put, monkeypatch):
    monkeypatch.setattr(sqlite_database, "BUSY_S", 0.05)
    sqlite_gallery.close()
    put(sqlite_gallery, "Ada", vectors(1)[0])
    reader = sqlite3.connect(sqlite_gallery.place, isolation_level=None)
    reader.execute("BEGIN")
    assert reader.execute("SELECT count(*) FROM person").fetchone() == (1,)
    receipt = sqlite_gallery.forget("Ada")
    assert "people.db-wal, as other programs read the gallery" in receipt.left
    reader.execute("COMMIT")
    reader.close()
