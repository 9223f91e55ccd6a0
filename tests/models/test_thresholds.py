import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mien.errors import InputError, ModelError
from mien.models.thresholds import Thresholds

TABLE = Thresholds(similarity=(0.1, 0.3, 0.5), fmr=(0.1, 0.001, 0.0001))


def test_thresholds_of_a_thousand_different_pairs():
    """Similarities 0.000 … 0.999: k of them lie above the midpoint below the k-th highest."""
    table = Thresholds.measured(np.arange(1000) / 1000, least=3)
    assert table.fmr == (0.5, 0.2, 0.1, 0.05, 0.02, 0.01, 0.005)  # 0.002 would be two pairs, too few
    assert table.similarity == pytest.approx((0.4995, 0.7995, 0.8995, 0.9495, 0.9795, 0.9895, 0.9945))


def test_thirty_false_matches_are_needed_if_nothing_else_is_said():
    assert Thresholds.measured(np.arange(1000) / 1000).fmr == (0.5, 0.2, 0.1, 0.05)
    assert Thresholds.measured(np.arange(59) / 59) is None


def test_ties_are_never_split():
    """Five at 0.9 cannot be parted: half of ten is not reached by less than five, and a fifth by none."""
    table = Thresholds.measured(np.array([0.9] * 5 + [0.1] * 5), least=3)
    assert (table.similarity, table.fmr) == ((0.5,), (0.5,))
    assert Thresholds.measured(np.array([0.9] * 6 + [0.1] * 4), least=3) is None
    assert Thresholds.measured(np.full(100, 0.3), least=3) is None
    assert Thresholds.measured(np.array([])) is None


@given(st.lists(st.sampled_from(np.linspace(-1, 1, 41).tolist()), min_size=1, max_size=200))
def test_measured_rates_are_those_of_the_pairs(different):
    different = np.array(different)
    table = Thresholds.measured(different, least=3)
    if table is None:
        return
    for similarity, fmr in zip(table.similarity, table.fmr, strict=True):
        assert (different >= similarity).mean() == fmr


def test_rates_between_rows_are_interpolated_by_their_logarithm():
    assert TABLE.rate(0.1) == pytest.approx(0.1)
    assert TABLE.rate(0.2) == pytest.approx(0.01)
    assert TABLE.rate(0.4) == pytest.approx(10**-3.5)
    assert TABLE.rate(-1) == 1
    assert TABLE.rate(-0.45) == pytest.approx(10**-0.5)
    assert TABLE.rate(0.5) == TABLE.rate(0.9) == pytest.approx(0.0001)  # what lies beyond was not measured


@given(st.floats(0.0001, 1))
def test_threshold_and_rate_are_inverse(fmr):
    assert TABLE.rate(TABLE.threshold(fmr)) == pytest.approx(fmr, rel=1e-6)


def test_a_rate_that_was_not_measured_is_refused():
    with pytest.raises(InputError, match=r"rate of 1e-05 was not measured; the least is 0\.0001: ask for that, or"):
        TABLE.threshold(1e-5)
    for fmr in (0, -0.1, 1.1, float("nan")):
        with pytest.raises(InputError, match="above 0 and at most 1"):
            TABLE.threshold(fmr)


def test_a_card_holds_it(make_card):
    card = make_card("url", calibration={"thresholds": TABLE.to_calibration()})
    assert TABLE.to_calibration()[0] == {"similarity": 0.1, "fmr": 0.1}
    assert Thresholds.of_card(card) == TABLE
    assert Thresholds.of_card(make_card("url")) is None


@pytest.mark.parametrize(
    "rows",
    [
        [],
        3,
        [{"similarity": 0.1}],
        [{"similarity": "high", "fmr": 0.1}],
        [{"similarity": 0.3, "fmr": 0.1}, {"similarity": 0.1, "fmr": 0.01}],
        [{"similarity": 0.1, "fmr": 0.1}, {"similarity": 0.3, "fmr": 0.1}],
        [{"similarity": 0.1, "fmr": 0}],
        [{"similarity": 1.1, "fmr": 0.1}],
        [{"similarity": float("nan"), "fmr": 0.1}],
    ],
)
def test_a_card_with_another_table_is_refused(make_card, rows):
    with pytest.raises(ModelError, match=r"card tiny: calibration.thresholds is no table"):
        Thresholds.of_card(make_card("url", calibration={"thresholds": rows}))
