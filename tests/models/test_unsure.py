from __future__ import annotations

import numpy as np
import pytest

from mien.errors import ModelError
from mien.models.unsure import UnsureRule
from mien.quality import LEAST_QUALITY

RULE = UnsureRule(limit=0.7, aim=0.97, most=0.15)
WIDEST = UnsureRule(limit=20.0, aim=None, most=0.1)
GOOD, POOR = 1.0, LEAST_QUALITY / 2


def test_a_label_is_unsure_below_the_limit_and_not_at_it() -> None:
    p = np.array([[0.7, 0.3], [0.31, 0.69], [0.0, 1.0]])
    assert RULE.labels(p, np.full(3, GOOD)).tolist() == [False, True, False]


def test_an_age_is_unsure_where_its_interval_is_wider_than_the_limit() -> None:
    intervals = np.array([[20, 40], [20, 40.5], [30, 30]])
    assert WIDEST.ages(intervals, np.full(3, GOOD)).tolist() == [False, True, False]


def test_nothing_is_sure_of_a_poor_picture() -> None:
    quality = np.array([POOR, LEAST_QUALITY, GOOD])
    assert RULE.labels(np.array([[1.0, 0.0]] * 3), quality).tolist() == [True, False, False]
    assert WIDEST.ages(np.zeros((3, 2)), quality).tolist() == [True, False, False]


def test_an_unknown_quality_is_of_no_effect() -> None:
    assert RULE.labels(np.array([[0.9, 0.1], [0.5, 0.5]]), None).tolist() == [False, True]
    assert WIDEST.ages(np.array([[0, 1], [0, 90]]), None).tolist() == [False, True]


def test_of_nobody_there_are_no_flags() -> None:
    assert RULE.labels(np.empty((0, 2)), np.empty(0)).shape == (0,)
    assert WIDEST.ages(np.empty((0, 2)), None).shape == (0,)


def test_a_rule_comes_from_a_card() -> None:
    assert UnsureRule.of_card({"unsure": {"gender": {"limit": 0.7, "aim": 0.97, "most": 0.15}}}, "gender") == RULE


@pytest.mark.parametrize(
    "held", [{}, {"unsure": {}}, {"unsure": {"gender": {"limit": 0.7}}}, {"unsure": {"gender": 3}}]
)
def test_a_card_without_the_rule_is_told(held: dict) -> None:
    with pytest.raises(ModelError, match=r"calibration\.unsure\.gender must hold limit, aim and most"):
        UnsureRule.of_card(held, "gender")
