"""Small cells: which counts are not told, so that nobody is singled out, nor can be by subtraction."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

LEAST: Final = 5
"""Smallest count of people that is told; customary in official statistics are 3 to 10 (Hundepool et al. 2012,
"Statistical disclosure control")."""


@dataclass(frozen=True, kw_only=True, eq=False)
class HiddenTable:
    """What is not told of a table and of its sums.

    Attributes:
        cells: (r, c).
        rows: (r,) of their sums.
        columns: (c,) of their sums.
        parts: (p,) of counts that cells are the sums of.
    """

    cells: NDArray[np.bool_]
    rows: NDArray[np.bool_]
    columns: NDArray[np.bool_]
    parts: NDArray[np.bool_]


def small_cells(
    counts: NDArray[Any],
    lines: Iterable[Sequence[int] | NDArray[Any]],
    *,
    least: int = LEAST,
    hidden: NDArray[np.bool_] | None = None,
) -> NDArray[np.bool_]:
    """The cells of a table that are not told.

    Those are counts from 1 to below `least`; and further ones, the smallest first, until no such count follows from the
    sum of a line that is told: at least two cells are missing there, and `least` people or more in them.
    Nobody is no secret, so zeros are told.

    Args:
        counts: (n,) people in each cell.
        lines: places of cells whose sum is told: rows and columns of a table, all of a list. A sum that may itself not
            be told is a cell, and stands in the line of those that it is the sum of.
        least: smallest count that is told.
        hidden: (n,) cells that are not told for other reasons.

    Returns:
        (n,) true for a cell that is not told.

    >>> small_cells(np.array([40, 3, 12, 0]), [range(4)]).tolist()
    [False, True, True, False]
    """
    small = (counts > 0) & (counts < least)
    hidden = small if hidden is None else small | hidden
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


def small_in_table(
    table: NDArray[Any],
    parts: NDArray[Any],
    part_of: NDArray[np.int64],
    *,
    least: int = LEAST,
    also: HiddenTable | None = None,
) -> HiddenTable:
    """What is not told of a table whose cells, rows and columns are told in several places, and the sum of all.

    Args:
        table: (r, c) people.
        parts: (p,) people that cells are made up of, as quarters of an hour are of the hour.
        part_of: (p,) place of the cell that each is part of, row by row.
        least: smallest count that is told.
        also: what is not told for other reasons.

    Returns:
        The cells after `small_cells`, so that nothing follows from one of these tables for another.
    """
    height, width = table.shape
    places = np.arange(table.size).reshape(height, width)
    rows, columns = table.size + np.arange(height), table.size + height + np.arange(width)
    below = table.size + height + width + np.arange(len(parts))
    lines = [np.append(line, total) for line, total in zip((*places, *places.T), (*rows, *columns), strict=True)]
    lines += [np.append(below[part_of == place], place) for place in np.unique(part_of)]
    hidden = small_cells(
        np.concatenate([table.ravel(), table.sum(1), table.sum(0), parts]),
        [*lines, rows, columns],
        least=least,
        hidden=None if also is None else np.concatenate([also.cells.ravel(), also.rows, also.columns, also.parts]),
    )
    return HiddenTable(
        cells=hidden[: table.size].reshape(height, width),
        rows=hidden[rows],
        columns=hidden[columns],
        parts=hidden[below],
    )
