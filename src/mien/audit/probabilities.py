"""Probabilities as tools write them, over the classes that are scored."""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from mien.errors import DatasetError
from mien.evaluate.labels import Parser

TOLERANCE: Final = 0.02
"""How far a sum of probabilities may be from 1; seven of them rounded to two digits are hardly ever off by more."""
_PERCENT: Final = 100
_NUMPY_NUMBER: Final = re.compile(r"np\.float\d+\(([^()]*)\)")  # as NumPy 2 shows itself inside a dictionary

Floats = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class Distributions:
    """The probabilities of one attribute.

    Attributes:
        values: (n, k), each row summing to 1, or NaN where the row's probabilities are not usable.
        notes: what was wrong, and what was done about it.
    """

    values: Floats
    notes: tuple[str, ...]


def over_classes(
    name: str, cells: Mapping[str, Sequence[str]], labels: tuple[str, ...], parse: Parser, rows: Sequence[int]
) -> Distributions:
    """Probabilities summed to the classes that are scored; percents are divided by 100.

    A row is usable if all its cells are filled and they sum to 1 within `TOLERANCE`.

    Args:
        name: of the attribute.
        cells: word of a class → its column of n cells.
        labels: the k classes.
        parse: from a word to one of them.
        rows: the n rows' places in the file, for messages.

    Raises:
        DatasetError: a cell is not a number or is negative, or no class has the word.
    """
    columns = {word: _numbers(name, word, column, rows) for word, column in cells.items()}
    values = np.zeros((len(next(iter(columns.values()))), len(labels)))
    for word, column in columns.items():
        label = parse(word)
        if label not in labels:
            raise DatasetError(f"probabilities of {name}: no class is called {word!r}; they are {', '.join(labels)}")
        values[:, labels.index(label)] += column
    sums = values.sum(1)
    notes = []
    filled = ~np.isnan(sums)
    if filled.any() and abs(np.median(sums[filled]) / _PERCENT - 1) <= TOLERANCE:
        values, sums = values / _PERCENT, sums / _PERCENT
        notes.append(f"{name}: the probabilities are percents and were divided by {_PERCENT}")
    off = filled & (np.abs(sums - 1) > TOLERANCE)
    if off.any():
        first = int(np.flatnonzero(off)[0])
        notes.append(
            f"{name}: in {off.sum():,} of {filled.sum():,} rows the probabilities do not sum to 1 "
            f"(first: row {rows[first] + 1}, {sums[first]:.3g}); there only the predicted word counts, and calibration "
            "leaves them out"
        )
    usable = filled & ~off
    values = np.where(usable[:, None], values / np.where(usable, sums, 1)[:, None], np.nan)
    return Distributions(values=values, notes=tuple(notes))


def one_number_each(name: str, cells: Sequence[str], rows: Sequence[int], notes: list[str]) -> Floats:
    """(n,) probabilities of the predicted class alone, NaN where the cell is empty; percents are divided by 100.

    Raises:
        DatasetError: a cell is not a number from 0 to 100.
    """
    values = _numbers(name, "confidence", cells, rows)
    if np.nanmax(values, initial=0) > 1:
        values = values / _PERCENT
        notes.append(f"{name}: the confidences are percents and were divided by {_PERCENT}")
    if np.nanmax(values, initial=0) > 1:
        raise DatasetError(
            f"confidence of {name}: {_PERCENT * np.nanmax(values):g} is neither a probability nor a percent"
        )
    return values


def from_dictionaries(name: str, cells: Sequence[str], rows: Sequence[int]) -> dict[str, list[str]]:
    """Columns of probabilities out of cells such as `{'Woman': 99.2, 'Man': 0.8}`.

    Raises:
        DatasetError: a cell is not such a dictionary.
    """
    found = [_dictionary(name, row + 1, cell) for row, cell in zip(rows, cells, strict=True)]
    words = sorted({word for content in found for word in content})
    return {word: [content.get(word, "") for content in found] for word in words}


def _dictionary(name: str, number: int, cell: str) -> dict[str, str]:
    if not cell:
        return {}
    try:
        content: Any = ast.literal_eval(_NUMPY_NUMBER.sub(r"\1", cell))
    except (ValueError, SyntaxError) as error:
        raise DatasetError(f"probabilities of {name}: row {number} is {cell[:60]!r}, wanted a dictionary") from error
    if not isinstance(content, dict):
        raise DatasetError(f"probabilities of {name}: row {number} is {cell[:60]!r}, wanted a dictionary")
    return {str(word): str(value) for word, value in content.items()}


def _numbers(name: str, word: str, cells: Sequence[str], rows: Sequence[int]) -> Floats:
    try:
        column = np.array([float(cell) if cell else np.nan for cell in cells])
    except ValueError as error:
        raise DatasetError(f"probabilities of {name}, {word}: {error}; wanted a number in every row") from error
    if (wrong := np.flatnonzero((column < 0) | np.isinf(column))).size:
        first = int(wrong[0])
        raise DatasetError(
            f"probabilities of {name}, {word}: row {rows[first] + 1} is {cells[first]}, wanted 0 to 1 or percents"
        )
    return column
