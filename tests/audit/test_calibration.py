import numpy as np
import pytest

from mien.audit.calibration import calibration_of


def test_the_expected_calibration_error_by_hand():
    """Three bins: 40 of 0.95 with 30 right, 50 of 0.62 with 31 right, and 10 of 0.6 (in the bin below) with 1 right."""
    confidence = np.repeat([0.95, 0.62, 0.6], [40, 50, 10])
    right = np.concatenate([np.arange(40) < 30, np.arange(50) < 31, np.arange(10) < 1])
    found = calibration_of(confidence, right, least=30)
    assert found.n == found.ece.n == 100
    assert found.ece.value == pytest.approx(0.4 * 0.20 + 0.5 * 0.0 + 0.1 * 0.5)
    assert [(one.n, round(one.low, 4), round(one.high, 4)) for one in found.bins] == [
        (10, 0.5333, 0.6),
        (50, 0.6, 0.6667),
        (40, 0.9333, 1.0),
    ]
    assert [one.accuracy.value for one in found.bins] == [None, 0.62, 0.75]  # ten are too few
    assert [one.confidence for one in found.bins] == pytest.approx([0.6, 0.62, 0.95])
    assert found.ece.low < found.ece.value < found.ece.high


def test_errors_within_a_bin_cancel():
    confidence = np.repeat([0.71, 0.73], 50)
    right = np.concatenate([np.arange(50) < 36, np.arange(50) < 36])
    assert calibration_of(confidence, right, least=30).ece.value == pytest.approx(0, abs=1e-12)


def test_the_ends_of_the_scale_are_in_bins():
    found = calibration_of(np.array([0.0, 1.0]), np.array([False, True]), least=1)
    assert [(one.low, one.n) for one in found.bins] == [(0.0, 1), (pytest.approx(14 / 15), 1)]
    assert (found.ece.value, found.by_chance) == (0, 0)


def test_perfect_calibration_stays_below_chance_and_gross_error_does_not():
    random = np.random.default_rng(4)
    confidence = random.uniform(0.5, 1, 4000)
    perfect = calibration_of(confidence, random.random(4000) < confidence, least=30)
    assert perfect.ece.value < perfect.by_chance < 0.04
    sure = calibration_of(confidence, random.random(4000) < confidence - 0.2, least=30)
    assert sure.ece.value == pytest.approx(0.2, abs=0.03)
    assert sure.by_chance == perfect.by_chance
