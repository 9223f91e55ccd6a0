"""Finding a table's columns, and the rows of one split."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from mien.errors import DatasetError, UnknownNameError
from mien.evaluate.files import ManifestFile, find_column, known_columns
from mien.evaluate.labels import fold

_FER_SPLITS: Final = {"train": "Training", "val": "PublicTest", "test": "PrivateTest"}
"""FER2013's words for the usual three; taken where the file has no such word of its own."""


def find_columns(
    file: ManifestFile,
    path: Path,
    names: Sequence[str],
    *,
    renamed: Mapping[str, str],
    other_names: Mapping[str, Sequence[str]],
) -> dict[str, str]:
    """Column as Mien calls it → its name in the file, for those that are there.

    Args:
        file: the table.
        path: of the table.
        names: of the columns.
        renamed: column → the name that it has in this file.
        other_names: column → other names for it, taken where the file has none of its own.

    Raises:
        DatasetError: several columns have a name, or the file lacks one that is renamed.
        UnknownNameError: `renamed` has a column that is not among `names`.
    """
    found: dict[str, str] = {}
    for name, other in renamed.items():
        if name not in names:
            raise UnknownNameError("column", name, names)
        if other not in file.names:
            raise DatasetError(f"{path} has no column {other!r}; {known_columns(file)}")
        found[name] = other
    for name in names:
        for alias in (name, *other_names.get(name, ())):
            if name not in found and (column := find_column(file, path, alias, option=f"--column {name}=NAME")):
                found[name] = column
    return found


def rows_of_split(
    file: ManifestFile, path: Path, column: str | None, split: str | None
) -> tuple[Sequence[int], str | None]:
    """The rows of a split, and its name as the file spells it; all rows where none is asked for.

    Args:
        file: the table.
        path: of the table.
        column: that says which split a row belongs to, if there is one.
        split: the one asked for, letter case ignored; `train`, `val` and `test` stand for FER2013's words too.

    Raises:
        DatasetError: the file has no such column, or no such split.
    """
    if split is None:
        return range(file.rows), None
    if column is None:
        raise DatasetError(f"{path} has no column split, so --split {split} selects nothing; {known_columns(file)}")
    cells = file.column(column)
    there = {fold(word): word for word in reversed(cells) if word}
    key = fold(split) if fold(split) in there else fold(_FER_SPLITS.get(fold(split), split))
    if key not in there:
        raise DatasetError(f"{path} has no split {split!r}; its splits: {', '.join(sorted(there.values()))}")
    return [row for row, word in enumerate(cells) if fold(word) == key], there[key]
