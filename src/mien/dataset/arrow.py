"""Parquet through pyarrow, which is an extra: tables to bytes and back, and what is said of damaged files."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from mien.dataset.place import Place
from mien.errors import DatasetError, MissingExtraError


def arrow() -> Any:
    """The module `pyarrow`, its part `parquet` loaded.

    Raises:
        MissingExtraError: it is not installed.
    """
    try:
        import pyarrow
        import pyarrow.parquet
    except ImportError as error:
        raise MissingExtraError("pyarrow", "data", "profiling data sets") from error
    return pyarrow


def to_bytes(table: Any, *, told: Mapping[str, str] | None = None) -> bytes:
    """A Parquet file of a pyarrow table, with some words of ours in its footer."""
    pyarrow = arrow()
    sink = pyarrow.BufferOutputStream()
    metadata = {**(table.schema.metadata or {}), **(told or {})}
    pyarrow.parquet.write_table(table.replace_schema_metadata(metadata or None), sink, compression="zstd")
    data: bytes = sink.getvalue().to_pybytes()
    return data


@contextmanager
def opened(place: Place, **options: Any) -> Iterator[Any]:
    """The `pyarrow.parquet.ParquetFile` at a place.

    Args:
        place: of the file.
        options: of `ParquetFile`.

    Raises:
        DatasetError: it is not there, cannot be read, or is no Parquet file or a damaged one.
    """
    with told(place), place.open() as stream:
        yield arrow().parquet.ParquetFile(stream, **options)


@contextmanager
def told(place: Place) -> Iterator[None]:
    """Turn what pyarrow and the system say of a file into a `DatasetError` that names it.

    Raises:
        DatasetError: it cannot be read, or is damaged.
    """
    pyarrow = arrow()
    try:
        yield
    except FileNotFoundError as error:
        raise DatasetError(f"{place.text}: no such file") from error
    except (pyarrow.ArrowException, OSError, UnicodeDecodeError) as error:
        raise DatasetError(f"{place.text} is a damaged Parquet file, or cannot be read: {error}") from error
