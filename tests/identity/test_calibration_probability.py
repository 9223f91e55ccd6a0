import math

import numpy as np
import pytest

from mien.errors import DatasetError, InputError
from mien.identity.calibration_probability import LEAST_PAIRS, Logistic


def test_the_curve_of_two_normal_distributions_is_found():
    # Equal deviations s and means m, -m: the log-odds are 2 m x / s², which is 0 in the middle.
    random = np.random.default_rng(0)
    same, different = random.normal(0.1, 0.2, 4000), random.normal(-0.1, 0.2, 40_000)
    found = Logistic.fitted(same, different)
    assert found.slope == pytest.approx(5.0, rel=0.05)
    assert found.intercept == pytest.approx(0.0, abs=0.05)  # though there are ten times as many strangers


def test_pairs_told_apart_without_a_fault_make_no_cliff():
    found = Logistic.fitted(np.full(30, 0.8), np.full(30, 0.1))
    assert found.probability(0.8) == pytest.approx(31 / 32, abs=1e-6)  # Platt's target
    assert found.probability(0.1) == pytest.approx(1 / 32, abs=1e-6)


def test_probabilities_stay_inside_however_far_out():
    curve = Logistic(slope=1e6, intercept=0)
    assert 0 < curve.probability(-1) < 1e-300
    assert curve.probability(1) == pytest.approx(1)
    assert math.isfinite(curve.probability(1))


def test_too_few_pairs_tell_no_probability():
    assert Logistic.fitted(np.full(LEAST_PAIRS - 1, 0.9), np.zeros(1000)) is None
    assert Logistic.fitted(np.empty(0), np.zeros(1000)) is None


def test_labels_the_wrong_way_round_are_told():
    random = np.random.default_rng(0)
    with pytest.raises(DatasetError, match="labels the wrong way round"):
        Logistic.fitted(random.normal(0.1, 0.1, 99), random.normal(0.6, 0.1, 99))


@pytest.mark.parametrize(("slope", "intercept"), [(0, 0), (-1, 0), (math.inf, 0), (math.nan, 0), (1, math.nan)])
def test_what_is_no_curve_is_refused(slope, intercept):
    with pytest.raises(InputError, match="slope above 0"):
        Logistic(slope=slope, intercept=intercept)
