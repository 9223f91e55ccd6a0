"""Searching many templates of an SQLite gallery: exact, approximate, stale, damaged, and beside other processes."""

from __future__ import annotations

import shutil
import sqlite3
import sys

import numpy as np
import pytest

from mien.gallery import memory_index
from mien.gallery.approximate_index import ApproximateIndex
from mien.gallery.gallery import Gallery
from mien.gallery.index_file import IndexFile
from mien.gallery.records import ModelId

pytest.importorskip("faiss")

LIMIT = 300


@pytest.fixture(autouse=True)
def small_limit(monkeypatch):
    """What is exact ends at `LIMIT` templates, so that little tests meet the index."""
    monkeypatch.setattr(memory_index, "EXACT_LIMIT", LIMIT)


@pytest.fixture
def fill(template):
    """`fill(gallery, vectors)`: one person for each vector, named by its place, in one go."""

    def add(gallery, rows, start=0):
        model = ModelId.of("embedding")
        with gallery.store.database.writing():
            for place, row in enumerate(rows, start=start):
                person = gallery.store.add_person(str(place))
                gallery.store.add_template(person, template(row, f"{place}"), model)

    return add


def state(gallery):
    return gallery.store.database._index.refresh()


def index_path(gallery):
    from pathlib import Path

    return Path(f"{gallery.place}-index")


def found(gallery, rows):
    return [match.candidates[0].name for match in gallery.search_embeddings(rows, top=1)]


@pytest.mark.parametrize(("count", "indexed"), [(LIMIT, 0), (LIMIT + 1, LIMIT + 1), (1000, 1000)])
def test_everybody_is_found_by_a_look_like_theirs(sqlite_gallery, vectors, near, fill, count, indexed):
    rows = vectors(count)
    fill(sqlite_gallery, rows)
    places = range(0, count, count // 25)
    probes = np.stack([near(rows[place], 0.8) for place in places])
    assert found(sqlite_gallery, probes) == [str(place) for place in places]
    index = state(sqlite_gallery).index
    assert (0 if index is None else len(index)) == indexed
    assert index_path(sqlite_gallery).exists() == (indexed > 0)


def test_similarities_are_those_of_the_whole_vectors(sqlite_gallery, vectors, near, fill):
    rows = vectors(1000)
    fill(sqlite_gallery, rows)
    probe = near(rows[123], 0.6)
    nearest = sqlite_gallery.store.database.nearest(probe, 200)
    assert (nearest.compared, len(nearest.neighbours)) == (1000, 200)
    exact = [float(rows[neighbour.template - 1] @ probe) for neighbour in nearest.neighbours]
    np.testing.assert_allclose([neighbour.similarity for neighbour in nearest.neighbours], exact, atol=1e-6)
    assert exact[0] == pytest.approx(0.6, abs=1e-5)
    assert sorted(exact, reverse=True) == exact


def test_people_enrolled_since_are_found_at_once_and_in_the_next_process(sqlite_gallery, vectors, fill):
    rows = vectors(1000)
    fill(sqlite_gallery, rows[:400])
    sqlite_gallery.prepare()
    fill(sqlite_gallery, rows[400:500], start=400)
    assert found(sqlite_gallery, rows[:500:50]) == [str(place) for place in range(0, 500, 50)]
    assert len(state(sqlite_gallery).index) == 400  # the newest are compared one by one
    with Gallery(sqlite_gallery.place) as other:
        assert found(other, rows[490:500]) == [str(place) for place in range(490, 500)]
        assert len(state(other).index) == 400  # from the file
        fill(sqlite_gallery, rows[500:760], start=500)
        assert found(other, rows[750:760]) == [str(place) for place in range(750, 760)]
        assert len(state(other).index) == 760  # too many to be compared one by one: added


def test_the_lists_are_learned_anew_when_the_gallery_has_grown(sqlite_gallery, vectors, fill):
    rows = vectors(1200)
    fill(sqlite_gallery, rows[:400])
    assert state(sqlite_gallery).index.learned_at == 400
    fill(sqlite_gallery, rows[400:750], start=400)
    assert (state(sqlite_gallery).index.learned_at, len(state(sqlite_gallery).index)) == (400, 750)
    fill(sqlite_gallery, rows[750:], start=750)
    assert state(sqlite_gallery).index.learned_at == 1200
    assert found(sqlite_gallery, rows[::100]) == [str(place) for place in range(0, 1200, 100)]


def test_people_who_were_forgotten_are_found_no_more_by_whatever_process(sqlite_gallery, vectors, fill):
    rows = vectors(500)
    fill(sqlite_gallery, rows)
    with Gallery(sqlite_gallery.place) as other:
        assert found(other, rows[[7, 8]]) == ["7", "8"]
        sqlite_gallery.forget("7")
        sqlite_gallery.merge("8", "9")
        assert found(other, rows[[8, 9]]) == ["9", "9"]
        assert found(other, rows[[7]]) != ["7"]
        assert state(other).counters == state(sqlite_gallery).counters
        assert 8 not in state(other).index.numbers  # template 8 was person 7's
        assert len(state(other).index) == len(IndexFile(other.store.database, index_path(other)).read()) == 499


def test_an_index_of_too_few_is_dropped_with_its_file(sqlite_gallery, vectors, fill):
    fill(sqlite_gallery, vectors(LIMIT + 1))
    sqlite_gallery.prepare()
    assert index_path(sqlite_gallery).exists()
    sqlite_gallery.forget("0")
    assert not index_path(sqlite_gallery).exists()
    assert state(sqlite_gallery).index is None


@pytest.mark.parametrize("damage", [b"", b"{}\n", b"not an index", b'{"format": "mien gallery index 1"}\nabc', None])
def test_a_damaged_file_is_made_anew(sqlite_gallery, vectors, fill, damage):
    rows = vectors(400)
    fill(sqlite_gallery, rows)
    sqlite_gallery.prepare()
    path = index_path(sqlite_gallery)
    whole = path.read_bytes()
    path.write_bytes(whole[:-1] + b"\0" if damage is None else damage)
    with Gallery(sqlite_gallery.place) as other:
        assert found(other, rows[:5]) == ["0", "1", "2", "3", "4"]
        assert len(IndexFile(other.store.database, path).read()) == 400
    path.unlink()
    with Gallery(sqlite_gallery.place) as other:
        assert found(other, rows[:5]) == ["0", "1", "2", "3", "4"]


def test_a_file_of_another_state_of_the_gallery_is_not_used(sqlite_gallery, vectors, fill, tmp_path):
    """A backup is put back; its numbers of templates are given anew, to others."""
    rows = vectors(1200)
    fill(sqlite_gallery, rows[:400])
    sqlite_gallery.prepare()
    sqlite_gallery.close()
    backup = tmp_path / "backup.db"
    shutil.copy(sqlite_gallery.place, backup)
    fill(sqlite_gallery, rows[400:800], start=400)
    sqlite_gallery.prepare()
    sqlite_gallery.close()
    shutil.copy(backup, sqlite_gallery.place)
    with Gallery(sqlite_gallery.place) as restored:
        fill(restored, rows[800:], start=800)  # as numbers 401 to 800, which the file has with other vectors
        assert found(restored, rows[800::50]) == [str(place) for place in range(800, 1200, 50)]


def test_re_embedding_leaves_no_old_vectors_in_the_index(sqlite_gallery, vectors, fill):
    rows, others = vectors(400), vectors(400, 1)
    fill(sqlite_gallery, rows)
    with Gallery(sqlite_gallery.place) as other:
        assert found(other, rows[:3]) == ["0", "1", "2"]
        store = sqlite_gallery.store
        with store.database.writing():
            store.replace_vectors(dict(zip(store.template_numbers(), others, strict=True)), ModelId.of("sface"))
    with Gallery(sqlite_gallery.place) as other:
        assert other.model.name == "sface"
        assert found(other, others[::40]) == [str(place) for place in range(0, 400, 40)]


def test_without_faiss_everything_is_compared(sqlite_gallery, vectors, fill, monkeypatch):
    monkeypatch.setitem(sys.modules, "faiss", None)
    rows = vectors(700)
    fill(sqlite_gallery, rows)
    assert found(sqlite_gallery, rows[::100]) == [str(place) for place in range(0, 700, 100)]
    assert state(sqlite_gallery).index is None
    assert not index_path(sqlite_gallery).exists()


def test_an_index_that_cannot_be_kept_is_used_all_the_same(sqlite_gallery, vectors, fill):
    rows = vectors(400)
    fill(sqlite_gallery, rows)
    index_path(sqlite_gallery).mkdir()
    assert found(sqlite_gallery, rows[:3]) == ["0", "1", "2"]


def test_a_transaction_that_is_taken_back_leaves_nothing_in_memory(sqlite_gallery, vectors, fill, template):
    rows = vectors(10)
    fill(sqlite_gallery, rows[:5])
    database = sqlite_gallery.store.database

    def enrol_twice():
        with database.writing():
            person = sqlite_gallery.store.add_person("phantom")
            sqlite_gallery.store.add_template(person, template(rows[9]), ModelId.of("embedding"))
            assert database.nearest(rows[9], 1).neighbours[0].similarity == pytest.approx(1)
            sqlite_gallery.store.add_person("phantom")

    with pytest.raises(sqlite3.IntegrityError):
        enrol_twice()
    assert database.nearest(rows[9], 1).neighbours[0].similarity < 0.9
    fill(sqlite_gallery, rows[5:6], start=5)  # with the number that the phantom had
    assert found(sqlite_gallery, rows[[5]]) == ["5"]


# The index itself


def test_an_index_that_is_changed_stays_as_it_was(vectors):
    rows = vectors(600)
    numbers = np.arange(600, dtype=np.int64) * 3 + 1
    index = ApproximateIndex.build(rows[:500], [(numbers[:250], rows[:250]), (numbers[250:500], rows[250:500])])
    more = index.added(numbers[500:], rows[500:])
    less = more.only(numbers[::2])
    assert (len(index), len(more), len(less)) == (500, 600, 300)
    assert index.candidates(rows[550], 600).tolist().count(numbers[550]) == 0
    assert more.candidates(rows[550], 1).tolist() == [numbers[550]]
    assert numbers[551] not in less.candidates(rows[551], 600)
    again = ApproximateIndex.from_bytes(less.to_bytes(), less.numbers, less.learned_at)
    np.testing.assert_array_equal(again.candidates(rows[0], 20), less.candidates(rows[0], 20))


def test_nothing_of_a_removed_vector_is_left_in_the_indexs_bytes(vectors):
    """The codes of a vector are a row of 128 bytes; they are there before and gone after."""
    rows = vectors(600)
    numbers = np.arange(1, 601, dtype=np.int64)
    whole = ApproximateIndex.build(rows, [(numbers, rows)])
    alone = bytes(whole.only(numbers[[41]]).to_bytes())
    without = bytes(whole.only(np.delete(numbers, 41)).to_bytes())
    number = int(numbers[41]).to_bytes(8, "little")
    place = alone.rindex(number)
    code = alone[place - 128 : place]
    assert code in bytes(whole.to_bytes())
    assert code not in without


def test_every_tenth_of_realistic_people_is_found_as_exactly(vectors):
    """People with several looks each, in the few dimensions that embeddings fill: recall@1 of the candidates."""
    rng = np.random.default_rng(3)
    spread = np.exp(-np.arange(128) / 60).astype(np.float32)
    people = rng.normal(size=(1500, 128)).astype(np.float32) * spread
    rows = np.repeat(people, 4, axis=0) + rng.normal(size=(6000, 128)).astype(np.float32) * spread
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    numbers = np.arange(6000, dtype=np.int64)
    index = ApproximateIndex.build(rows, [(numbers, rows)])
    probes = people[::5] + rng.normal(size=(300, 128)).astype(np.float32) * spread
    probes /= np.linalg.norm(probes, axis=1, keepdims=True)
    best = (probes @ rows.T).argmax(axis=1)
    hits = [truth in index.candidates(probe, 64) for probe, truth in zip(probes, best, strict=True)]
    assert np.mean(hits) >= 0.99
