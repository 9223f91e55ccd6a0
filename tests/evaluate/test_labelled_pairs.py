import numpy as np
import pytest

from mien.errors import ShapeError
from mien.evaluate import labelled_pairs
from mien.evaluate.labelled_pairs import AllPairs, GivenPairs, drawn_people


@pytest.fixture
def faces():
    random = np.random.default_rng(0)
    rows = random.normal(size=(30, 6))
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32), random.integers(0, 8, 30)


@pytest.mark.parametrize("rows", [1, 7, 1000])
def test_every_image_is_compared_once_with_every_other(faces, monkeypatch, rows):
    monkeypatch.setattr(labelled_pairs, "_ROWS", rows)
    embeddings, people = faces
    pairs = AllPairs(embeddings, people)
    a, b = np.triu_indices(30, 1)
    similarity = (embeddings @ embeddings.T)[a, b]
    same = people[a] == people[b]
    np.testing.assert_allclose(pairs.different, similarity[~same], atol=1e-6)
    np.testing.assert_allclose(pairs.same, similarity[same], atol=1e-6)
    np.testing.assert_array_equal(pairs.whose, people[a][same])
    for threshold in (-1.0, 0.2, 0.999):
        assert pairs.fmr(threshold).value == pytest.approx((similarity[~same] >= threshold).mean())
        assert pairs.fmr(threshold).n == (~same).sum()
        assert pairs.tar(threshold).value == pytest.approx((similarity[same] >= threshold).mean())


def test_people_may_be_named_by_anything(faces):
    embeddings, people = faces
    named = AllPairs(embeddings, [f"person {person}" for person in people])
    np.testing.assert_array_equal(named.same, AllPairs(embeddings, people).same)


def test_one_photo_of_each_gives_no_pair_of_one_person(faces):
    pairs = AllPairs(faces[0], np.arange(30))
    assert (len(pairs.same), len(pairs.different)) == (0, 435)
    assert pairs.tar(0.5).value is None


def test_as_many_labels_as_faces_are_wanted(faces):
    with pytest.raises(ShapeError, match="one for each of 2 labels"):
        AllPairs(faces[0], [1, 2])


def test_given_pairs_are_independent():
    pairs = GivenPairs(np.array([0.9, 0.4, 0.8, 0.1]), np.array([1, 1, 0, 0]))
    assert (pairs.tar(0.5).value, pairs.fmr(0.5).value, pairs.fmr(0.81).value) == (0.5, 0.5, 0)
    assert GivenPairs(np.zeros(3), np.zeros(3)).tar(0.5).value is None


def test_of_too_many_faces_whole_people_are_drawn():
    people = np.repeat([f"person {n}" for n in range(50)], 5)
    assert drawn_people(people, 250).tolist() == list(range(250))
    rows = drawn_people(people, 102)
    assert len(rows) == 100
    assert set(np.unique(people[rows], return_counts=True)[1].tolist()) == {5}
    np.testing.assert_array_equal(drawn_people(people, 102), rows)
