"""A CSV file of paths as a data set, read line by line."""

from __future__ import annotations

import csv
import hashlib
import io
from collections.abc import Iterator
from typing import Final

from mien.dataset.place import Place
from mien.dataset.source import NO_FILE, Input, Naming, Source, find_column
from mien.errors import DatasetError

_SEPARATORS: Final = ",;\t"
_BLOCK: Final = 1 << 20  # bytes


class CsvSource(Source):
    """The files that a column of paths names.

    Args:
        place: of the table.
        root: what its paths are relative to.
        naming: of its columns.

    Raises:
        DatasetError: it is no CSV in UTF-8, or has no column of paths or not one that is to be kept.
    """

    kind = "csv"

    def __init__(self, place: Place, root: Place, naming: Naming) -> None:
        self.place, self.root = place, root
        names = next(self._lines(), None)
        if names is None:
            raise DatasetError(f"{place.text} is empty; its first line must name the columns")
        path = find_column(place, names, "path", naming.path)
        if path is None:
            raise DatasetError(
                f"{place.text} has no column path; its columns: {', '.join(names)}; name it with --column path=NAME"
            )
        self._width = len(names)
        self._path = names.index(path)
        self._kept = [names.index(find_column(place, names, name, name) or name) for name in naming.keep]

    def inputs(self, *, skip: Place) -> Iterator[Input]:
        """Every picture, always in the same order."""
        lines = self._lines()
        next(lines)
        for number, line in enumerate(lines, start=1):
            if len(line) != self._width:
                raise DatasetError(
                    f"{self.place.text}: row {number} has {len(line)} cells and the header {self._width}; "
                    "put cells that hold a comma in quotes"
                )
            path, kept = line[self._path], tuple(line[place] for place in self._kept)
            yield Input(path, None, kept) if path else Input(f"row {number}", NO_FILE, kept)

    def fingerprint(self) -> str | None:
        """Of the whole file."""
        digest = hashlib.sha256()
        with self.place.open() as stream:
            while block := stream.read(_BLOCK):
                digest.update(block)
        return digest.hexdigest()

    def _lines(self) -> Iterator[list[str]]:
        try:
            with self.place.open() as stream:
                header = stream.readline(_BLOCK).decode("utf-8-sig")
            with self.place.open() as stream:
                text = io.TextIOWrapper(stream, encoding="utf-8-sig", newline="")
                separator = max(_SEPARATORS, key=header.count)
                for line in csv.reader(text, delimiter=separator, strict=True):
                    if line:
                        yield [cell.strip() for cell in line]
        except (UnicodeDecodeError, csv.Error) as error:
            raise DatasetError(f"{self.place.text} is neither Parquet nor CSV in UTF-8: {error}") from error
        except OSError as error:
            raise DatasetError(f"{self.place.text} cannot be read: {error.strerror or error}") from error
