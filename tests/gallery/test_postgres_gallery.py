"""What is special to a server: addresses, connections that break, several writers, large galleries."""

from __future__ import annotations

import threading

import numpy as np
import psycopg
import pytest

from mien.errors import GalleryDamagedError, GalleryUnavailableError, InputError, UnknownPersonError
from mien.gallery import postgres_database
from mien.gallery.gallery import Gallery
from mien.gallery.place import default_place, open_database
from mien.gallery.postgres_database import PostgresDatabase
from mien.gallery.postgres_schema import SCHEMA


@pytest.fixture
def gallery(server_place):
    with Gallery(server_place) as opened:
        yield opened


@pytest.fixture
def cut(server_place):
    """`cut()`: the server ends all connections but this fixture's own."""

    def end():
        with psycopg.connect(server_place, autocommit=True) as connection:
            connection.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()")

    return end


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("postgresql://ada:secret@db.example:6543/faces", "postgresql://ada@db.example:6543/faces"),
        ("postgresql://db.example/faces?password=secret&user=x", "postgresql://x@db.example/faces"),
        ("postgresql://u@/faces?host=/run/pg", "postgresql://u@/faces?host=/run/pg"),
    ],
)
def test_passwords_are_never_shown(address, shown):
    assert postgres_database._public(psycopg.conninfo.conninfo_to_dict(address)) == shown


def test_a_server_that_is_not_there_is_told_without_the_password(tmp_path):
    with pytest.raises(GalleryUnavailableError) as caught:
        Gallery(f"postgresql://ada:secret@/faces?host={tmp_path}")
    assert "see to the server and try again" in str(caught.value)
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize("place", ["postgresql://[::1", "mysql://x/y", ""])
def test_addresses_that_cannot_be_read(place):
    with pytest.raises(InputError):
        open_database(place, create=True)


def test_the_place_may_come_from_the_environment(monkeypatch, tmp_path):
    monkeypatch.setenv("MIEN_GALLERY", "postgresql://x/y")
    assert default_place() == "postgresql://x/y"
    monkeypatch.delenv("MIEN_GALLERY")
    assert default_place().endswith("people.db")


def test_a_connection_that_was_cut_is_made_anew(gallery, cut, vectors, put):
    (vector,) = vectors(1)
    put(gallery, "Ada", vector)
    cut()
    assert gallery.search_embeddings(vector[None])[0].label == "Ada"
    cut()
    assert put(gallery, "Eve", vectors(2)[1]).count("enrolled") == 1
    assert len(gallery.people()) == 2


def test_a_server_that_goes_away_in_the_middle_leaves_no_half_person(gallery, cut, vectors, template):
    database, store = gallery.store.database, gallery.store

    def enrol():
        with database.writing():
            person = store.add_person("Ada")
            store.add_template(person, template(vectors(1)[0], "1"), gallery.model)
            cut()
            store.add_template(person, template(vectors(1, 1)[0], "2"), gallery.model)

    with pytest.raises(GalleryUnavailableError, match="what was not finished was not kept"):
        enrol()
    assert gallery.people() == []
    assert store.templates() == 0


def test_a_read_only_server_is_searched_and_not_written(gallery, vectors, put):
    put(gallery, "Ada", vectors(1)[0])
    gallery.store.database.rows("SELECT set_config('default_transaction_read_only', 'on', false)")
    with pytest.raises(GalleryUnavailableError, match="read-only transaction"):
        put(gallery, "Eve", vectors(2)[1])
    assert gallery.search_embeddings(vectors(1))[0].label == "Ada"


def test_two_writers_keep_one_name_for_one_face(server_place, vectors, near, put):
    """Both enrol the same faces under different names at once: whoever comes second is refused."""
    rows = vectors(15)
    reports = {}

    def work(who, seed):
        with Gallery(server_place) as own:
            reports[who] = [
                put(own, f"{who} {number}", near(row, 0.93, seed)).count("enrolled") for number, row in enumerate(rows)
            ]

    Gallery(server_place).close()
    threads = [threading.Thread(target=work, args=args) for args in (("a", 1), ("b", 2))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [sum(pair) for pair in zip(reports["a"], reports["b"], strict=True)] == [1] * 15
    with Gallery(server_place) as gallery:
        assert gallery.store.templates() == len(gallery.people()) == 15


def test_the_graph_finds_what_comparing_all_would(gallery, monkeypatch):
    """Templates as those of real people: several looks each, in few dimensions."""
    rng = np.random.default_rng(3)
    spread = np.exp(-np.arange(128) / 60).astype(np.float32)
    people = rng.normal(size=(300, 128)).astype(np.float32) * spread

    def looks():
        rows = people + rng.normal(size=people.shape).astype(np.float32) * spread
        return rows / np.linalg.norm(rows, axis=1, keepdims=True)

    database, rows = gallery.store.database, np.concatenate([looks(), looks()]).astype(np.float32)
    with database.writing():
        database.run("INSERT INTO model (name, sha256) VALUES ('embedding', ?)", gallery.model.sha256)
        database.run("UPDATE gallery SET model = 1, templates = ?", len(rows))
        database.run("INSERT INTO person (id, created_at) VALUES ('p', '')")
        database.run_many(
            "INSERT INTO template (person, model, vector, photo, photo_sha256, created_at) "
            "VALUES (1, 1, ?, '', '', '')",
            [(database.encode(row),) for row in rows],
        )
    database.prepare()
    probes = looks()[::2]
    exact = [database.nearest(probe, 5) for probe in probes]
    assert [near.neighbours[0].template - 1 for near in exact] == (probes @ rows.T).argmax(1).tolist()
    assert exact[0].neighbours[0].similarity == pytest.approx(float((probes[0] @ rows.T).max()), abs=1e-6)
    monkeypatch.setattr(postgres_database, "EXACT_LIMIT", 0)
    database.rows("SELECT set_config('enable_seqscan', 'off', false)")
    walked = [database.nearest(probe, 5) for probe in probes]
    hits = [a.neighbours[0].template == b.neighbours[0].template for a, b in zip(exact, walked, strict=True)]
    assert np.mean(hits) >= 0.99
    assert len(database.nearest(probes[0], 500).neighbours) == 500  # more than the graph's list of candidates


def test_a_gallery_of_a_newer_version_is_refused(gallery, server_place):
    gallery.store.database.run(f"UPDATE {SCHEMA}.version SET number = 99")
    with pytest.raises(GalleryDamagedError, match="is a gallery of version 99, and this Mien knows 2"):
        Gallery(server_place)


def test_the_first_version_is_brought_up_to_date(gallery, server_place, vectors, put):
    put(gallery, "Ada", vectors(1)[0])
    gallery.store.database.run("DROP TABLE forgotten")
    gallery.store.database.run("UPDATE version SET number = 1")
    with Gallery(server_place) as again:
        assert again.forget("Ada").templates == 1
        assert len(again.store.forgotten()) == 1


def test_a_server_without_pgvector_is_told(server_place, monkeypatch):
    monkeypatch.setattr("mien.gallery.postgres_schema.LEAST_PGVECTOR", (99, 0))
    with pytest.raises(GalleryUnavailableError, match=r"pgvector 99\.0 or newer is wanted, and \d"):
        Gallery(server_place)


def test_forgetting_says_what_only_the_administrator_can_remove(gallery, vectors, put):
    put(gallery, "Ada", vectors(1)[0])
    assert "write-ahead log, replicas and backups" in gallery.forget("Ada").left


def test_closing_twice_and_going_on(server_place, vectors):
    database = PostgresDatabase(server_place, create=True)
    database.close()
    database.close()
    assert database.rows("SELECT count(*) FROM person") == [(0,)]
    database.close()
    with pytest.raises(UnknownPersonError):
        PostgresDatabase(server_place.replace("/postgres?", "/template1?"), create=False)
