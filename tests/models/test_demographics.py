from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mien.models.demographics import age_interval, expected_age


def certain(year: int) -> np.ndarray:
    return np.eye(101, dtype=np.float32)[[year]]


def test_the_expected_age_is_the_mean() -> None:
    p = np.zeros((2, 101), np.float32)
    p[0, [20, 30]] = 0.25, 0.75
    p[1, 0] = 1
    assert expected_age(p).tolist() == [27.5, 0.0]


@pytest.mark.parametrize(("tail", "wanted"), [(0.01, [39.51, 40.49]), (0.1, [39.6, 40.4]), (0.5, [40.0, 40.0])])
def test_a_year_stands_for_the_ages_around_it(tail: float, wanted: list[float]) -> None:
    assert age_interval(certain(40), tail)[0] == pytest.approx(wanted, abs=1e-4)


def test_an_even_distribution_loses_its_tails() -> None:
    p = np.full((1, 101), 1 / 101)
    low, high = age_interval(p, 0.1)[0]
    assert low == pytest.approx(-0.5 + 10.1, abs=1e-3)
    assert high == pytest.approx(100.5 - 10.1, abs=1e-3)


def test_no_age_is_below_birth() -> None:
    assert age_interval(certain(0), 0.01)[0] == pytest.approx([0, 0.49], abs=1e-4)


def test_of_nobody_there_are_no_intervals() -> None:
    assert age_interval(np.zeros((0, 101)), 0.1).shape == (0, 2)


@given(st.integers(0, 2**32 - 1), st.floats(0, 0.49), st.floats(0, 0.49))
def test_the_interval_holds_the_age_and_grows_as_the_tails_shrink(seed: int, one: float, other: float) -> None:
    p = np.random.default_rng(seed).dirichlet(np.full(101, 0.05), 4)
    age = expected_age(p)
    narrow, wide = age_interval(p, max(one, other)), age_interval(p, min(one, other))
    assert (narrow[:, 0] <= age).all()
    assert (age <= narrow[:, 1]).all()
    assert (wide[:, 0] <= narrow[:, 0] + 1e-4).all()
    assert (narrow[:, 1] <= wide[:, 1] + 1e-4).all()
