from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mien.models.temperature import temper


def test_logits_are_divided() -> None:
    p = np.array([[0.5, 0.25, 0.25]])
    assert temper(p, 0.5) == pytest.approx(np.array([[4, 1, 1]]) / 6)
    assert temper(p, 2.0) == pytest.approx(np.array([[2**0.5, 1, 1]]) / (2 + 2**0.5))


@given(st.integers(0, 2**32 - 1), st.floats(0.2, 5))
def test_the_order_stays_and_rows_sum_to_1(seed: int, temperature: float) -> None:
    p = np.random.default_rng(seed).dirichlet(np.full(7, 0.3), 5)
    tempered = temper(p, temperature)
    assert tempered.sum(1) == pytest.approx(np.ones(5), abs=1e-5)
    assert (tempered.argmax(1) == p.argmax(1)).all()
    assert temper(tempered, 1 / temperature).max(1) == pytest.approx(p.max(1), abs=0.02)


def test_certainty_and_nobody_are_no_trouble() -> None:
    assert temper(np.array([[1.0, 0.0]]), 0.3) == pytest.approx(np.array([[1.0, 0.0]]))
    assert temper(np.empty((0, 7)), 1.7).shape == (0, 7)
