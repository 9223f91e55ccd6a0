from __future__ import annotations

import numpy as np
import pytest

from mien.evaluate.age_errors import AgeErrors


def test_errors_of_every_age_group() -> None:
    truth = np.array([0, 12.9, 13, 30, 30, 70])
    predicted = np.array([4, 12.9, 23, 24, 30, 50])
    errors = AgeErrors.of(truth, predicted, None, not_found=0, stated_coverage=None)
    told = {
        one.label: (one.n, one.mae.value, one.bias.value, one.within_5.value, one.within_10.value)
        for one in errors.groups
    }
    assert told == {
        "child": (2, pytest.approx(2), pytest.approx(2), 1, 1),
        "teenager": (1, 10, 10, 0, 1),
        "young adult": (2, 3, -3, 0.5, 1),
        "middle-aged": (0, None, None, None, None),
        "senior": (1, 20, -20, 0, 0),
    }
    assert sum(one.n for one in errors.groups) == errors.n == 6
