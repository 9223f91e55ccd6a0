from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mien.errors import InputError, ModelError
from mien.models.age import AgeTails, levels, median_age


def certain(year: int) -> np.ndarray:
    return np.eye(101, dtype=np.float32)[[year]]


def even_tails(tail: float) -> AgeTails:
    return AgeTails(ages=(0,), tails=(tail,), coverage=0.8)


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


def test_a_level_is_the_probability_on_the_thinner_side() -> None:
    p = np.zeros((1, 101))
    p[0, [20, 30]] = 0.25, 0.75
    wanted = [0, 0.25 / 2, 0.25, 0.25 + 0.75 / 4, 0.75 / 4, 0]
    assert levels(p, np.array([19.5, 20, 25, 29.75, 30.25, 31]))[0] == pytest.approx(wanted)


def test_levels_of_an_age_for_each_row() -> None:
    p = np.concatenate([certain(20), certain(30)])
    assert levels(p, np.array([[20], [20]]))[:, 0] == pytest.approx([0.5, 0])


@pytest.mark.parametrize(("tail", "wanted"), [(0.01, [39.6, 40.4]), (0.1, [39.6, 40.4]), (0.2, [39.7, 40.3])])
def test_a_year_stands_for_the_ages_around_it(tail: float, wanted: list[float]) -> None:
    assert even_tails(tail).interval(certain(40))[0] == pytest.approx(wanted, abs=1e-4)


def test_an_even_distribution_loses_its_tails() -> None:
    low, high = even_tails(0.1).interval(np.full((1, 101), 1 / 101))[0]
    assert low == pytest.approx(-0.5 + 10.1, abs=0.1)
    assert high == pytest.approx(100.5 - 10.1, abs=0.1)


def test_the_tail_is_that_of_the_candidate_age() -> None:
    """With the tail 0 from 30 years on, everybody may be up to 100 years old; from below, each has a tenth."""
    tails = AgeTails(ages=(29.9, 30), tails=(0.1, 0), coverage=0.8)
    p = np.zeros((1, 101))
    p[0, 10:20] = 0.1
    low, high = tails.interval(p)[0]
    assert low == pytest.approx(10.5, abs=0.1)
    assert high == 100


def test_tails_between_ages_are_interpolated() -> None:
    p = np.full((1, 101), 1 / 101)
    tails = AgeTails(ages=(0, 100), tails=(0.2, 0.0), coverage=0.8)
    low, _ = tails.interval(p)[0]
    # (age + ½) / 101 reaches 0.2 − 0.002 age
    assert low == pytest.approx((0.2 - 0.5 / 101) / (1 / 101 + 0.002), abs=0.1)


def test_where_no_candidate_is_inside_the_median_is() -> None:
    assert even_tails(0.5).interval(np.concatenate([certain(40), certain(100)])) == pytest.approx(
        np.array([[40, 40], [100, 100]])
    )


def test_no_age_is_below_birth() -> None:
    assert even_tails(0.01).interval(certain(0))[0] == pytest.approx([0, 0.4], abs=1e-4)


def test_of_nobody_there_are_no_ages() -> None:
    assert median_age(np.zeros((0, 101))).shape == (0,)
    assert even_tails(0.1).interval(np.zeros((0, 101))).shape == (0, 2)


@given(st.integers(0, 2**32 - 1), st.floats(0, 0.5), st.floats(0, 0.5))
def test_the_interval_holds_the_age_and_grows_as_the_tails_shrink(seed: int, one: float, other: float) -> None:
    p = np.random.default_rng(seed).dirichlet(np.full(101, 0.05), 4)
    age = median_age(p)
    narrow = even_tails(max(one, other)).interval(p)
    wide = even_tails(min(one, other)).interval(p)
    assert (narrow[:, 0] <= age).all()
    assert (age <= narrow[:, 1]).all()
    assert (wide[:, 0] <= narrow[:, 0]).all()
    assert (narrow[:, 1] <= wide[:, 1]).all()


@pytest.mark.parametrize(
    "values",
    [
        {"ages": (), "tails": ()},
        {"ages": (1, 2), "tails": (0.1,)},
        {"ages": (2, 1), "tails": (0.1, 0.1)},
        {"ages": (1,), "tails": (0.6,)},
        {"ages": (1,), "tails": (-0.1,)},
        {"ages": (1,), "tails": (0.1,), "coverage": 1},
    ],
)
def test_impossible_tails_are_refused(values: dict) -> None:
    with pytest.raises(InputError, match="age tails"):
        AgeTails(**{"coverage": 0.8, **values})


@pytest.mark.parametrize("held", [{}, {"age_interval": {"coverage": 0.8, "tail": 0.1}}, {"age_interval": 3}])
def test_a_card_without_tails_is_told(held: dict) -> None:
    with pytest.raises(ModelError, match=r"age_interval must hold ages, tails and coverage .*; train it anew"):
        AgeTails.of_card(held)


def test_tails_come_from_a_card() -> None:
    held = {"age_interval": {"ages": [0, 20], "tails": [0.1, 0.2], "coverage": 0.8}}
    assert AgeTails.of_card(held) == AgeTails(ages=(0, 20), tails=(0.1, 0.2), coverage=0.8)
