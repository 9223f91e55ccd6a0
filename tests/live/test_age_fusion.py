import itertools
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mien.live.age_fusion import CENTROIDS, AgeFusion, huber_mean, weighted_median


def fuse(*looks, correlation=0.5, memory_s=1e9):
    """Looks are (years, half width, weight), all at one time."""
    fusion = AgeFusion(correlation=correlation, memory_s=memory_s)
    for years, half, weight in looks:
        fusion.add(years, np.array([years - half, years + half]), weight, 0.0)
    return fusion.fused


looks = st.lists(st.tuples(st.floats(0, 100), st.floats(0.5, 15), st.floats(0.05, 1)), min_size=1, max_size=5)


def test_without_evidence_there_is_no_age():
    assert fuse() is None
    assert fuse((40.0, 5.0, 0.0)) is None


def test_one_good_look_is_itself():
    fused = fuse((40.0, 5.0, 1.0))
    assert fused.years == pytest.approx(40)
    assert fused.interval == pytest.approx((35, 45))


def test_a_poor_look_has_a_wider_interval():
    # √(ρ + (1 - ρ) / w) with ρ = 0.5 and w = 0.25
    assert fuse((40.0, 4.0, 0.25)).interval == pytest.approx((40 - 4 * math.sqrt(2.5), 40 + 4 * math.sqrt(2.5)))


@pytest.mark.parametrize("count", [1, 2, 4, 10, 200])
def test_identical_looks_keep_the_age_and_narrow_the_interval_to_the_persons_part(count):
    fused = fuse(*[(33.5, 6.0, 1.0)] * count)
    half = 6 * math.sqrt(0.5 + 0.5 / count)
    assert fused.years == pytest.approx(33.5, abs=1e-9)
    assert fused.interval == pytest.approx((33.5 - half, 33.5 + half))


@given(st.floats(0.05, 0.98), st.lists(st.floats(0.05, 1), min_size=1, max_size=20))
def test_the_interval_narrows_with_every_look_but_not_below_the_persons_part(correlation, weights):
    fusion = AgeFusion(correlation=correlation, memory_s=1e9)
    widths = []
    for weight in weights:
        fusion.add(50.0, np.array([42.0, 60.0]), weight, 0.0)
        low, high = fusion.fused.interval
        widths.append(high - low)
        assert low <= 50 <= high
        assert 10 * (50 - low) == pytest.approx(8 * (high - 50))  # the sides keep their ratio
    assert all(b <= a + 1e-9 for a, b in itertools.pairwise(widths))
    assert widths[-1] >= 18 * math.sqrt(correlation) - 1e-9


def test_the_interval_does_not_reach_below_birth():
    assert fuse((1.0, 5.0, 1.0)).interval == pytest.approx((0, 6))


def test_an_outlier_hardly_moves_the_age():
    steady = [(age, 5.0, 1.0) for age in (29.0, 30.0, 31.0, 30.5, 29.5)]
    assert fuse(*steady).years == pytest.approx(30)
    assert fuse(*steady, (85.0, 5.0, 1.0)).years == pytest.approx(30, abs=1)


def test_looks_weigh_by_quality():
    assert fuse((30.0, 5.0, 1.0), (33.0, 5.0, 0.5)).years == pytest.approx(31)


@given(looks)
def test_order_does_not_matter(given_looks):
    results = [fuse(*order) for order in itertools.islice(itertools.permutations(given_looks), 6)]
    for result in results[1:]:
        assert result.years == pytest.approx(results[0].years, abs=1e-4)
        assert result.interval == pytest.approx(results[0].interval, abs=1e-4)


@given(looks, st.floats(0, 100))
def test_a_look_of_weight_zero_changes_nothing(given_looks, years):
    assert fuse(*given_looks, (years, 3.0, 0.0)) == fuse(*given_looks)


@given(looks)
def test_the_age_lies_among_the_looks(given_looks):
    ages = [look[0] for look in given_looks]
    assert min(ages) - 1e-6 <= fuse(*given_looks).years <= max(ages) + 1e-6


def test_ages_without_intervals_have_none():
    fusion = AgeFusion(correlation=0.5, memory_s=60.0)
    fusion.add(20.0, None, 1.0, 0.0)
    fusion.add(22.0, None, 1.0, 1.0)
    assert fusion.fused.years == pytest.approx(21, abs=0.02)
    assert fusion.fused.interval is None


def test_old_looks_give_way():
    fusion = AgeFusion(correlation=0.5, memory_s=10.0)
    for _ in range(10):
        fusion.add(60.0, np.array([55.0, 65.0]), 1.0, 0.0)
    for _ in range(3):
        fusion.add(20.0, np.array([18.0, 22.0]), 1.0, 60.0)
    assert fusion.fused.years == pytest.approx(20, abs=0.5)
    low, high = fusion.fused.interval
    assert high - low < 4.5


def test_memory_is_bounded_and_the_age_stays_right():
    random = np.random.default_rng(0)
    ages = random.normal(40, 4, 2000)
    fusion = AgeFusion(correlation=0.5, memory_s=1e9)
    for age in ages:
        fusion.add(age, None, 1.0, 0.0)
    assert len(fusion._ages) == CENTROIDS
    assert fusion._weights.sum() == pytest.approx(2000)
    assert fusion.fused.years == pytest.approx(huber_mean(np.sort(ages), np.ones(2000)), abs=0.1)


def test_absorbing_is_as_if_all_looks_had_been_taken_in():
    early, late, both = (AgeFusion(correlation=0.5, memory_s=5.0) for _ in range(3))
    for fusion, age, time_s in ((early, 30.0, 0.0), (early, 34.0, 1.0), (late, 41.0, 3.0), (late, 39.0, 4.0)):
        for one in (fusion, both):
            one.add(age, np.array([age - 3, age + 5]), 0.7, time_s)
    late.absorb(early)
    assert late.fused.years == pytest.approx(both.fused.years)
    assert late.fused.interval == pytest.approx(both.fused.interval)
    late.absorb(AgeFusion(correlation=0.5, memory_s=5.0))
    assert late.fused.years == pytest.approx(both.fused.years)


@pytest.mark.parametrize(
    ("values", "weights", "median"),
    [([5], [1], 5), ([1, 3], [1, 1], 2), ([1, 3], [1, 2], 3), ([1, 2, 9], [1, 1, 1], 2), ([1, 2, 9], [1, 1, 2], 5.5)],
)
def test_weighted_median(values, weights, median):
    assert weighted_median(np.array(values, float), np.array(weights, float)) == median


def test_hubers_mean_by_hand():
    # Median 35, MAD 10, δ = 1.345 · 1.4826 · 10; only 90 is further off than δ: 20 + 30 + 40 - 3 m + δ = 0.
    mean = (90 + 1.345 * 14.826) / 3
    assert huber_mean(np.array([20.0, 30.0, 40.0, 90.0]), np.ones(4)) == pytest.approx(mean, abs=1e-4)


def test_frames_that_agree_as_well_as_usual_count_in_full():
    # Two of three are equal, so that their MAD is 0; 2.3 years of standard deviation are taken nevertheless.
    assert huber_mean(np.array([30.0, 30.0, 33.0]), np.ones(3)) == pytest.approx(31)
