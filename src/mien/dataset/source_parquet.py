"""A Parquet file as a data set: of paths, or with the pictures inside."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from typing import Any, Final

from mien.dataset.arrow import arrow, opened
from mien.dataset.place import Place
from mien.dataset.source import NO_FILE, Input, Naming, Source, find_column
from mien.errors import DatasetError

_NAMES_AT_ONCE: Final = 4096  # rows
_PICTURES_AT_ONCE: Final = 16  # rows; what a reader holds in memory
_BUFFER: Final = 1 << 20  # bytes: columns are read in pieces, whatever the size of their groups of rows
_BYTES: Final = "bytes"  # of Hugging Face's Image feature, a struct of bytes and path


class ParquetSource(Source):
    """The pictures in a column `image`, or the files that a column `path` names.

    Args:
        place: of the table.
        root: what its paths are relative to.
        naming: of its columns.

    Raises:
        DatasetError: it is damaged, or lacks columns.
    """

    kind = "parquet"

    def __init__(self, place: Place, root: Place, naming: Naming) -> None:
        self.place, self.root = place, root
        with opened(place) as file:
            schema = file.schema_arrow
        names = list(schema.names)
        self.image = find_column(place, names, "image", naming.image)
        self._path = find_column(place, names, "path", naming.path)
        if self.image is not None and not _holds_bytes(schema.field(self.image).type):
            if naming.image is not None or self._path is None:
                raise DatasetError(
                    f"{place.text}: column {self.image} holds {schema.field(self.image).type}, wanted the bytes of "
                    "image files; name the right column with --column image=NAME, or one of paths with path=NAME"
                )
            self.image = None
        if self.image is None and self._path is None:
            raise DatasetError(
                f"{place.text} has neither a column path nor one called image; its columns: {', '.join(names)}; "
                "name one with --column path=NAME or image=NAME"
            )
        self._kept = [find_column(place, names, name, name) or name for name in naming.keep]

    def inputs(self, *, skip: Place) -> Iterator[Input]:
        """Every picture, always in the same order."""
        columns = [*([self._path] if self._path else []), *self._kept]
        row = 0
        with opened(self.place, buffer_size=_BUFFER) as file:
            if not columns:
                for row in range(file.metadata.num_rows):
                    yield Input(f"row {row + 1}", row)
                return
            for batch in file.iter_batches(_NAMES_AT_ONCE, columns=columns):
                cells = [[_text(cell) for cell in batch.column(name).to_pylist()] for name in columns]
                for line in zip(*cells, strict=True):
                    yield self._input(row, line)
                    row += 1

    def _input(self, row: int, line: Sequence[str]) -> Input:
        path, kept = (line[0], line[1:]) if self._path else ("", line)
        if self.image is not None:
            return Input(path or f"row {row + 1}", row, tuple(kept))
        return Input(path, None, tuple(kept)) if path else Input(f"row {row + 1}", NO_FILE, tuple(kept))

    def fingerprint(self) -> str | None:
        """Of the footer, which says where and how large everything is."""
        with opened(self.place) as file:
            return hashlib.sha256(str(file.metadata.to_dict()).encode()).hexdigest()


def pictures(place: Place, column: str, rows: Sequence[int]) -> Iterator[bytes | None]:
    """The bytes of some pictures in a Parquet file, a few at a time; None for an empty cell.

    Args:
        place: of the file.
        column: of the pictures.
        rows: rising.

    Raises:
        DatasetError: the file cannot be read.
    """
    with opened(place, buffer_size=_BUFFER) as file:
        struct = arrow().types.is_struct(file.schema_arrow.field(column).type)
        wanted, start = list(rows), 0
        for group in range(file.num_row_groups):
            end = start + file.metadata.row_group(group).num_rows
            if wanted and wanted[0] < end:  # groups with no wanted row are never read
                batches = file.iter_batches(
                    _PICTURES_AT_ONCE, row_groups=[group], columns=[f"{column}.{_BYTES}" if struct else column]
                )
                for batch in batches:
                    while wanted and wanted[0] < start + batch.num_rows:
                        cell = batch.column(0)[wanted.pop(0) - start].as_py()
                        yield cell[_BYTES] if struct and cell is not None else cell
                    start += batch.num_rows
                    if not wanted:
                        return
            start = end


def _holds_bytes(kind: Any) -> bool:
    types = arrow().types
    if types.is_struct(kind):
        return any(field.name == _BYTES and _holds_bytes(field.type) for field in kind)
    return bool(types.is_binary(kind) or types.is_large_binary(kind))


def _text(value: Any) -> str:
    empty = value is None or value != value  # NaN is how pandas writes an empty number
    return "" if empty else str(value).strip()
