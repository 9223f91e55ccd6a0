import itertools
from statistics import NormalDist

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mien.errors import InputError
from mien.identity.calibration_tail import LEAST_TAIL, Tail, tail_slope


def test_the_tail_of_a_normal_distribution_is_found():
    different = np.random.default_rng(1).normal(0.2, 0.1, 500_000)
    slope = tail_slope(different, fmr=1e-4)
    assert slope == pytest.approx(0.1, rel=0.05)
    tail = Tail(similarity=0.2 - 0.1 * NormalDist().inv_cdf(1e-4), fmr=1e-4, slope=slope)
    assert tail.threshold(1e-6) == pytest.approx(0.2 - 0.1 * NormalDist().inv_cdf(1e-6), abs=0.01)


@given(st.floats(1e-7, 9e-5))
def test_rate_and_threshold_are_each_others_inverse(fmr):
    tail = Tail(similarity=0.5, fmr=1e-4, slope=0.1)
    assert tail.rate(tail.threshold(fmr)) == pytest.approx(fmr, rel=1e-6)


def test_it_goes_on_where_the_table_ends_and_never_says_nought():
    tail = Tail(similarity=0.5, fmr=1e-4, slope=0.01)
    assert tail.rate(0.5) == pytest.approx(1e-4)
    rates = [tail.rate(similarity) for similarity in np.linspace(0.5, 1, 40)]
    assert all(a >= b > 0 for a, b in itertools.pairwise(rates))
    assert tail.least_fmr == pytest.approx(1e-7)


@pytest.mark.parametrize(
    ("different", "fmr"),
    [
        (np.linspace(0, 1, LEAST_TAIL), 0.3),  # half of them are fewer than the tail needs
        (np.full(1000, 0.4), 0.1),  # no slope in what is all alike
        (np.linspace(0, 1, 300), 0.5),  # nothing is left beyond the least rate
    ],
)
def test_there_is_no_tail_where_there_is_too_little(different, fmr):
    assert tail_slope(different, fmr=fmr) is None


@pytest.mark.parametrize(
    "values", [(-1.0, 0.1, 0.1), (0.5, 0.0, 0.1), (0.5, 1.0, 0.1), (0.5, 0.1, 0.0), (0.5, 0.1, np.nan)]
)
def test_what_is_no_tail_is_refused(values):
    similarity, fmr, slope = values
    with pytest.raises(InputError, match="a tail needs"):
        Tail(similarity=similarity, fmr=fmr, slope=slope)
