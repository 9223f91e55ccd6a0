import numpy as np
import pytest

from mien.evaluate.by_person import mean_of_same, share_of_different, share_of_same


def test_shares_are_those_of_the_pairs():
    assert share_of_same(np.array([1, 1, 0, 0]), np.array([0, 0, 1, 1])).value == 0.5
    # Three people with 1, 2 and 3 images: 2 + 3 + 6 pairs of different people.
    found = share_of_different(np.array([0, 0]), np.array([1, 2]), np.array([1, 2, 3]))
    assert (found.value, found.n) == (pytest.approx(2 / 11), 11)


def test_pairs_of_one_person_stand_or_fall_together():
    people = np.repeat(np.arange(20), 50)
    by_person = share_of_same(people % 2 == 0, people)  # half of the people always match
    by_chance = share_of_same(np.arange(1000) % 2 == 0, people)  # everybody in half of the pairs
    assert by_person.value == by_chance.value == 0.5
    assert by_chance.high - by_chance.low < 1e-9
    assert by_person.high - by_person.low == pytest.approx(2 * 1.96 * np.sqrt(0.25 / 20), rel=0.15)


def test_one_person_like_everybody_makes_a_wide_interval():
    images = np.ones(100, np.int64)
    hub = share_of_different(np.zeros(99, np.int64), np.arange(1, 100), images)
    pairs = np.random.default_rng(0).permutation(100)[:98].reshape(2, 49)
    spread = share_of_different(np.tile(pairs[0], 2)[:99], np.tile(pairs[1], 2)[:99], images)
    assert hub.value == pytest.approx(0.02)
    assert hub.low == 0  # without that person there is none
    assert hub.high - hub.low > 1.5 * (spread.high - spread.low)


@pytest.mark.parametrize(("matches", "value"), [(0, 0.0), (1, 1.0)])
def test_where_none_or_all_match_the_interval_is_that_of_the_people(matches, value):
    found = share_of_same(np.full(1000, matches), np.repeat(np.arange(10), 100))
    assert found.value == value
    assert found.high - found.low == pytest.approx(0.2775, abs=1e-3)  # Wilson's of 10, not of 1000


def test_no_stranger_matching_is_no_proof():
    found = share_of_different(np.empty(0, np.int64), np.empty(0, np.int64), np.ones(100, np.int64))
    assert (found.value, found.n) == (0, 4950)
    assert found.high == pytest.approx(0.0713, abs=1e-3)  # Wilson's of 50 pairs of people who are in no other


def test_nothing_has_no_share():
    nothing = np.empty(0, np.int64)
    assert share_of_same(nothing, nothing).value is None
    assert mean_of_same(nothing.astype(float), nothing).value is None
    assert share_of_different(nothing, nothing, np.array([4])).value is None


def test_the_mean_of_differences_knows_its_people():
    people = np.repeat(np.arange(50), 4)
    found = mean_of_same(np.where(people < 25, 1.0, 0.0), people)
    assert found.value == 0.5
    assert found.low == pytest.approx(0.5 - 1.96 * np.sqrt(0.25 / 50), abs=0.02)
