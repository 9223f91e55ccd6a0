"""Whatever is fused, in whatever weights and at whatever times: figures stay figures."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mien.live.age_fusion import AgeFusion
from mien.live.age_profile import AgeProfile
from mien.live.class_fusion import ClassFusion
from mien.live.class_profile import ClassProfile
from mien.live.embedding_mean import EmbeddingMean
from mien.live.emotion_memory import EmotionMemory
from mien.live.evidence import LEAST_WEIGHT
from mien.live.hysteresis import Hold

HOLD = Hold(margin=0.1, seconds=0.5)
LIMITS = st.sampled_from([None, 0.0, 0.6, 1.0])
WEIGHTS = st.one_of(st.floats(0, 1), st.sampled_from([0.0, 5e-324, 1e-300, LEAST_WEIGHT, 1.0]))
TIMES = st.lists(st.one_of(st.floats(0, 1e7), st.floats(0, 1)), min_size=1, max_size=12).map(sorted)
CHANCES = st.lists(st.one_of(st.floats(0, 1), st.sampled_from([0.0, 5e-324, 1.0])), min_size=3, max_size=3).filter(any)


def pools():
    return [ClassFusion(correlation=0.9, memory_s=120.0), EmotionMemory(time_constant_s=0.7)]


def check_class(profile):
    for shown in (profile.shown, profile.pool.probabilities):
        if shown is not None:
            assert np.isfinite(shown).all()
            assert (shown >= 0).all()
            assert shown.sum() == pytest.approx(1, abs=1e-5)
    assert 0 <= profile.certainty <= 1


def check_age(profile):
    if (shown := profile.shown) is not None:
        assert 0 <= shown.years <= 120
        if shown.interval is not None:
            low, high = shown.interval
            assert 0 <= low <= shown.years <= high < 1e6
    assert 0 <= profile.certainty <= 1


@given(TIMES, st.data(), LIMITS)
def test_classes(times_s, data, limit):
    for make in range(2):
        first, second = (ClassProfile(pools()[make], HOLD, unsure_below=limit) for _ in range(2))
        for index, time_s in enumerate(times_s):
            values = np.array(data.draw(CHANCES))
            told = first if index % 3 else second
            told.add(values / values.sum(), data.draw(st.sampled_from([None, True, False])), data.draw(WEIGHTS), time_s)
            check_class(told)
        first.absorb(second)
        check_class(first)
        assert first.unsure in (None, True, False)


@given(TIMES, st.data(), st.sampled_from([None, 24.2]))
def test_ages(times_s, data, limit):
    first, second = (
        AgeProfile(AgeFusion(correlation=0.95, memory_s=120.0), HOLD, unsure_wider_years=limit) for _ in range(2)
    )
    for index, time_s in enumerate(times_s):
        years = data.draw(st.floats(0, 100))
        sides = data.draw(st.one_of(st.none(), st.tuples(st.floats(0, 30), st.floats(0, 30))))
        interval = None if sides is None else np.array([max(years - sides[0], 0), years + sides[1]])
        told = first if index % 3 else second
        told.add(years, interval, data.draw(st.sampled_from([None, True, False])), data.draw(WEIGHTS), time_s)
        check_age(told)
    first.absorb(second)
    check_age(first)


@given(TIMES, st.data())
def test_embeddings(times_s, data):
    first, second = EmbeddingMean(memory_s=120.0), EmbeddingMean(memory_s=120.0)
    for index, time_s in enumerate(times_s):
        angle = data.draw(st.floats(0, 7))
        told = first if index % 3 else second
        told.add(np.array([np.cos(angle), np.sin(angle)]), data.draw(WEIGHTS), time_s)
    first.absorb(second)
    for told in (first, second):
        if (mean := told.mean) is not None:
            assert np.linalg.norm(mean) == pytest.approx(1)


@pytest.mark.parametrize("weight", [0.0, 5e-324, LEAST_WEIGHT / 2])
def test_what_hardly_weighs_says_nothing(weight):
    for pool in pools():
        pool.add(np.array([0.2, 0.3, 0.5]), weight, 1.0)
        assert pool.probabilities is None
    age, looks = AgeFusion(correlation=0.9, memory_s=120.0), EmbeddingMean(memory_s=120.0)
    age.add(30.0, np.array([25.0, 35.0]), weight, 1.0)
    looks.add(np.array([1.0, 0.0]), weight, 1.0)
    assert (age.fused, looks.mean, looks.looks) == (None, None, 0)
