"""Reading labels from Parquet files, checked before hours are spent."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet
from numpy.typing import NDArray

from mien.errors import DatasetError
from mien.evaluate.labels import MAX_AGE


def columns(parquet: Path, names: Sequence[str]) -> dict[str, list[Any]]:
    """Some columns of a Parquet file.

    Raises:
        DatasetError: the file or a column is missing.
    """
    if not parquet.is_file():
        raise DatasetError(f"no data set at {parquet}; name the folder that holds it with --data")
    there = pyarrow.parquet.read_schema(parquet).names
    if missing := [name for name in names if name not in there]:
        raise DatasetError(f"{parquet} has no column {', '.join(missing)}; its columns: {', '.join(there)}")
    values: dict[str, list[Any]] = pyarrow.parquet.read_table(parquet, columns=list(names)).to_pydict()
    return values


def indices(words: Sequence[Any], places: Mapping[str, int]) -> NDArray[np.int64]:
    """Places of label words; −1 for an empty cell. Letter case and spaces do not matter.

    Raises:
        DatasetError: a word is outside the vocabulary; all such words are named.
    """
    keys = [None if word is None else _key(str(word)) for word in words]
    known = {_key(name): place for name, place in places.items()}
    if unknown := sorted({key for key in keys if key is not None and key not in known}):
        raise DatasetError(f"labels {', '.join(unknown)} are not among {', '.join(known)}; correct the file")
    return np.array([-1 if key is None else known[key] for key in keys], np.int64)


def ages(values: Sequence[Any]) -> NDArray[np.int64]:
    """Whole years; −1 for an empty cell.

    Raises:
        DatasetError: a value is no age; the first is named with its row.
    """
    years = np.full(len(values), -1, np.int64)
    for row, value in enumerate(values):
        if value is None:
            continue
        if not 0 <= value <= MAX_AGE:
            raise DatasetError(f"age {value} in row {row} is not from 0 to {MAX_AGE:.0f} years; correct the file")
        years[row] = int(value)
    return years


def _key(word: str) -> str:
    return word.strip().lower().replace(" ", "_")
