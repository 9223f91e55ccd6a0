import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mien.live.class_fusion import ClassFusion


def fuse(*looks, correlation=0.0, memory_s=1e9, time_s=0.0):
    """Looks are (probabilities, weight); all at one time."""
    fusion = ClassFusion(correlation=correlation, memory_s=memory_s)
    for probabilities, weight in looks:
        fusion.add(np.array(probabilities), weight, time_s)
    return fusion.probabilities


def log_odds(p):
    return np.log(p / (1 - p))


@st.composite
def looks(draw, classes=3):
    raw = draw(st.lists(st.lists(st.floats(0.02, 1), min_size=classes, max_size=classes), min_size=1, max_size=5))
    weights = draw(st.lists(st.floats(0.01, 1), min_size=len(raw), max_size=len(raw)))
    return [(np.array(row) / sum(row), weight) for row, weight in zip(raw, weights, strict=True)]


def test_without_evidence_there_are_no_probabilities():
    assert fuse() is None
    assert fuse(([0.9, 0.1], 0.0)) is None


def test_log_odds_of_two_independent_looks_add():
    fused = fuse(([0.8, 0.2], 1), ([0.7, 0.3], 1))
    assert log_odds(fused[0]) == pytest.approx(log_odds(0.8) + log_odds(0.7))
    assert fused[0] == pytest.approx(0.56 / 0.62)


def test_two_correlated_looks_count_as_fewer():
    # n_eff = 2 / 1.5 = 4/3; the mean of the log-odds times that.
    fused = fuse(([0.8, 0.2], 1), ([0.7, 0.3], 1), correlation=0.5)
    assert log_odds(fused[0]) == pytest.approx((log_odds(0.8) + log_odds(0.7)) / 2 * 4 / 3)


def test_weights_are_those_of_the_mean():
    # W = 1.25, ρ = 0.5: n_eff = 1.25 / 1.125.
    fused = fuse(([0.8, 0.2], 1), ([0.3, 0.7], 0.25), correlation=0.5)
    mean = (log_odds(0.8) + 0.25 * log_odds(0.3)) / 1.25
    assert log_odds(fused[0]) == pytest.approx(mean * 1.25 / 1.125)


def test_one_good_look_stays_as_it_is_and_a_poor_one_is_made_more_even():
    assert fuse(([0.6, 0.3, 0.1], 1), correlation=0.7) == pytest.approx([0.6, 0.3, 0.1])
    poor = fuse(([0.6, 0.3, 0.1], 0.2), correlation=0.7)
    assert 1 / 3 < poor[0] < 0.6
    assert poor.argmax() == 0


@given(looks())
def test_order_does_not_matter(given_looks):
    results = [fuse(*order, correlation=0.6) for order in itertools.islice(itertools.permutations(given_looks), 6)]
    for result in results[1:]:
        assert result == pytest.approx(results[0], abs=1e-9)
    assert results[0].sum() == pytest.approx(1)


@given(looks(), st.integers(0, 4))
def test_a_look_of_weight_zero_changes_nothing(given_looks, place):
    place = min(place, len(given_looks))
    more = [*given_looks[:place], (np.array([0.0, 0.0, 1.0]), 0.0), *given_looks[place:]]
    assert fuse(*more, correlation=0.6).tolist() == fuse(*given_looks, correlation=0.6).tolist()


@pytest.mark.parametrize("correlation", [0.5, 0.8, 0.95])
def test_identical_looks_saturate_at_one_over_the_correlation(correlation):
    looks = [([0.7, 0.3], 1)]
    confidence = [fuse(*looks * n, correlation=correlation)[0] for n in (1, 2, 5, 50, 5000)]
    assert confidence == sorted(confidence)
    assert confidence[0] == pytest.approx(0.7)
    assert log_odds(confidence[-1]) == pytest.approx(log_odds(0.7) / correlation, rel=1e-3)


def test_no_look_has_a_veto():
    fused = fuse(*[([0.9, 0.1], 1)] * 10, ([0.0, 1.0], 1), correlation=0.5)
    assert fused[0] > 0.8


def test_time_alone_changes_nothing_but_old_looks_give_way():
    fusion = ClassFusion(correlation=0.5, memory_s=10.0)
    for _ in range(20):
        fusion.add(np.array([0.9, 0.1]), 1.0, 0.0)
    before = fusion.probabilities.tolist()
    assert before[0] > 0.9
    fusion.add(np.array([0.9, 0.1]), 0.0, 100.0)
    assert fusion.probabilities.tolist() == before
    fusion.add(np.array([0.2, 0.8]), 1.0, 100.0)  # ten time constants later
    assert fusion.probabilities[1] > 0.75


def test_memory_by_hand():
    fusion = ClassFusion(correlation=0.0, memory_s=1 / np.log(2))  # half is left after a second
    fusion.add(np.array([0.8, 0.2]), 1.0, 0.0)
    fusion.add(np.array([0.4, 0.6]), 1.0, 1.0)
    assert log_odds(fusion.probabilities[0]) == pytest.approx(log_odds(0.8) / 2 + log_odds(0.4))


def test_absorbing_is_as_if_all_looks_had_been_taken_in():
    early, late, both = (ClassFusion(correlation=0.6, memory_s=5.0) for _ in range(3))
    for time_s, p in ((0.0, 0.7), (1.0, 0.9)):
        early.add(np.array([p, 1 - p]), 0.8, time_s)
        both.add(np.array([p, 1 - p]), 0.8, time_s)
    for time_s, p in ((3.0, 0.4), (4.0, 0.3)):
        late.add(np.array([p, 1 - p]), 0.5, time_s)
        both.add(np.array([p, 1 - p]), 0.5, time_s)
    early.absorb(late)
    assert early.probabilities == pytest.approx(both.probabilities)
    assert early.settled == pytest.approx(both.settled)
    early.absorb(ClassFusion(correlation=0.6, memory_s=5.0))
    assert early.probabilities == pytest.approx(both.probabilities)
