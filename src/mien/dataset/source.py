"""What a data set is: the pictures of a folder, of a table of paths, or of a Parquet file that holds them.

Pictures are told one after the other, so that a list of a hundred million takes no more memory than one of a hundred.
"""

from __future__ import annotations

import os
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any, Final

from mien.dataset.place import Place
from mien.errors import DatasetError
from mien.evaluate.labels import fold
from mien.media.formats import ENDINGS

NO_FILE: Final = -1
"""For `Input.row`: the table's cell is empty."""


@dataclass(frozen=True, slots=True)
class Input:
    """One picture of a data set.

    Attributes:
        name: its path as the data set has it, or `row 17`, counted from 1.
        row: in the Parquet file that holds the picture, counted from 0; None where `name` is the path of a file, and
            `NO_FILE` where there is neither.
        kept: cells of the columns that go along.
    """

    name: str
    row: int | None = None
    kept: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Naming:
    """How the columns of a table are called, and which of them go along.

    Attributes:
        path: column of the paths; None finds it by its name.
        image: column of the pictures' bytes; None finds it by its name.
        keep: columns that are kept beside the results.
    """

    path: str | None = None
    image: str | None = None
    keep: tuple[str, ...] = ()


class Source(ABC):
    """A data set's pictures.

    Attributes:
        kind: `folder`, `csv` or `parquet`.
        place: where it is.
        root: what the paths are relative to.
        image: column of a Parquet file that holds the pictures; None where they are files.
    """

    kind: str
    place: Place
    root: Place
    image: str | None = None

    @abstractmethod
    def inputs(self, *, skip: Place) -> Iterator[Input]:
        """Every picture, always in the same order.

        Args:
            skip: a folder that is passed over: that of the results.

        Raises:
            DatasetError: a folder cannot be searched, or a table is damaged.
        """

    @abstractmethod
    def fingerprint(self) -> str | None:
        """Changes with the table; None for a folder."""

    def to_dict(self) -> dict[str, Any]:
        """For the manifest."""
        told = {"kind": self.kind, "place": self.place.address, "images": self.root.address, "image_column": self.image}
        return {**told, "sha256": self.fingerprint()}


def open_source(text: str | os.PathLike[str], *, images: str | None = None, naming: Naming | None = None) -> Source:
    """The data set at a path or address.

    Args:
        text: a folder, which is searched with all below it, or a CSV or Parquet file.
        images: folder that the paths in a table are relative to; None is the table's own.
        naming: of a table's columns.

    Raises:
        DatasetError: nothing usable is there.
        MissingExtraError: pyarrow or fsspec is needed and not installed.
    """
    from mien.dataset.place import open_place
    from mien.dataset.source_csv import CsvSource
    from mien.dataset.source_parquet import ParquetSource

    place, naming = open_place(text), naming or Naming()
    kind = place.kind()
    if kind is None:
        raise DatasetError(f"{place.text}: no such file or folder; name a folder of pictures, a CSV or a Parquet file")
    if kind == "folder":
        if naming != Naming() or images is not None:
            raise DatasetError(f"{place.text} is a folder, which has no columns; they are for CSV and Parquet files")
        return FolderSource(place)
    root = place.parent() if images is None else open_place(images)
    try:
        with place.open() as stream:
            is_parquet = stream.read(4) == b"PAR1"
    except OSError as error:
        raise DatasetError(f"{place.text} cannot be read: {error.strerror or error}") from error
    return (ParquetSource if is_parquet else CsvSource)(place, root, naming)


class FolderSource(Source):
    """The files with a picture's ending in a folder and below it."""

    kind = "folder"

    def __init__(self, place: Place) -> None:
        self.place = self.root = place

    def inputs(self, *, skip: Place) -> Iterator[Input]:
        """Every picture, always in the same order."""
        for name in self.place.walk(skip=skip):
            if PurePosixPath(name).suffix.lower() in ENDINGS:
                yield Input(name)

    def fingerprint(self) -> str | None:
        """None: files may come and go, and the list is made once."""
        return None


def find_column(place: Place, names: Sequence[str], wanted: str, asked: str | None) -> str | None:
    """A table's column, ignoring letter case, spaces and underscores; None where there is none.

    Args:
        place: of the table.
        names: of its columns.
        wanted: what Mien calls the column.
        asked: the name that it has here, which then must be there.

    Raises:
        DatasetError: several columns have the name, or none has the one asked for.
    """
    if asked is not None:
        if asked not in names:
            raise DatasetError(f"{place.text} has no column {asked!r}; its columns: {', '.join(names)}")
        return asked
    found = [name for name in names if fold(name) == fold(wanted)]
    if len(found) > 1:
        raise DatasetError(
            f"{place.text}: columns {' and '.join(map(repr, found))} both read as {wanted}; "
            f"choose one with --column {wanted}=NAME"
        )
    return found[0] if found else None
