"""Small cells: which counts are not told, so that nobody is singled out, nor can be by subtraction."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

LEAST: Final = 5
"""Smallest count of people that is told; customary in official statistics are 3 to 10 (Hundepool et al. 2012,
"Statistical disclosure control")."""


def small_cells(
    counts: NDArray[Any], lines: Iterable[Sequence[int] | NDArray[Any]], *, least: int = LEAST
) -> NDArray[np.bool_]:
    """The cells of a table that are not told.

    Those are counts from 1 to below `least`; and further ones, the smallest first, until no such count follows from the
    sum of a line that is told: at least two cells are missing there, and `least` people or more in them.
    Nobody is no secret, so zeros are told.

    Args:
        counts: (n,) people in each cell.
        lines: places of cells whose sum is told: rows and columns of a table, all of a list.
        least: smallest count that is told.

    Returns:
        (n,) true for a cell that is not told.

    >>> small_cells(np.array([40, 3, 12, 0]), [range(4)]).tolist()
    [False, True, True, False]
    """
    hidden = (counts > 0) & (counts < least)
    places = [np.asarray(line) for line in lines]
    changed = True
    while changed:
        changed = False
        for line in places:
            missing, told = line[hidden[line]], line[~hidden[line] & (counts[line] > 0)]
            if not len(missing) or not len(told):
                continue
            if len(missing) == 1 or counts[missing].sum() < least:
                hidden[told[np.argmin(counts[told])]] = True
                changed = True
    return hidden
