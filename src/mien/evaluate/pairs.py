"""Pairs of images for verification: a table with the columns `a`, `b`, `same` and, if it has folds, `fold`.

`a` and `b` are paths: of the `path` column of a manifest, whose images are then taken, or of image files. `young` and
`adult`, LAG's words, stand for `a` and `b`. LFW's own `pairs.txt` is read too. Every image is read once, however many
pairs it is in.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from mien.errors import DatasetError, UnknownNameError
from mien.evaluate.columns import find_columns, rows_of_split
from mien.evaluate.files import ManifestFile, known_columns, open_manifest
from mien.evaluate.labels import Labels, fold, listed
from mien.evaluate.lfw_pairs import lfw_pairs
from mien.evaluate.manifest import Sample
from mien.evaluate.pair_images import image_files, manifest_images, same_path

PAIR_COLUMNS: Final = ("fold", "a", "b", "same", "split")
_OTHER_NAMES: Final = {"a": ("young",), "b": ("adult",)}
_SAME: Final = {
    **dict.fromkeys(("1", "1.0", "true", "yes", "same"), True),
    **dict.fromkeys(("0", "0.0", "false", "no", "different"), False),
}


@dataclass(frozen=True, kw_only=True, eq=False)
class Pairs:
    """Labelled pairs; iterating reads the images that occur in them, each once and a few at a time.

    Attributes:
        path: of the file.
        rows: in the file.
        selected: rows left by the split and the limit.
        split: the split that was kept, as the file spells it, or `None` for all rows.
        names: the images' paths as written.
        a: (n,) places in `names`.
        b: (n,) places in `names`.
        same: (n,) bool, whether the two are one person; both kinds are there, or strangers alone where allowed.
        folds: of each pair, at least two different ones; `None` where the pairs have no such.
        skipped: `same` → word that is neither yes nor no → how many selected rows have it.
        sources: as in `mien.evaluate.pair_images`.
    """

    path: Path
    rows: int
    selected: int
    split: str | None
    names: tuple[str, ...]
    a: NDArray[np.int64]
    b: NDArray[np.int64]
    same: NDArray[np.bool_]
    folds: tuple[str, ...] | None
    skipped: Mapping[str, Mapping[str, int]]
    sources: Callable[[], Iterator[Path | bytes | None]]

    def __len__(self) -> int:
        """How many images there are, which is what iterating gives; pairs are `len(pairs.same)`."""
        return len(self.names)

    def __iter__(self) -> Iterator[Sample]:
        for name, source in zip(self.names, self.sources(), strict=True):
            yield Sample(name=name, source=source, labels=Labels())


def read_pairs(
    path: Path,
    *,
    manifest: Path | None = None,
    images: Path | None = None,
    renamed: Mapping[str, str] | None = None,
    split: str | None = None,
    limit: int | None = None,
    strangers_alone: bool = False,
) -> Pairs:
    """The labelled pairs of a CSV or Parquet file; rows with an empty `same` are left out.

    Args:
        path: of the file; its kind is told by its content.
        manifest: CSV or Parquet file with a column `path`, in which the pairs' paths are looked up.
        images: folder that paths of image files are relative to; by default that of the manifest, or else the pairs'.
        renamed: column → the name that it has: `path` in the manifest, any other in the pairs.
        split: keep the pairs of this split, ignoring letter case.
        limit: keep the first pairs only, counted after the split.
        strangers_alone: pairs of different people will do; there may be none of one person.

    Raises:
        DatasetError: a file cannot be read or lacks a column or its rows; a pair names no image, an unknown one, or one
            and the same twice; or the pairs are all of one kind.
        UnknownNameError: `renamed` has a column that means nothing here.
        MissingExtraError: a file is Parquet and pyarrow is not installed.
    """
    renamed = dict(renamed or {})
    if unknown := [name for name in renamed if name not in (*PAIR_COLUMNS, "path")]:
        raise UnknownNameError("column", unknown[0], (*PAIR_COLUMNS, "path"))
    path_column = renamed.pop("path", None)
    file = lfw_pairs(path) or open_manifest(path, what="file of pairs", images=False)
    found = find_columns(file, path, PAIR_COLUMNS, renamed=renamed, other_names=_OTHER_NAMES)
    if missing := [name for name in ("a", "b", "same") if name not in found]:
        raise DatasetError(
            f"{path} has no column {' or '.join(missing)}; {known_columns(file)}; "
            f"name the one with --column {missing[0]}=NAME"
        )
    selected, split = rows_of_split(file, path, found.get("split"), split)
    selected = selected[:limit]
    rows, same, skipped = _labelled(path, file.column(found["same"]), selected, strangers_alone)

    left, right = (_paths(file, path, found[side], rows) for side in ("a", "b"))
    for row, one, other in zip(rows, left, right, strict=True):
        if same_path(one) == same_path(other):
            raise DatasetError(f"{path}: row {row + 1} pairs {one!r} with itself; take it out")
    paths = [*left, *right]
    if manifest is None:
        known = image_files(paths, path.parent if images is None else images)
    else:
        known = manifest_images(paths, manifest, pairs=path, column=path_column, images=images)
    return Pairs(
        path=path,
        rows=file.rows,
        selected=len(selected),
        split=split,
        names=known.names,
        a=np.array([known.places[one] for one in left], np.int64),
        b=np.array([known.places[one] for one in right], np.int64),
        same=same,
        folds=_folds(file, path, found["fold"], rows) if "fold" in found else None,
        skipped={"same": skipped} if skipped else {},
        sources=known.sources,
    )


def _labelled(
    path: Path, cells: Sequence[str], selected: Sequence[int], strangers_alone: bool
) -> tuple[list[int], NDArray[np.bool_], dict[str, int]]:
    """The rows with a label, their labels, and word → how often it occurs for those that say neither."""
    rows, same, skipped = [], [], Counter[str]()
    for row in selected:
        label = _SAME.get(fold(cells[row]))
        if label is not None:
            rows.append(row)
            same.append(label)
        elif cells[row]:
            skipped[cells[row]] += 1
    words = dict(skipped.most_common())
    if all(same) or not (any(same) or strangers_alone):
        wanted = "verification needs pairs of both kinds"
        if strangers_alone:
            wanted = "calibration needs pairs of different people"
        kinds = f"{sum(same)} of one person and {len(same) - sum(same)} of different people"
        told = f"; words that are neither 1 nor 0: {listed(words)}" if words else ""
        raise DatasetError(f"{path}: {wanted}, got {kinds}{told}")
    return rows, np.array(same, bool), words


def _paths(file: ManifestFile, path: Path, column: str, rows: Sequence[int]) -> list[str]:
    cells = file.column(column)
    for row in rows:
        if not cells[row]:
            raise DatasetError(f"{path}: row {row + 1} names no image in column {column}; fill it, or take the row out")
    return [cells[row] for row in rows]


def _folds(file: ManifestFile, path: Path, column: str, rows: Sequence[int]) -> tuple[str, ...] | None:
    """One a row; `None` where there are fewer than two folds, as no threshold can be taken from the others then."""
    cells = file.column(column)
    folds = tuple(cells[row] for row in rows)
    if not any(folds):
        return None
    if "" in folds:
        raise DatasetError(f"{path}: row {rows[folds.index('')] + 1} is in no fold, others are; fill column {column}")
    return folds if len(set(folds)) > 1 else None
