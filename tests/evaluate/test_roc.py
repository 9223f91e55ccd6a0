import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mien.evaluate.metrics import RESAMPLES
from mien.evaluate.roc import auc, best_threshold, eer, point_at_fmr, resampled_rocs, roc, tar_at_fmr

SAME = np.array([0.9, 0.8, 0.6, 0.55, 0.3])
DIFFERENT = np.array([0.7, 0.5, 0.4, 0.2])
SIMILARITY, IS_SAME = np.concatenate([SAME, DIFFERENT]), np.repeat([True, False], [5, 4])


def test_the_curve_by_hand():
    curve = roc(SIMILARITY, IS_SAME)
    # Falling: 0.9 s, 0.8 s, 0.7 d, 0.6 s, 0.55 s, 0.5 d, 0.4 d, 0.3 s, 0.2 d
    assert curve.tar.tolist() == [0, 0.2, 0.4, 0.4, 0.6, 0.8, 0.8, 0.8, 1, 1]
    assert curve.fmr.tolist() == [0, 0, 0, 0.25, 0.25, 0.25, 0.5, 0.75, 0.75, 1]
    assert curve.thresholds == pytest.approx([0.9, 0.85, 0.75, 0.65, 0.575, 0.525, 0.45, 0.35, 0.25, 0.2])
    assert curve.thresholds[0] > 0.9  # nothing matches there


def test_the_area_is_hanley_and_mcneils_count():
    """5 × 4 pairs of pairs; of one person the more similar: 4, 4, 3, 3 and 1 times."""
    assert auc(roc(SIMILARITY, IS_SAME)) == pytest.approx(15 / 20, abs=1e-15)


@given(
    st.lists(st.sampled_from([0.1, 0.2, 0.3, 0.4]), min_size=1, max_size=15),
    st.lists(st.sampled_from([0.1, 0.2, 0.3, 0.4]), min_size=1, max_size=15),
)
def test_the_area_with_ties_counts_them_half(same, different):
    wins = [(a > b) + (a == b) / 2 for a in same for b in different]
    similarity, is_same = np.array(same + different), np.repeat([True, False], [len(same), len(different)])
    assert auc(roc(similarity, is_same)) == pytest.approx(np.mean(wins), abs=1e-12)


@pytest.mark.parametrize(
    ("same", "different", "wanted"),
    [
        ([0.9, 0.8], [0.2, 0.1], 0),
        ([0.1, 0.2], [0.8, 0.9], 1),
        ([0.5], [0.5], 0.5),
        # (FMR, FNMR) goes (0.25, 0.4) → (0.25, 0.2) at the crossing, where FMR is 0.25.
        (SAME, DIFFERENT, 0.25),
        # One level: from (0, 0.5) to (0.5, 0) by a straight line, which meets FMR = FNMR in the middle.
        ([0.9, 0.5], [0.5, 0.1], 0.25),
    ],
)
def test_equal_error_rate(same, different, wanted):
    similarity = np.concatenate([same, different])
    is_same = np.repeat([True, False], [len(same), len(different)])
    assert eer(roc(similarity, is_same)) == pytest.approx(wanted, abs=1e-12)


@pytest.mark.parametrize(("fmr", "tar"), [(0, 0.4), (0.24, 0.4), (0.25, 0.8), (0.49, 0.8), (0.75, 1), (1, 1)])
def test_tar_at_fmr_is_not_interpolated(fmr, tar):
    assert tar_at_fmr(roc(SIMILARITY, IS_SAME), fmr) == tar


def test_tar_at_a_rate_of_whole_pairs_is_not_lost_to_rounding():
    """Three of 3,000 strangers at FMR 0.001: 0.001 × 3000 is a little over 3."""
    different = np.linspace(0, 0.8, 3000)
    similarity = np.concatenate([[0.9, different[-3] - 1e-4], different])
    curve = roc(similarity, np.arange(len(similarity)) < 2)
    place = point_at_fmr(curve, 1e-3)
    assert (similarity[2:] >= curve.thresholds[place]).sum() == 3
    assert tar_at_fmr(curve, 1e-3) == 1


def test_best_threshold_lies_midway_and_is_the_strictest_of_several():
    assert best_threshold(np.array([0.9, 0.7, 0.3, 0.1]), np.array([True, True, False, False])) == 0.5
    # Right at 0.85 are 0.9, 0.4, 0.1 (3 of 4), as many as at 0.25.
    assert best_threshold(np.array([0.9, 0.8, 0.4, 0.1]), np.array([True, False, True, False])) == pytest.approx(0.85)
    assert best_threshold(np.array([0.9, 0.8]), np.array([False, False])) > 0.9
    assert best_threshold(np.array([0.9, 0.8]), np.array([True, True])) == 0.8


def test_resampling_keeps_the_kinds_and_is_repeatable():
    curves = list(resampled_rocs(SIMILARITY, IS_SAME))
    tar = np.concatenate([curve.tar for curve in curves])
    fmr = np.concatenate([curve.fmr for curve in curves])
    assert tar.shape == fmr.shape == (RESAMPLES, 10)
    assert np.allclose(tar * 5, np.round(tar * 5))  # counts of five pairs of one person
    assert np.allclose(fmr * 4, np.round(fmr * 4))
    areas = np.concatenate([auc(curve) for curve in curves])
    again = np.concatenate([auc(curve) for curve in resampled_rocs(SIMILARITY, IS_SAME)])
    assert np.array_equal(areas, again)
    assert areas.mean() == pytest.approx(0.75, abs=0.02)  # unbiased
    assert 0.05 < areas.std() < 0.3


def test_resampling_many_pairs_takes_several_steps():
    """Against Hanley and McNeil's (1982) standard error of the area."""
    random = np.random.default_rng(1)
    similarity = np.concatenate([random.normal(1, 1, 700), random.normal(0, 1, 500)])
    is_same = np.arange(1200) < 700
    parts = list(resampled_rocs(similarity, is_same))
    assert len(parts) > 1
    area = float(auc(roc(similarity, is_same)))
    q1, q2 = area / (2 - area), 2 * area**2 / (1 + area)
    error = np.sqrt((area * (1 - area) + 699 * (q1 - area**2) + 499 * (q2 - area**2)) / (700 * 500))
    assert np.concatenate([auc(part) for part in parts]).std() == pytest.approx(error, rel=0.1)
