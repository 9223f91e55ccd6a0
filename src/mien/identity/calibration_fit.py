"""A calibration from the similarities of labelled pairs."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from mien.errors import DatasetError
from mien.identity.calibration import Calibration
from mien.identity.calibration_probability import Logistic
from mien.identity.calibration_tail import Tail, tail_slope
from mien.models.thresholds import LEAST_FALSE_MATCHES, Thresholds


class TooFewPairsError(DatasetError):
    """There are too few pairs of different people to tell a false-match rate by."""


def fit(
    different: NDArray[Any], same: NDArray[Any] | None = None, *, model: str, sha256: str, data: str
) -> Calibration:
    """What the similarities of pairs say.

    Args:
        different: (n,) of pairs of different people.
        same: (m,) of pairs of one person; without them there is no probability.
        model: name of the network that they are of.
        sha256: of its file.
        data: what they are of, in words.

    Raises:
        TooFewPairsError: there are too few pairs of different people, or all are alike.
        DatasetError: some similarities are no numbers, or pairs of one person are not the more similar ones.
    """
    same = np.empty(0) if same is None else np.asarray(same, np.float64)
    different = np.asarray(different, np.float64)
    if not (np.isfinite(different).all() and np.isfinite(same).all()):
        raise DatasetError("similarities hold NaN or infinity; leave out the pairs without a face")
    table = Thresholds.measured(different)
    if table is None:
        raise TooFewPairsError(
            f"{len(different):,} pairs of different people with {len(np.unique(different)):,} different similarities "
            f"tell no false-match rate; {2 * LEAST_FALSE_MATCHES} pairs are the least, and 30,000 (of 250 people, each "
            "with each other) are needed for a rate of 0.001"
        )
    table = Thresholds.from_calibration(table.to_calibration())  # as it will be read again
    slope = tail_slope(different, fmr=table.fmr[-1])
    return Calibration(
        model=model,
        sha256=sha256,
        thresholds=table,
        data=data,
        different=len(different),
        same=len(same),
        tail=None if slope is None else Tail.after(table, slope=slope),
        logistic=Logistic.fitted(same, different),
    )
