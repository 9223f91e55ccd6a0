"""The two kinds of table file, read alike: cells as text by column, images by row."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, Protocol

from mien.errors import DatasetError, MissingExtraError
from mien.evaluate.labels import fold
from mien.media.paths import is_file

_PARQUET_MAGIC: Final = b"PAR1"
_SEPARATORS: Final = ",;\t"
_IMAGES_AT_ONCE: Final = 256


class ManifestFile(Protocol):
    """A table on disk."""

    names: list[str]
    """Its columns."""
    rows: int
    has_images: bool
    """Whether the images are in the file; else a column has their paths."""

    def column(self, name: str) -> list[str]:
        """The cells of a column, outer spaces cut off; empty ones are `""`."""

    def images(self, rows: Sequence[int]) -> Iterator[bytes | None]:
        """The encoded images of some rows, which rise; `None` for an empty cell."""


def open_manifest(path: Path, *, what: str = "manifest", images: bool = True) -> ManifestFile:
    """A table's file, its kind told by its content.

    Args:
        path: of the file.
        what: it holds, for messages.
        images: whether a column `image` is one of encoded images, to be checked; else it is one like any other.

    Raises:
        DatasetError: there is no such file, or it is neither CSV nor Parquet, or it has no rows.
        MissingExtraError: it is Parquet and pyarrow is not installed.
    """
    if not is_file(path):
        raise DatasetError(f"no {what} at {path}; name a CSV or Parquet file")
    try:
        with path.open("rb") as file:
            is_parquet = file.read(len(_PARQUET_MAGIC)) == _PARQUET_MAGIC
        table: ManifestFile = _ParquetFile(path, images) if is_parquet else _CsvFile(path)
    except OSError as error:
        raise DatasetError(f"{path} cannot be read: {error.strerror or error}") from error
    if table.rows == 0:
        raise DatasetError(f"{path} has a header but no rows")
    return table


def find_column(file: ManifestFile, path: Path, name: str, *, option: str) -> str | None:
    """The column of a name, ignoring letter case, spaces and underscores; `None` where there is none.

    Args:
        file: the table.
        path: of the table.
        name: of the column.
        option: of the command line by which one of several columns is chosen.

    Raises:
        DatasetError: several columns have it.
    """
    matches = [there for there in file.names if fold(there) == fold(name)]
    if len(matches) > 1:
        raise DatasetError(
            f"{path}: columns {' and '.join(map(repr, matches))} both read as {name}; choose one with {option}"
        )
    return matches[0] if matches else None


def known_columns(file: ManifestFile) -> str:
    """A table's columns, for messages."""
    return f"its columns: {', '.join(file.names)}"


class _CsvFile:
    has_images = False

    def __init__(self, path: Path) -> None:
        try:
            with path.open(encoding="utf-8-sig", newline="") as file:
                header = file.readline()
                file.seek(0)
                separator = max(_SEPARATORS, key=header.count)
                reader = csv.reader(file, delimiter=separator, strict=True)
                lines = [[cell.strip() for cell in line] for line in reader if line]
        except (UnicodeDecodeError, csv.Error) as error:
            raise DatasetError(f"{path} is neither Parquet nor CSV in UTF-8: {error}") from error
        if not lines:
            raise DatasetError(f"{path} is empty; its first line must name the columns")
        self.names, *self._cells = lines
        self.rows = len(self._cells)
        for number, line in enumerate(self._cells, start=1):
            if len(line) != len(self.names):
                raise DatasetError(
                    f"{path}: row {number} has {len(line)} cells and the header {len(self.names)}; "
                    "put cells that hold a comma in quotes"
                )

    def column(self, name: str) -> list[str]:
        place = self.names.index(name)
        return [line[place] for line in self._cells]

    def images(self, rows: Sequence[int]) -> Iterator[bytes | None]:
        raise DatasetError("a CSV file holds no images; name them in a column `path`")


class _ParquetFile:
    def __init__(self, path: Path, images: bool) -> None:
        try:
            import pyarrow
            import pyarrow.parquet
        except ImportError as error:
            raise MissingExtraError("pyarrow", "data", f"reading {path}") from error
        self._path = path
        self._damage = (pyarrow.ArrowException, OSError, UnicodeDecodeError)
        with self._told():
            self._file = pyarrow.parquet.ParquetFile(path)
        schema = self._file.schema_arrow
        self.names, self.rows = list(schema.names), self._file.metadata.num_rows
        self._image_column = next((name for name in self.names if images and fold(name) == "image"), None)
        self.has_images = self._image_column is not None
        if self._image_column is not None:
            kind = schema.field(self._image_column).type
            if not (pyarrow.types.is_binary(kind) or pyarrow.types.is_large_binary(kind)):
                raise DatasetError(f"{path}: column {self._image_column} holds {kind}, wanted the bytes of image files")

    def column(self, name: str) -> list[str]:
        with self._told():
            return [_text(value) for value in self._file.read(columns=[name])[name].to_pylist()]

    def images(self, rows: Sequence[int]) -> Iterator[bytes | None]:
        with self._told():
            yield from self._images(rows)

    @contextmanager
    def _told(self) -> Iterator[None]:
        """What pyarrow raises on damaged pages, which it comes upon only when they are read."""
        try:
            yield
        except self._damage as error:
            raise DatasetError(f"{self._path} is a damaged Parquet file: {error}") from error

    def _images(self, rows: Sequence[int]) -> Iterator[bytes | None]:
        wanted = iter(rows)
        row = next(wanted, None)
        start = 0
        for group in range(self._file.num_row_groups):
            end = start + self._file.metadata.row_group(group).num_rows
            if row is not None and row < end:  # groups with no wanted row are never read
                batches = self._file.iter_batches(
                    batch_size=_IMAGES_AT_ONCE, row_groups=[group], columns=[self._image_column]
                )
                for batch in batches:
                    while row is not None and row < start + batch.num_rows:
                        yield batch.column(0)[row - start].as_py()
                        row = next(wanted, None)
                    start += batch.num_rows
            start = end


def _text(value: Any) -> str:
    empty = value is None or value != value  # NaN is how pandas writes an empty number
    return "" if empty else str(value).strip()
