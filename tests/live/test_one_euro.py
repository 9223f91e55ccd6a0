import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mien.errors import InputError
from mien.live.one_euro import OneEuroFilter, OneEuroSettings


def run(values, *, rate_hz=30.0, period=None, **settings):
    smooth = OneEuroFilter(OneEuroSettings(**settings), period=period)
    return np.array([smooth(np.array([value]), index / rate_hz)[0] for index, value in enumerate(values)])


def test_the_first_value_comes_back_as_it_is():
    assert run([7.25]).tolist() == [7.25]


def test_a_constant_stays_exactly():
    assert (run([3.7] * 100, beta=5.0) == 3.7).all()


def test_two_values_by_hand():
    # T = 1/10 s, cutoff of the speed 1 Hz: α = 1 / (1 + 1 / (2π · 1 · 0.1)); speed = α · 4 / 0.1.
    share = 1 / (1 + 1 / (2 * math.pi * 0.1))
    cutoff_hz = 1 + 0.5 * share * 40
    expected = 2 + 4 / (1 + 1 / (2 * math.pi * cutoff_hz * 0.1))
    assert run([2.0, 6.0], rate_hz=10, beta=0.5)[1] == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize("rate_hz", [10.0, 30.0, 60.0])
def test_a_step_is_approached_from_one_side_and_reached(rate_hz):
    after = run([0.0] + [1.0] * round(3 * rate_hz), rate_hz=rate_hz)
    assert (np.diff(after) >= 0).all()
    assert after[-1] == pytest.approx(1, abs=1e-3)


def test_without_slope_it_is_a_low_pass_filter_of_the_given_cutoff():
    # A first-order filter has come 1 - 1/e of the way after τ = 1 / (2π f); at 1 kHz sampling hardly matters.
    after = run([0.0] + [1.0] * 1000, rate_hz=1000, min_cutoff_hz=1.0)
    assert after[round(1000 / (2 * math.pi))] == pytest.approx(1 - 1 / math.e, abs=0.01)


def test_noise_at_rest_is_reduced_and_the_slope_cuts_the_lag():
    random = np.random.default_rng(0)
    noisy = 5 + 0.02 * random.standard_normal(600)
    assert run(noisy, beta=10.0)[60:].std() < 0.6 * noisy.std()
    ramp = np.arange(60) / 30
    assert abs(run(ramp, beta=10.0)[-1] - ramp[-1]) < 0.1 * abs(run(ramp)[-1] - ramp[-1])


def test_speed_is_measured_in_the_scale():
    def last(factor):
        smooth = OneEuroFilter(OneEuroSettings(beta=3.0))
        return [smooth(np.array([x * factor]), x / 10, scale=factor)[0] / factor for x in (0, 1, 3)][-1]

    assert last(1.0) == pytest.approx(last(250.0))


def test_numbers_are_filtered_each_on_its_own():
    smooth = OneEuroFilter(OneEuroSettings(beta=2.0))
    for index in range(5):
        both = smooth(np.array([[index, 0.0]]), index / 30)
    assert both.shape == (1, 2)
    assert both[0].tolist() == [run(range(5), beta=2.0)[-1], 0.0]


def test_irregular_times_give_what_regular_ones_do_on_a_constant_speed_of_sampling():
    smooth = OneEuroFilter(OneEuroSettings())
    smooth(np.array([0.0]), 0.0)
    assert smooth(np.array([1.0]), 10.0)[0] == pytest.approx(1, abs=0.02)  # after a long gap the new value counts


def test_the_same_time_again_changes_nothing():
    smooth = OneEuroFilter(OneEuroSettings())
    smooth(np.array([1.0]), 0.0)
    value = smooth(np.array([2.0]), 0.1)
    assert smooth(np.array([9.0]), 0.1).tolist() == value.tolist() == smooth.value.tolist()


def test_angles_go_the_short_way_round():
    angles = [170.0, 178.0, -174.0, -166.0, -158.0]
    turned = run(angles, period=360.0, beta=1.0)
    straight = run([170.0, 178.0, 186.0, 194.0, 202.0], beta=1.0)
    assert ((turned >= -180) & (turned <= 180)).all()
    assert ((turned - straight) % 360).round(9) % 360 == pytest.approx(np.zeros(5), abs=1e-8)


@given(st.lists(st.floats(-1e4, 1e4), min_size=1, max_size=30), st.floats(0, 20))
def test_the_result_stays_within_what_was_seen(values, beta):
    after = run(values, beta=beta)
    slack = 1e-9 * (1 + max(map(abs, values)))
    assert after.min() >= min(values) - slack
    assert after.max() <= max(values) + slack


def test_what_comes_back_is_the_callers_own():
    smooth = OneEuroFilter(OneEuroSettings())
    given_values = np.array([1.0, 2.0])
    smooth(given_values, 0.0)[:] = 99
    assert smooth.value.tolist() == [1.0, 2.0]


def test_before_the_first_value_there_is_none():
    assert OneEuroFilter(OneEuroSettings()).value is None


def test_wrong_use_is_refused():
    smooth = OneEuroFilter(OneEuroSettings())
    smooth(np.array([0.0]), 5.0)
    with pytest.raises(InputError, match="backward"):
        smooth(np.array([0.0]), 4.0)
    with pytest.raises(InputError, match="scale"):
        smooth(np.array([0.0]), 6.0, scale=0.0)
    with pytest.raises(InputError, match="min_cutoff_hz"):
        OneEuroSettings(min_cutoff_hz=0)
    with pytest.raises(InputError, match="beta"):
        OneEuroSettings(beta=-1)
