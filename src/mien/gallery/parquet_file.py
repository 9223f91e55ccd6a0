"""A gallery as a Parquet file, one row a template: for backups, for other tools, and for other galleries."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from mien.errors import DatasetError, MissingExtraError
from mien.gallery.store import Store
from mien.media.atomic import PartialFile, output_errors
from mien.media.paths import is_file
from mien.models.embedding import DIMENSIONS

FORMAT: Final = "mien gallery 1"
_KEY: Final = b"mien"
_ROWS: Final = 10_000  # templates in memory at once
COLUMNS: Final = (
    "person_id",
    "name",
    "notes",
    "consent",
    "person_created_at",
    "model",
    "model_sha256",
    "vector",
    "quality",
    "photo",
    "photo_sha256",
    "created_at",
    "crop",
    "crop_keypoints",
)
_SELECT: Final = """
SELECT template.number, person.id, person.name, person.notes, person.consent, person.created_at, model.name,
    model.sha256, template.vector, template.quality, template.photo, template.photo_sha256, template.created_at,
    crop.jpeg, crop.keypoints
FROM template
JOIN person ON template.person = person.number
JOIN model ON template.model = model.number
LEFT JOIN crop ON crop.template = template.number
WHERE template.number > ? ORDER BY template.number LIMIT ?
"""


def write(store: Store, path: Path) -> int:
    """Write all templates, whole or not at all.

    Args:
        store: of the gallery.
        path: of the file.

    Returns:
        How many there were.

    Raises:
        OutputError: the file cannot be written.
        MissingExtraError: pyarrow is not installed.
    """
    pyarrow, parquet = _pyarrow(f"writing {path}")
    schema = _schema(pyarrow)
    partial = PartialFile(path)
    count = 0
    try:
        with (
            output_errors(path),
            store.database.reading(),
            parquet.ParquetWriter(partial.path, schema, compression="zstd") as writer,
        ):
            last = 0
            while rows := store.database.rows(_SELECT, last, _ROWS):
                last = rows[-1][0]
                columns = dict(zip(COLUMNS, list(zip(*rows, strict=True))[1:], strict=True))
                vectors = np.stack([store.database.decode(vector) for vector in columns.pop("vector")])
                arrays: dict[str, Any] = {
                    name: pyarrow.array(values, schema.field(name).type) for name, values in columns.items()
                }
                arrays["vector"] = pyarrow.FixedSizeListArray.from_arrays(
                    pyarrow.array(vectors.ravel(), pyarrow.float32()), DIMENSIONS
                )
                writer.write_table(pyarrow.table([arrays[name] for name in COLUMNS], schema=schema))
                count += len(rows)
        partial.finish()
    finally:
        partial.discard()
    return count


def read(path: Path) -> Iterator[dict[str, Any]]:
    """The rows of a file, each with the values of `COLUMNS`; `vector` is (d,) float32.

    Raises:
        DatasetError: there is no such file, it is damaged, or it is no gallery.
        MissingExtraError: pyarrow is not installed.
    """
    pyarrow, parquet = _pyarrow(f"reading {path}")
    if not is_file(path):
        raise DatasetError(f"no file at {path}; name one that `mien gallery export` wrote")
    try:
        with parquet.ParquetFile(path) as file:
            if (file.schema_arrow.metadata or {}).get(_KEY) != FORMAT.encode():
                raise DatasetError(
                    f"{path} is a Parquet file, but not of a gallery; `mien gallery export` writes those"
                )
            if not file.schema_arrow.equals(_schema(pyarrow)):
                raise DatasetError(f"{path} has other columns than a gallery's; export it again")
            for batch in file.iter_batches(batch_size=_ROWS):
                vectors = np.asarray(batch.column("vector").flatten(), np.float32).reshape(-1, DIMENSIONS)
                others = batch.drop_columns(["vector"]).to_pylist()
                for row, vector in zip(others, vectors, strict=True):
                    yield row | {"vector": vector}
    except (pyarrow.ArrowException, OSError) as error:
        raise DatasetError(f"{path} is no Parquet file, or damaged: {error}") from error


def keypoints_of(value: bytes) -> NDArray[np.float32]:
    """(5, 2) from the column `crop_keypoints`."""
    return np.frombuffer(value, "<f4").reshape(5, 2).astype(np.float32)


def _schema(pyarrow: Any) -> Any:
    text, binary = pyarrow.string(), pyarrow.binary()
    kinds = dict.fromkeys(COLUMNS, text) | {
        "vector": pyarrow.list_(pyarrow.float32(), DIMENSIONS),
        "quality": pyarrow.float64(),
        "crop": binary,
        "crop_keypoints": binary,
    }
    optional = ("name", "notes", "consent", "quality", "crop", "crop_keypoints")
    fields = [pyarrow.field(name, kind, nullable=name in optional) for name, kind in kinds.items()]
    return pyarrow.schema(fields, metadata={_KEY: FORMAT})


def _pyarrow(purpose: str) -> tuple[Any, Any]:
    try:
        import pyarrow
        import pyarrow.parquet
    except ImportError as error:
        raise MissingExtraError("pyarrow", "data", purpose) from error
    return pyarrow, pyarrow.parquet
