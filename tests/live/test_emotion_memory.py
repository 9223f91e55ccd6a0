import math

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from mien.live.emotion_memory import FIRST_S, EmotionMemory
from mien.live.evidence import LEAST_WEIGHT

HAPPY, SAD = np.array([1.0, 0.0]), np.array([0.0, 1.0])


def remember(*looks, time_constant_s=1.0):
    """Looks are (time, probabilities) or (time, probabilities, weight)."""
    memory = EmotionMemory(time_constant_s=time_constant_s)
    for time_s, probabilities, *weight in looks:
        memory.add(np.array(probabilities), weight[0] if weight else 1.0, time_s)
    return memory


def test_nothing_seen():
    memory = remember((0.0, HAPPY, 0.0))
    assert memory.probabilities is None
    assert memory.shares is None
    assert memory.observed_s == 0


def test_one_look_is_itself():
    memory = remember((3.0, [0.7, 0.3]))
    assert memory.probabilities == pytest.approx([0.7, 0.3])
    assert memory.shares == pytest.approx([0.7, 0.3])


def test_two_looks_by_hand():
    memory = remember((0.0, HAPPY), (0.5, SAD), time_constant_s=2.0)
    old = (1 - math.exp(-FIRST_S / 2)) * math.exp(-0.25)
    new = 1 - math.exp(-0.25)
    assert memory.probabilities == pytest.approx([old / (old + new), new / (old + new)])


def test_after_a_time_constant_the_former_expression_has_faded_to_one_over_e():
    steps = 1000
    looks = [(index / steps, HAPPY) for index in range(-5 * steps, 1)]
    looks += [(index / steps, SAD) for index in range(1, steps + 1)]
    assert remember(*looks, time_constant_s=1.0).probabilities[0] == pytest.approx(1 / math.e, abs=0.005)


@pytest.mark.parametrize("rate_hz", [5, 25, 100])
def test_the_expression_now_does_not_depend_on_the_frame_rate(rate_hz):
    looks = [(index / rate_hz, HAPPY if index < 2 * rate_hz else SAD) for index in range(3 * rate_hz + 1)]
    assert remember(*looks).probabilities[1] == pytest.approx(1 - 1 / math.e, abs=0.1)


def test_a_poor_look_counts_for_less_but_time_passes_all_the_same():
    good, poor = remember((0.0, HAPPY), (0.2, SAD)), remember((0.0, HAPPY), (0.2, SAD, 0.3))
    assert 0 < poor.probabilities[1] < good.probabilities[1]
    assert remember((0.0, HAPPY), (50.0, SAD, 0.1)).probabilities[1] == pytest.approx(1)


def test_shares_weigh_by_time_and_not_by_frames():
    """A second of happiness in 2 looks, then a second of sadness in 100: half and half."""
    looks = [(0.0, HAPPY), (1.0, HAPPY)] + [(1.0 + index / 100, SAD) for index in range(1, 101)]
    memory = remember(*looks)
    assert memory.observed_s == pytest.approx(2)
    assert memory.shares == pytest.approx([0.5, 0.5], abs=0.003)  # half a look's time at the change


def test_what_was_not_observed_is_not_counted():
    memory = remember((0.0, HAPPY), (1.0, HAPPY), (100.0, SAD), (101.0, SAD))
    assert memory.observed_s == pytest.approx(3)
    assert memory.shares == pytest.approx([0.5, 0.5])


probabilities = st.lists(st.floats(0.01, 1), min_size=7, max_size=7).map(lambda row: np.array(row) / sum(row))


@given(st.lists(st.tuples(st.floats(0, 3), probabilities, st.floats(0, 1)), min_size=1, max_size=12))
@example([(0.0, np.full(7, 1 / 7), 5e-324)])
def test_both_sum_to_one(steps):
    time_s, looks = 0.0, []
    for step_s, p, weight in steps:
        time_s += step_s
        looks.append((time_s, p, weight))
    memory = remember(*looks)
    if memory.probabilities is None:
        assert all(weight < LEAST_WEIGHT for _, _, weight in steps)
    else:
        assert memory.probabilities.sum() == pytest.approx(1)
        assert memory.shares.sum() == pytest.approx(1)
        assert (memory.shares >= 0).all()


def test_absorbing_adds_times_and_keeps_the_later_expression():
    before, now = remember((0.0, HAPPY), (1.0, HAPPY)), remember((50.0, SAD), (50.5, SAD))
    before.absorb(now)
    assert before.shares == pytest.approx([2 / 3, 1 / 3])
    assert before.probabilities == pytest.approx([0, 1])
    now.absorb(remember((0.0, HAPPY), (1.0, HAPPY)))
    assert now.shares == pytest.approx([2 / 3, 1 / 3])
    assert now.probabilities == pytest.approx([0, 1])
