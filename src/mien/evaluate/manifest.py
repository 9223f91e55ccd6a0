"""A manifest: a table of images and what is known of the person in each.

Columns are found by name, ignoring letter case, spaces and underscores: `path`, `age`, `age_group`, `gender`, `race`
(or `race7`), `emotion`, `yaw pitch roll`, `identity`, `split` (or FER2013's `usage`). Empty cells say nothing; words
outside the vocabulary are counted and skipped. FER+'s columns of votes stand for `emotion` where there is none.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from mien.errors import DatasetError
from mien.evaluate.columns import find_columns, rows_of_split
from mien.evaluate.files import ManifestFile, known_columns, open_manifest
from mien.evaluate.labels import Labels, listed, race_labels_of, read_labels
from mien.evaluate.votes import majority, vote_columns
from mien.vocabulary import RACES

LABEL_COLUMNS: Final = ("age", "age_group", "gender", "race", "emotion", "yaw", "pitch", "roll", "identity")
COLUMNS: Final = ("path", *LABEL_COLUMNS, "split")
OTHER_NAMES: Final = {"race": ("race7",), "split": ("usage",)}
"""Column → other names for it."""


@dataclass(frozen=True, kw_only=True)
class Sample:
    """One labelled image.

    Attributes:
        name: the path as written in the manifest, or `row 17`; counted from 1.
        source: where the image is, or its encoded bytes; `None` where the manifest's cell is empty.
        labels: at least one of those asked for is known.
    """

    name: str
    source: Path | bytes | None
    labels: Labels


@dataclass(frozen=True, kw_only=True)
class Manifest:
    """The labelled rows of a manifest; iterating reads the images, a few at a time.

    Attributes:
        path: the file.
        rows: in the file.
        selected: rows left by the split and the limit.
        split: the split that was kept, as the file spells it, or `None` for all rows.
        places: of the labelled rows in the file, counted from 0.
        names: of the labelled rows.
        labels: of the labelled rows.
        race_labels: the classes that races are scored over, seven or five.
        skipped: column → word outside the vocabulary → how many selected rows have it.
    """

    path: Path
    rows: int
    selected: int
    split: str | None
    places: tuple[int, ...]
    names: tuple[str, ...]
    labels: tuple[Labels, ...]
    race_labels: tuple[str, ...]
    skipped: Mapping[str, Mapping[str, int]]
    sources: Callable[[], Iterator[Path | bytes | None]]

    def __len__(self) -> int:
        return len(self.labels)

    def __iter__(self) -> Iterator[Sample]:
        for name, source, labels in zip(self.names, self.sources(), self.labels, strict=True):
            yield Sample(name=name, source=source, labels=labels)

    def labelled(self, column: str) -> int:
        """How many rows have a label in a column."""
        return sum(getattr(labels, column) is not None for labels in self.labels)


def read_manifest(
    path: Path,
    *,
    wanted: Sequence[str],
    renamed: Mapping[str, str] | None = None,
    images: Path | None = None,
    split: str | None = None,
    limit: int | None = None,
) -> Manifest:
    """The rows of a CSV or Parquet file that have a label in one of the wanted columns.

    Args:
        path: of the file; its kind is told by its content.
        wanted: label columns, out of `LABEL_COLUMNS`.
        renamed: column → the name that it has in this file.
        images: folder that paths are relative to; by default the file's own.
        split: keep the rows of this split, ignoring letter case; `train`, `val` and `test` stand for FER2013's
            `Training`, `PublicTest` and `PrivateTest` where the file has those.
        limit: keep the first rows only, counted after the split.

    Raises:
        DatasetError: the file cannot be read, or has no rows, no such split, no images or none of the labels.
        UnknownNameError: `renamed` has a column that means nothing here.
        MissingExtraError: the file is Parquet and pyarrow is not installed.
    """
    file = open_manifest(path)
    found = find_columns(file, path, COLUMNS, renamed=renamed or {}, other_names=OTHER_NAMES)
    if not file.has_images and "path" not in found:
        raise DatasetError(f"{path} has no column path; {known_columns(file)}; name the one with --column path=NAME")
    chosen, split = rows_of_split(file, path, found.get("split"), split)
    chosen = chosen[:limit]

    cells = {name: file.column(found[name]) for name in wanted if name in found}
    if "emotion" in wanted and "emotion" not in found and (votes := vote_columns(file.names)):
        cells["emotion"] = _majorities(file, path, votes)
    if not cells:
        raise DatasetError(f"{path} has no column {' or '.join(wanted)}; {known_columns(file)}; or use --column")
    race_labels = race_labels_of(found["race"], cells["race"]) if "race" in cells else RACES

    labels, skipped = read_labels(cells, chosen, race_labels)
    rows = [row for row, known in zip(chosen, labels, strict=True) if known != Labels()]
    if not rows:
        told = "; ".join(f"{name} has {listed(words)}" for name, words in skipped.items()) or "all cells are empty"
        raise DatasetError(f"{path}: no usable {' or '.join(cells)} in {len(chosen)} rows: {told}")
    paths = file.column(found["path"]) if "path" in found else [""] * file.rows
    folder = path.parent if images is None else images

    def sources() -> Iterator[Path | bytes | None]:
        if file.has_images:
            return file.images(rows)
        return (folder / paths[row] if paths[row] else None for row in rows)

    return Manifest(
        path=path,
        rows=file.rows,
        selected=len(chosen),
        split=split,
        places=tuple(rows),
        names=tuple(paths[row] or f"row {row + 1}" for row in rows),
        labels=tuple(known for known in labels if known != Labels()),
        race_labels=race_labels,
        skipped=skipped,
        sources=sources,
    )


def _majorities(file: ManifestFile, path: Path, columns: Mapping[str, str]) -> list[str]:
    try:
        counts = [[float(cell or 0) for cell in file.column(name)] for name in columns.values()]
    except ValueError as error:
        raise DatasetError(f"{path}: columns of votes must hold numbers: {error}") from error
    return [majority(dict(zip(columns, row, strict=True))) for row in zip(*counts, strict=True)]
