import pytest
from hypothesis import given
from hypothesis import strategies as st

from mien.errors import InputError
from mien.live.backoff import Backoff
from mien.live.rate import Rate


@given(st.integers(1, 10_000), st.floats(0, 1), st.floats(0.01, 10), st.floats(10, 1e6))
def test_waits_lie_in_the_upper_half_of_a_bound_that_doubles(attempt, chance, first_s, longest_s):
    backoff = Backoff(first_s=first_s, longest_s=longest_s)
    bound_s = min(first_s * 2.0 ** min(attempt - 1, 60), longest_s)
    assert bound_s / 2 <= backoff.wait_s(attempt, chance) <= bound_s


@pytest.mark.parametrize(
    ("attempts", "attempt", "allowed"), [(None, 10**9, True), (3, 3, True), (3, 4, False), (0, 1, False)]
)
def test_attempts_are_limited_where_that_is_asked_for(attempts, attempt, allowed):
    assert Backoff(attempts=attempts).allows(attempt) is allowed


@pytest.mark.parametrize(
    "settings",
    [{"first_s": 0}, {"first_s": 2, "longest_s": 1}, {"first_s": float("nan")}, {"attempts": -1}, {"steady_s": -1}],
)
def test_settings_are_checked(settings):
    with pytest.raises(InputError, match=next(iter(settings))):
        Backoff(**settings)


def test_a_rate_falls_to_nothing_when_it_stalls():
    rate = Rate(window_s=2.0)
    assert rate.per_second(0.0) == 0.0
    for tick in range(301):
        rate.tick(tick / 30)
    assert rate.per_second(10.0) == pytest.approx(30.0)
    assert rate.per_second(11.0) == pytest.approx(15.0)
    assert rate.per_second(12.5) == 0.0


def test_a_rate_after_a_single_tick():
    rate = Rate()
    rate.tick(1.0)
    assert rate.per_second(1.0) == 0.0
    assert rate.per_second(1.5) == 0.0
