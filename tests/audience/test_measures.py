from __future__ import annotations

import numpy as np
import pytest

from mien.audience.measures import FEW, LEAST_LOOK_S, Measures, mean_of, ratio_of
from mien.evaluate.metrics import wilson


def measures_of(*people):
    """Of (seconds in view, seconds of attention or None)."""
    seen, attention = zip(*people, strict=True) if people else ((), ())
    return Measures.of(np.array(seen, np.float64), np.array(attention, np.float64))


def test_the_figures_of_the_industry():
    told = measures_of((10.0, 4.0), (6.0, 1.0), (8.0, 0.0), (2.0, 0.1), (3.0, None))
    assert (told.visits, told.read, told.watchers) == (5, 4, 2)
    assert told.conversion.value == 0.5  # of those whose pose is known
    assert (told.conversion.low, told.conversion.high) == pytest.approx(wilson(2, 4))
    assert (told.dwell_s.value, told.attention_s.value) == (8.0, 2.5)  # of watchers alone
    assert told.attraction.value == pytest.approx(5 / 16)
    assert told.dwell_s.n == told.attraction.n == 2


def test_attention_never_exceeds_dwell():
    told = measures_of(*[(seconds, seconds) for seconds in (1.0, 5.0, 30.0)])
    assert told.attraction.value == 1.0
    assert told.attention_s.value == told.dwell_s.value


@pytest.mark.parametrize(("attention_s", "watchers"), [(LEAST_LOOK_S - 0.01, 0), (LEAST_LOOK_S, 1)])
def test_a_glance_too_short_to_see_anything_is_none(attention_s, watchers):
    assert measures_of((3.0, attention_s)).watchers == watchers


def test_nobody_and_nobody_known():
    nobody = measures_of()
    assert (nobody.visits, nobody.watchers) == (0, 0)
    assert nobody.conversion.value is nobody.dwell_s.value is nobody.attraction.value is None
    unread = measures_of((3.0, None), (4.0, None))
    assert (unread.visits, unread.read, unread.watchers) == (2, 0, 0)
    assert unread.conversion.value is None


@pytest.mark.parametrize("n", [FEW, FEW + 1, 5000])
def test_intervals_of_few_and_of_many_are_alike(n):
    rng = np.random.default_rng(n)
    dwell = rng.gamma(2, 5, n)
    attention = dwell * rng.beta(2, 3, n)
    told = ratio_of(attention, dwell)
    linear = 1.96 * np.std(attention - told.value * dwell, ddof=1) * np.sqrt(n) / dwell.sum()
    assert told.low < told.value < told.high
    assert (told.high - told.low) / 2 == pytest.approx(linear, rel=0.1)


def test_intervals_hold_as_often_as_they_say():
    rng = np.random.default_rng(0)
    hits = 0
    for _ in range(200):
        values = rng.gamma(2, 5, 60)
        told = mean_of(values)
        hits += told.low <= 10 <= told.high
    assert 180 <= hits <= 199


@pytest.mark.parametrize("n", [1, 2, FEW, 5 * FEW])
@pytest.mark.parametrize("value", [0.0, 0.3, 1.0])
def test_people_who_are_all_alike_have_no_interval(n, value):
    dwell = np.linspace(1, 9, n)
    told = ratio_of(value * dwell, dwell)
    assert (told.value, told.n) == (pytest.approx(value), n)
    assert told.low is told.high is None


def test_hidden_measures_tell_nothing():
    whole = measures_of((10.0, 4.0), (6.0, 1.0))
    part = whole.hidden(all_of_it=False)
    assert (part.visits, part.watchers, part.conversion.value) == (2, None, None)
    none = whole.hidden(all_of_it=True).to_dict()
    assert [none[name] for name in ("visits", "read", "watchers")] == [None] * 3
    assert {none[name]["value"] for name in ("conversion", "dwell_s", "attention_s", "attraction")} == {None}
