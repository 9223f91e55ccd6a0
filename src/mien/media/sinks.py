"""Writers of results: JSON, JSON lines, CSV and Parquet, chosen by the file's ending.

Results are written as they come; the file stands under its name only when all are written.
"""

from __future__ import annotations

import contextlib
import csv
import functools
import json
import sys
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

from mien.errors import MissingExtraError, OutputError, UnknownNameError
from mien.faces import row_names
from mien.media.atomic import PartialFile, output_errors
from mien.media.result import Result

STDOUT: Final = "-"
_TEXT_COLUMNS: Final = frozenset(
    ("path", "status", "reason", "quality_reasons", "age_group", "gender", "emotion", "race", "identity", "unsure")
)
_WHOLE_COLUMNS: Final = frozenset(("width", "height", "face", "track_id"))
_ROWS_A_GROUP: Final = 4096  # rows of Parquet kept in memory, a few megabytes


class Sink(ABC):
    """Where results go: `with open_sink(target) as sink: sink.write(result)`."""

    @abstractmethod
    def write(self, result: Result) -> None:
        """Write what became of one picture.

        Raises:
            OutputError: it cannot be written.
        """

    @abstractmethod
    def finish(self) -> None:
        """All results are written."""

    @abstractmethod
    def discard(self) -> None:
        """Give up what was written, where `finish` was not reached; nothing otherwise."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if kind is None:
                self.finish()
        finally:
            self.discard()


def open_sink(target: str) -> Sink:
    """A sink for a file, by its ending, or for standard output (JSON lines) where `target` is `-`.

    Raises:
        UnknownNameError: the ending is none of `.json .jsonl .csv .parquet`.
        OutputError: the file cannot be written.
        MissingExtraError: Parquet needs pyarrow.
    """
    if target == STDOUT:
        return _StdoutSink()
    path = Path(target)
    kind = _FILE_SINKS.get(path.suffix.lower())
    if kind is None:
        raise UnknownNameError("ending of an output file", path.suffix or path.name, _FILE_SINKS)
    return kind(path)


@functools.cache
def columns() -> tuple[str, ...]:
    """Of CSV and Parquet, the same whatever was computed; `face` counts the faces of a picture from 1."""
    return "path", "status", "reason", "width", "height", "face", *row_names()


def rows(result: Result) -> list[dict[str, Any]]:
    """One row a face; one with no face in it for a picture without faces and for a file that could not be read."""
    picture = {name: getattr(result, name) for name in ("path", "status", "reason", "width", "height")}
    faces = [{"face": number, **row} for number, row in enumerate(result.faces.to_rows(), start=1)]
    return [{**dict.fromkeys(columns()), **picture, **face} for face in faces or [{}]]


class _StdoutSink(Sink):
    """Lines on the standard output of the moment this is made, whatever takes its place later."""

    def __init__(self) -> None:
        if sys.stdout is None:
            raise OutputError("standard output: closed; name a file with -o")
        self._stream = sys.stdout

    def write(self, result: Result) -> None:
        with output_errors("standard output"):
            self._stream.write(json.dumps(result.to_dict()) + "\n")
            self._stream.flush()

    def finish(self) -> None:
        """Every line is out already."""

    def discard(self) -> None:
        """Lines that are out cannot be taken back."""


class _TextSink(Sink):
    """A text file that is written in pieces."""

    def __init__(self, path: Path) -> None:
        self._partial = PartialFile(path)
        with _discarded_on_error(self._partial):
            self._stream = self._partial.path.open("w", encoding="utf-8", newline="")
            self._begin()

    def _begin(self) -> None:
        """Write what comes before the first result."""

    def _end(self) -> None:
        """Write what comes after the last result."""

    @abstractmethod
    def _write(self, result: Result) -> None: ...

    def write(self, result: Result) -> None:
        with output_errors(self._partial.target):
            self._write(result)

    def finish(self) -> None:
        with output_errors(self._partial.target):
            self._end()
            self._stream.close()
        self._partial.finish()

    def discard(self) -> None:
        try:
            with contextlib.suppress(OSError):  # a full disk, told already; what did not fit is thrown away here
                self._stream.close()
        finally:
            self._partial.discard()


class _JsonLinesSink(_TextSink):
    def _write(self, result: Result) -> None:
        self._stream.write(json.dumps(result.to_dict(), ensure_ascii=False) + "\n")


class _JsonSink(_TextSink):
    def _begin(self) -> None:
        self._stream.write("[")
        self._separator = "\n"

    def _write(self, result: Result) -> None:
        self._stream.write(self._separator + json.dumps(result.to_dict(), ensure_ascii=False))
        self._separator = ",\n"

    def _end(self) -> None:
        self._stream.write("\n]\n")


class _CsvSink(_TextSink):
    def _begin(self) -> None:
        self._writer = csv.DictWriter(self._stream, columns(), lineterminator="\n")
        self._writer.writeheader()

    def _write(self, result: Result) -> None:
        self._writer.writerows(rows(result))


class _ParquetSink(Sink):
    def __init__(self, path: Path) -> None:
        try:
            import pyarrow
            import pyarrow.parquet
        except ImportError as error:
            raise MissingExtraError("pyarrow", "data", "writing Parquet") from error
        self._table = pyarrow.Table
        self._schema = pyarrow.schema([(name, _parquet_type(pyarrow, name)) for name in columns()])
        self._partial = PartialFile(path)
        with _discarded_on_error(self._partial):
            self._writer = pyarrow.parquet.ParquetWriter(self._partial.path, self._schema)
        self._rows: list[dict[str, Any]] = []

    def write(self, result: Result) -> None:
        self._rows += rows(result)
        if len(self._rows) >= _ROWS_A_GROUP:
            self._flush()

    def _flush(self) -> None:
        with output_errors(self._partial.target):
            self._writer.write_table(self._table.from_pylist(self._rows, schema=self._schema))
        self._rows = []

    def finish(self) -> None:
        self._flush()
        with output_errors(self._partial.target):
            self._writer.close()
        self._partial.finish()

    def discard(self) -> None:
        try:
            with contextlib.suppress(OSError):
                self._writer.close()
        finally:
            self._partial.discard()


@contextlib.contextmanager
def _discarded_on_error(partial: PartialFile) -> Iterator[None]:
    """Where a file cannot even be begun, nothing of it stays."""
    try:
        with output_errors(partial.target):
            yield
    except OutputError:
        partial.discard()
        raise


def _parquet_type(pyarrow: Any, name: str) -> Any:
    if name in _TEXT_COLUMNS:
        return pyarrow.string()
    return pyarrow.int64() if name in _WHOLE_COLUMNS else pyarrow.float64()


_FILE_SINKS: Final[Mapping[str, type[_TextSink] | type[_ParquetSink]]] = {
    ".json": _JsonSink,
    ".jsonl": _JsonLinesSink,
    ".csv": _CsvSink,
    ".parquet": _ParquetSink,
}
