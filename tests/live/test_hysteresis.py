import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mien.errors import InputError
from mien.live.hysteresis import HeldLabel, Hold, hold_age_group, hold_class, show_age, show_class
from mien.vocabulary import AGE_GROUPS, age_group

A, B, C = [0.6, 0.3, 0.1], [0.3, 0.6, 0.1], [0.1, 0.3, 0.6]


def labels(*steps, margin=0.1, seconds=1.0):
    """Steps are (time, probabilities); the label that holds after each."""
    label = HeldLabel(Hold(margin=margin, seconds=seconds))
    return [hold_class(label, np.array(probabilities), time_s) for time_s, probabilities in steps]


@pytest.mark.parametrize(
    ("steps", "expected"),
    [
        pytest.param([(0, B)], [1], id="the first is taken at once"),
        pytest.param([(0, A), (1, B), (1.9, B)], [0, 0, 0], id="the rival has not led for long enough"),
        pytest.param([(0, A), (1, B), (2, B)], [0, 0, 1], id="it has led for a second"),
        pytest.param([(0, A), (1, B), (1.5, A), (2, B), (2.9, B)], [0] * 5, id="a break starts the time anew"),
        pytest.param([(0, A), (1, [0.46, 0.54, 0]), (9, [0.46, 0.54, 0])], [0] * 3, id="it leads by too little"),
        pytest.param([(0, A), (1, B), (1.8, C), (2.2, B), (2.9, B)], [0] * 5, id="two rivals do not add up"),
        pytest.param([(0, A), (1, B), (1.5, [0.5, 0.55, 0]), (2.1, B)], [0] * 4, id="a lead below the margin breaks"),
    ],
)
def test_a_label_changes_only_when_a_rival_leads_by_a_margin_for_a_time(steps, expected):
    assert labels(*steps) == expected


def test_without_a_hold_the_label_is_the_most_probable():
    assert labels((0, A), (0, B), (0, C), margin=0.0, seconds=0.0) == [0, 1, 2]


def test_flicker_is_held():
    flicker = [(index / 25, A if index % 3 else B) for index in range(250)]
    held = labels(*flicker)
    assert set(held) == {held[0]}


@given(
    st.lists(st.floats(0.001, 1), min_size=2, max_size=7).map(lambda row: np.array(row) / sum(row)), st.integers(0, 6)
)
def test_the_shown_probabilities_have_the_held_label_on_top(probabilities, held):
    held %= len(probabilities)
    probabilities = probabilities.astype(np.float32)
    shown = show_class(probabilities, held)
    assert shown.sum() == pytest.approx(1)
    assert (shown >= 0).all()
    assert shown.max() <= probabilities.max() + 0.001  # no certainty is added but what breaks the tie
    assert shown.argmax() == held
    untouched = probabilities < probabilities[held]
    assert (shown[untouched] == probabilities[untouched]).all()
    if probabilities.argmax() == held:
        assert (shown == probabilities).all()


def test_a_tie_is_told_as_one():
    assert show_class(np.array([0.3, 0.6, 0.1]), 0) == pytest.approx([0.4505, 0.4495, 0.1])
    assert show_class(np.array([0.2, 0.45, 0.35]), 0) == pytest.approx([0.334, 0.333, 0.333])


def test_the_held_label_survives_single_precision_and_four_digits():
    shown = show_class(np.array([0.25, 0.25, 0.2, 0.3]), 0).astype(np.float32)
    written = [round(float(p), 4) for p in shown]
    assert written.index(max(written)) == 0
    assert written.count(max(written)) == 1


def groups(*steps, margin=1.0, seconds=1.0):
    label = HeldLabel(Hold(margin=margin, seconds=seconds))
    return [AGE_GROUPS[hold_age_group(label, years, time_s)] for time_s, years in steps]


@pytest.mark.parametrize(
    ("steps", "expected"),
    [
        ([(0, 39.8), (1, 40.3), (9, 40.9)], ["young adult"] * 3),
        ([(0, 39.8), (1, 41.0), (2, 41.0)], ["young adult", "young adult", "middle-aged"]),
        ([(0, 13.2), (1, 12.1), (9, 12.1)], ["teenager"] * 3),
        ([(0, 13.2), (1, 12.0), (2, 11.9)], ["teenager", "teenager", "child"]),
        ([(0, 70.0), (1, 64.5), (9, 64.1)], ["senior"] * 3),
        ([(0, 0.0), (1, 99.0), (2, 99.0)], ["child", "child", "senior"]),
    ],
)
def test_an_age_group_changes_only_when_the_age_is_a_year_beyond_for_a_time(steps, expected):
    assert groups(*steps) == expected


@given(st.floats(0, 110), st.integers(0, len(AGE_GROUPS) - 1))
def test_the_shown_age_is_in_the_held_group_also_as_written(years, held):
    shown = show_age(years, held)
    assert age_group(shown) == AGE_GROUPS[held]
    if age_group(years) == AGE_GROUPS[held]:
        assert shown == years
    else:
        assert age_group(round(shown, 1)) == AGE_GROUPS[held]


@pytest.mark.parametrize(("margin", "seconds"), [(-0.1, 1), (0.1, -1), (float("nan"), 1)])
def test_a_hold_must_make_sense(margin, seconds):
    with pytest.raises(InputError, match="must be 0 or more"):
        Hold(margin=margin, seconds=seconds)
