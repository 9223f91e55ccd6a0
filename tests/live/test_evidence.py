import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mien.errors import InputError
from mien.live.evidence import check_correlation, effective_number, remembered, settled

correlations = st.floats(0, 0.99)


@pytest.mark.parametrize(
    ("weight", "correlation", "number"),
    [(0, 0.7, 0), (1, 0.7, 1), (1, 0, 1), (10, 0, 10), (2, 0.5, 4 / 3), (0.5, 0.5, 2 / 3), (5, 0.8, 5 / 4.2)],
)
def test_known_numbers(weight, correlation, number):
    assert effective_number(weight, correlation) == pytest.approx(number)


@given(st.integers(1, 40), correlations)
def test_good_frames_follow_kish(n, correlation):
    assert effective_number(n, correlation) == pytest.approx(n / (1 + (n - 1) * correlation))


@given(st.lists(st.floats(0.05, 1), min_size=1, max_size=8), correlations)
def test_it_is_generalised_least_squares(weights, correlation):
    covariance = correlation + np.diag((1 - correlation) / np.array(weights))
    precision = np.linalg.inv(covariance).sum()
    assert effective_number(sum(weights), correlation) == pytest.approx(precision, rel=1e-6)


@given(st.floats(0, 1e6), st.floats(0, 1e6), correlations)
def test_it_grows_with_the_weight_and_saturates(a, b, correlation):
    low, high = sorted((a, b))
    assert effective_number(low, correlation) <= effective_number(high, correlation)
    if correlation > 0:
        assert effective_number(high, correlation) <= 1 / correlation + 1e-9


def test_settled_and_remembered():
    assert [settled(weight) for weight in (0, 1, 9)] == [0, 0.5, 0.9]
    assert [remembered(seconds, 10) for seconds in (0, 10)] == pytest.approx([1, 0.36787944])


@pytest.mark.parametrize("correlation", [-0.1, 1.0, float("nan")])
def test_no_correlation(correlation):
    with pytest.raises(InputError, match="age_correlation must be from 0 to below 1"):
        check_correlation("age_correlation", correlation)
