"""Which row of the predictions goes with which row of the labels."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from mien.errors import DatasetError
from mien.evaluate.files import ManifestFile, find_column, known_columns
from mien.evaluate.runner import UNREADABLE

_NOT_READ = (UNREADABLE, "error")  # as `mien evaluate` and `mien analyze` mark images that could not be read
DEFAULT_KEY = "path"


@dataclass(frozen=True, kw_only=True)
class Rows:
    """Rows that belong together.

    Attributes:
        predictions: rows of the file of predictions.
        labels: as many rows of the file with the labels.
        notes: what was left out.
    """

    predictions: Sequence[int]
    labels: Sequence[int]
    notes: tuple[str, ...]


def join(
    predictions: tuple[ManifestFile, Path], labels: tuple[ManifestFile, Path] | None, *, key: str | None = None
) -> Rows:
    """The rows of images that could be read, each with its row of labels.

    Args:
        predictions: the file.
        labels: another file with the labels; `None` where they are in the file of predictions.
        key: column that both have, or `name=path` where it is `name` in the predictions and `path` in the labels.

    Raises:
        DatasetError: the key is not in both files, is not unique, or has nothing in common; or no row is left.
    """
    file, path = predictions
    status = find_column(file, path, "status", option="a file without the others")
    chosen: list[int] = list(range(file.rows))
    notes = []
    if status is not None:
        cells = file.column(status)
        chosen = [row for row in chosen if cells[row] not in _NOT_READ]
        if len(chosen) < file.rows:
            notes.append(f"{file.rows - len(chosen):,} rows are of images that could not be read, and were left out")
    if not chosen:
        raise DatasetError(f"{path}: none of its {file.rows} images could be read, so there is nothing to audit")
    if labels is None:
        return Rows(predictions=chosen, labels=chosen, notes=tuple(notes))

    here, _, there = (key or DEFAULT_KEY).partition("=")
    keys = _keys(*predictions, here, chosen)
    places = {word: row for row, word in _keys(*labels, there or here, range(labels[0].rows)).items()}
    pairs = [(row, places[word]) for row, word in keys.items() if word in places]
    if not pairs:
        raise DatasetError(
            f"{path} and {labels[1]} have no {key or DEFAULT_KEY} in common: the first are "
            f"{next(iter(keys.values()), '')!r} and {next(iter(places), '')!r}; choose the columns with --key"
        )
    if len(pairs) < len(chosen):
        notes.append(f"{len(chosen) - len(pairs):,} rows of predictions have no row of labels, and were left out")
    if len(pairs) < len(places):
        notes.append(f"{len(places) - len(pairs):,} rows of labels have no row of predictions, and were left out")
    return Rows(predictions=[row for row, _ in pairs], labels=[row for _, row in pairs], notes=tuple(notes))


def _keys(file: ManifestFile, path: Path, key: str, rows: Sequence[int]) -> dict[int, str]:
    """Row → key, of rows that have one."""
    column = find_column(file, path, key, option="--key, spelt as it is there")
    if column is None:
        raise DatasetError(f"{path} has no column {key!r} to join by; {known_columns(file)}; choose with --key")
    cells = file.column(column)
    keys = {row: cells[row] for row in rows if cells[row]}
    word, count = next(iter(Counter(keys.values()).most_common(1)), ("", 0))
    if count > 1:
        raise DatasetError(
            f"{path}: {word!r} is the {column} of {count} rows; a label is of one person, so keep one row for each"
        )
    return keys
