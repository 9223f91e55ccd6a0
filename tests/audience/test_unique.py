from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mien.audience.returns import Evidence
from mien.audience.unique import UniqueVisitors, unique_visitors
from mien.models.thresholds import Thresholds

LEVELS = (0.5, 0.2, 0.1, 0.05, 0.02, 0.01, 1e-3, 1e-4, 1e-5)
TABLE = Thresholds(similarity=(0.25, 0.36, 0.42, 0.46, 0.51, 0.55, 0.65, 0.72, 0.78), fmr=LEVELS)
NOTHING = np.full(1, np.nan)


def strangers(count, compared, rng):
    """The highest of so many strangers' similarities, by the table."""
    rate = 1 - rng.random((count, 1)) ** (1 / np.asarray(compared, np.float64).reshape(-1, 1))
    return np.interp(-np.log(rate[:, 0]), -np.log([1, *LEVELS]), [-1, *TABLE.similarity])


def make_evidence(people, returns, *, known_by=0.85, spread=0.05, others=40, unread=0, seed=0):
    """Visits of so many people, and returns of theirs that look like it."""
    rng = np.random.default_rng(seed)
    total = people + returns
    compared = np.full(total, float(others))
    best = strangers(total, compared, rng)
    best[:returns] = rng.normal(known_by, spread, returns)
    own = rng.normal(known_by + 0.05, spread, total)
    other = strangers(total, np.ones(total), rng)
    columns = [np.concatenate([column, np.full(unread, np.nan)]) for column in (compared, best, own, other)]
    return Evidence(compared=columns[0], best=np.clip(columns[1], -1, 1), own=columns[2], other=columns[3])


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize(("people", "returns"), [(30, 0), (60, 30), (200, 20), (200, 200), (1000, 400)])
def test_a_network_that_tells_people_apart_counts_them_within_five_percent(people, returns, seed):
    found = unique_visitors(make_evidence(people, returns, seed=seed), TABLE)
    assert found.value == pytest.approx(people, rel=0.05)
    assert 0.99 * found.low <= people <= 1.01 * found.high
    assert found.high - found.low <= max(5, 0.2 * (people + returns))


@pytest.mark.parametrize("seed", range(4))
def test_a_network_that_does_not_says_so_by_a_wide_interval(seed):
    good = unique_visitors(make_evidence(200, 100, seed=seed), TABLE)
    poor = unique_visitors(make_evidence(200, 100, known_by=0.6, spread=0.1, seed=seed), TABLE)
    assert poor.high - poor.low > 2 * (good.high - good.low)
    assert poor.low <= 200 <= poor.high


def test_visits_whose_face_was_not_read_may_be_anybodys():
    """Of nobody new, of as many new people as the others, or of something between."""
    found = unique_visitors(make_evidence(200, 100, unread=150), TABLE)
    assert found.visits == 450
    assert found.value == pytest.approx(250, rel=0.05)
    assert found.low == pytest.approx(200, rel=0.05)
    assert found.high == pytest.approx(300, rel=0.05)


def test_the_first_visit_is_nobodys_return():
    evidence = Evidence(compared=np.zeros(1), best=NOTHING, own=NOTHING, other=NOTHING)
    assert unique_visitors(evidence, TABLE) == UniqueVisitors(value=1, low=1, high=1, visits=1)


@pytest.mark.parametrize("count", [0, 3])
def test_without_a_face_nothing_is_told(count):
    nothing = np.full(count, np.nan)
    assert unique_visitors(Evidence(compared=nothing, best=nothing, own=nothing, other=nothing), TABLE) is None


@settings(max_examples=25)
@given(
    visits=st.lists(
        st.tuples(st.integers(0, 500), st.floats(-1, 1), st.none() | st.floats(-1, 1), st.none() | st.floats(-1, 1)),
        min_size=1,
        max_size=6,
    )
)
def test_there_is_always_somebody_and_never_more_than_there_were_visits(visits):
    compared, best, own, other = (np.array(column, np.float64) for column in zip(*visits, strict=True))
    found = unique_visitors(Evidence(compared=compared, best=best, own=own, other=other), TABLE)
    assert 1 <= found.low <= found.value <= found.high <= found.visits == len(visits)


def test_the_same_evidence_gives_the_same_estimate():
    evidence = make_evidence(60, 30)
    assert unique_visitors(evidence, TABLE) == unique_visitors(evidence, TABLE)


def test_estimates_of_parts_are_added_up():
    parts = [
        UniqueVisitors(value=100, low=97, high=103, visits=120),
        UniqueVisitors(value=50, low=46, high=54, visits=60),
    ]
    assert UniqueVisitors.total(parts) == UniqueVisitors(value=150, low=145, high=155, visits=180)
    assert UniqueVisitors.total(parts[:1]) == parts[0]
    assert UniqueVisitors.total([]) is None
