import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mien.audit.selective import risk_coverage


def curve(loss, confidence, least=1, **options):
    return risk_coverage(
        np.array(loss, float), np.array(confidence), least=least, name="error rate", order="it", **options
    )


def test_the_curve_by_hand():
    found = curve([0, 0, 1, 0, 1], [0.9, 0.8, 0.7, 0.6, 0.5])
    assert [(point.coverage, point.threshold, point.risk.value) for point in found.points] == [
        (1.0, 0.5, 2 / 5),
        (0.8, 0.6, 1 / 4),
        (0.6, 0.7, 1 / 3),
        (0.4, 0.8, 0),
        (0.2, 0.9, 0),
    ]
    assert found.area == pytest.approx((0 + 0 + 1 / 3 + 1 / 4 + 2 / 5) / 5)


def test_the_order_of_the_rows_does_not_matter():
    assert curve([1, 0, 0, 1, 0], [0.5, 0.6, 0.8, 0.7, 0.9]) == curve([0, 0, 1, 0, 1], [0.9, 0.8, 0.7, 0.6, 0.5])


def test_narrow_intervals_come_first():
    found = curve([9, 1, 4], [30, 10, 20], lowest_first=True)
    assert [(point.threshold, point.risk.value) for point in found.points] == [
        (30, pytest.approx(14 / 3)),
        (20, 2.5),
        (10, 1),
    ]


def test_equal_confidences_are_kept_together_and_averaged():
    found = curve([1, 0, 0, 0], [0.5, 0.5, 0.5, 0.5])
    assert [(point.coverage, point.risk.value) for point in found.points] == [(1.0, 0.25)]
    assert found.area == pytest.approx(0.25)


def test_points_that_keep_too_few_are_left_out():
    found = curve(np.zeros(100), np.linspace(0, 1, 100), least=30)
    assert min(point.risk.n for point in found.points) == 30
    assert [point.risk.n for point in found.points] == list(range(100, 29, -5))


@given(st.lists(st.tuples(st.integers(0, 1), st.sampled_from([0.5, 0.6, 0.9])), min_size=1, max_size=40))
def test_at_full_coverage_the_risk_is_the_error_rate_and_the_area_lies_between_the_extremes(rows):
    loss, confidence = zip(*rows, strict=True)
    found = curve(loss, confidence)
    assert found.points[0].coverage == 1
    assert found.points[0].risk.value == pytest.approx(np.mean(loss))
    best = np.cumsum(np.sort(loss)) / np.arange(1, len(loss) + 1)
    worst = np.cumsum(np.sort(loss)[::-1]) / np.arange(1, len(loss) + 1)
    assert best.mean() - 1e-9 <= found.area <= worst.mean() + 1e-9
