"""The images that pairs name by path: image files, or the rows of a manifest."""

from __future__ import annotations

import posixpath
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from mien.errors import DatasetError
from mien.evaluate.columns import find_columns
from mien.evaluate.files import known_columns, open_manifest

_TOLD: Final = 3  # paths named in a message


@dataclass(frozen=True, kw_only=True)
class PairImages:
    """Distinct images.

    Attributes:
        names: of the images, as first written.
        places: path as the pairs have it → place in `names`.
        sources: gives where each image is, or its encoded bytes; `None` for an empty cell.
    """

    names: tuple[str, ...]
    places: Mapping[str, int]
    sources: Callable[[], Iterator[Path | bytes | None]]


def same_path(path: str) -> str:
    r"""A path so written that two spellings of it are equal.

    >>> same_path("./ada//1.png") == same_path("ada\\1.png")
    True
    """
    return posixpath.normpath(path.replace("\\", "/"))


def image_files(paths: Sequence[str], folder: Path) -> PairImages:
    """Image files, their paths relative to a folder."""
    names: dict[str, str] = {}
    for path in paths:
        names.setdefault(same_path(path), path)
    return PairImages(
        names=tuple(names.values()),
        places=_places(paths, {key: place for place, key in enumerate(names)}),
        sources=lambda: (folder / name for name in names.values()),
    )


def manifest_images(
    paths: Sequence[str], manifest: Path, *, pairs: Path, column: str | None = None, images: Path | None = None
) -> PairImages:
    """The images of a CSV or Parquet file's rows, found by their column `path`.

    Args:
        paths: those wanted.
        manifest: the file.
        pairs: file that names the paths, for messages.
        column: what the column `path` is called there.
        images: folder that paths of image files are relative to; by default the manifest's own.

    Raises:
        DatasetError: the manifest cannot be read or has no column of paths, or a path is in none of its rows, or in
            several that hold an image each.
        UnknownNameError: see `find_columns`.
        MissingExtraError: the manifest is Parquet and pyarrow is not installed.
    """
    file = open_manifest(manifest)
    renamed = {} if column is None else {"path": column}
    found = find_columns(file, manifest, ("path",), renamed=renamed, other_names={})
    if "path" not in found:
        raise DatasetError(
            f"{manifest} has no column path, by which pairs find their images; {known_columns(file)}; "
            "name the one with --column path=NAME"
        )
    cells = file.column(found["path"])
    rows: dict[str, int] = {}
    for row, cell in enumerate(cells):
        if cell:
            rows.setdefault(same_path(cell), row)
    wanted = {same_path(path): path for path in reversed(paths)}
    if unknown := [path for key, path in wanted.items() if key not in rows]:
        raise DatasetError(
            f"{pairs}: {len(unknown)} of {len(wanted)} images are in no row of {manifest}: {_listed(unknown)}; "
            "both files must write a path alike"
        )
    if file.has_images:
        count = Counter(same_path(cell) for cell in cells if cell)
        if several := [path for key, path in wanted.items() if count[key] > 1]:
            raise DatasetError(
                f"{manifest} has several rows, each with an image of its own, for {_listed(several)}; "
                "a path must name one image"
            )
    chosen = sorted(rows[key] for key in wanted)
    folder = manifest.parent if images is None else images

    def sources() -> Iterator[Path | bytes | None]:
        return file.images(chosen) if file.has_images else (folder / cells[row] for row in chosen)

    place_of_row = {row: place for place, row in enumerate(chosen)}
    return PairImages(
        names=tuple(cells[row] for row in chosen),
        places=_places(paths, {key: place_of_row[rows[key]] for key in wanted}),
        sources=sources,
    )


def _places(paths: Sequence[str], place_of: Mapping[str, int]) -> dict[str, int]:
    return {path: place_of[same_path(path)] for path in paths}


def _listed(paths: Sequence[str]) -> str:
    told = ", ".join(map(repr, paths[:_TOLD]))
    return told + (f" and {len(paths) - _TOLD} more" if len(paths) > _TOLD else "")
