from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mien.models.demographics import age_interval, median_age


def certain(year: int) -> np.ndarray:
    return np.eye(101, dtype=np.float32)[[year]]


def test_the_age_is_the_median() -> None:
    p = np.zeros((3, 101), np.float32)
    p[0, [20, 30]] = 0.25, 0.75  # a third of the way through the year that stands for 29.5 to 30.5
    p[1, [40, 41]] = 0.5, 0.5
    p[2, 100] = 1
    assert median_age(p) == pytest.approx([29.5 + 1 / 3, 40.5, 100], abs=1e-4)


def test_newborns_are_not_of_negative_age() -> None:
    p = np.zeros((1, 101))
    p[0, [0, 1]] = 0.999, 0.001
    assert median_age(p) == pytest.approx([0.0005], abs=1e-3)


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
    age = median_age(p)
    narrow, wide = age_interval(p, max(one, other)), age_interval(p, min(one, other))
    assert (narrow[:, 0] <= age).all()
    assert (age <= narrow[:, 1]).all()
    assert (wide[:, 0] <= narrow[:, 0] + 1e-4).all()
    assert (narrow[:, 1] <= wide[:, 1] + 1e-4).all()
