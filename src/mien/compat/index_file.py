"""`IndexFile`: what is known of the photos in a folder, in an SQLite file named `.mien-index`.

It holds nothing that cannot be computed again, so that one that is damaged is made anew. Several processes may use it
at once. Photos are kept by the way in which they were looked at: other networks find other things in them.
"""

from __future__ import annotations

import hashlib
import logging
import os
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Self
from urllib.parse import quote

import numpy as np
from numpy.typing import NDArray

from mien.errors import GalleryDamagedError, GalleryUnavailableError
from mien.gallery.sqlite_errors import sqlite_errors
from mien.media.atomic import make_folder
from mien.models import weights
from mien.models.embedding import DIMENSIONS

NAME: Final = ".mien-index"
_APPLICATION_ID: Final = 0x6D696478  # "midx"
_VERSION: Final = 1
_BUSY_S: Final = 30.0  # to wait for another process that writes, which takes milliseconds
_STORED: Final = np.dtype("<f4")
_LENGTH: Final = 1e-3  # by how much a vector's length may differ from 1
_TABLES: Final = """
CREATE TABLE way (number INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);
CREATE TABLE photo (
    number INTEGER PRIMARY KEY,
    way INTEGER NOT NULL REFERENCES way (number),
    path BLOB NOT NULL,
    size INTEGER NOT NULL,
    mtime_ns INTEGER NOT NULL,
    sha256 TEXT NOT NULL,
    problem TEXT NOT NULL,
    UNIQUE (way, path)
);
CREATE TABLE face (
    photo INTEGER NOT NULL REFERENCES photo (number) ON DELETE CASCADE,
    x INTEGER NOT NULL,
    y INTEGER NOT NULL,
    w INTEGER NOT NULL,
    h INTEGER NOT NULL,
    vector BLOB NOT NULL
);
CREATE INDEX face_photo ON face (photo);
"""
_LOG: Final = logging.getLogger("mien.compat")


@dataclass(frozen=True, kw_only=True)
class State:
    """What tells that a file has changed."""

    size: int
    mtime_ns: int


@dataclass(frozen=True, kw_only=True, eq=False)
class IndexedPhoto:
    """A photo as it was looked at.

    Attributes:
        path: relative to the folder.
        state: of its file.
        sha256: of its file; empty where it could not be read.
        problem: why there is nothing to be found in it, else empty.
        boxes: (n, 4) pixels x, y, w, h of its faces.
        vectors: (n, d) their embeddings, with L2 norm 1.
    """

    path: str
    state: State
    sha256: str
    problem: str
    boxes: NDArray[np.int64]
    vectors: NDArray[np.float32]


class IndexFile:
    """The file; open until it is closed.

    Args:
        path: of the file; made where it is not there.
        way: in which photos are looked at.

    Raises:
        GalleryUnavailableError: it cannot be opened or made.
    """

    def __init__(self, path: Path, way: str) -> None:
        self.path, self._way_name = path, way
        self._connected: sqlite3.Connection | None = None
        self._file: tuple[int, int] | None = None
        try:
            self._open()
        except GalleryDamagedError as error:
            self.rebuild(error)
        except BaseException:
            self.close()
            raise

    def rebuild(self, why: GalleryDamagedError) -> None:
        """Begin anew with an empty file, in the place of one that is damaged.

        Raises:
            GalleryUnavailableError: it cannot be replaced.
        """
        self.close()
        if self._file == _file(self.path):  # else another process has made it anew already
            _LOG.warning("%s cannot be used, and is made anew: %s", self.path, why.__cause__ or why)
            try:
                for ending in ("-journal", ""):
                    Path(f"{self.path}{ending}").unlink(missing_ok=True)
            except OSError as error:
                raise GalleryUnavailableError(
                    f"{self.path} is damaged and cannot be deleted ({error.strerror}); delete it yourself"
                ) from error
        self._open()

    def states(self) -> dict[str, State]:
        """Path → state of every photo."""
        rows = self._rows("SELECT path, size, mtime_ns FROM photo WHERE way = ?", self._way)
        return {os.fsdecode(path): State(size=size, mtime_ns=mtime_ns) for path, size, mtime_ns in rows}

    def known(self, path: str, state: State) -> bool:
        """Whether another process has put in this very state of a photo meanwhile."""
        return bool(
            self._rows(
                "SELECT 1 FROM photo WHERE way = ? AND path = ? AND size = ? AND mtime_ns = ?",
                self._way,
                os.fsencode(path),
                state.size,
                state.mtime_ns,
            )
        )

    def put(self, photos: Sequence[IndexedPhoto]) -> None:
        """Add photos, or replace what was known of them; all or none.

        Raises:
            GalleryUnavailableError: the file cannot be written.
        """
        with self._writing():
            for photo in photos:
                path = os.fsencode(photo.path)
                self._connection.execute("DELETE FROM photo WHERE way = ? AND path = ?", (self._way, path))
                values = (self._way, path, photo.state.size, photo.state.mtime_ns, photo.sha256, photo.problem)
                row = self._connection.execute(
                    "INSERT INTO photo (way, path, size, mtime_ns, sha256, problem) VALUES (?, ?, ?, ?, ?, ?) "
                    "RETURNING number",
                    values,
                ).fetchone()
                for box, vector in zip(photo.boxes.tolist(), photo.vectors, strict=True):
                    face = (row[0], *box, vector.astype(_STORED).tobytes())
                    self._connection.execute("INSERT INTO face VALUES (?, ?, ?, ?, ?, ?)", face)

    def drop(self, paths: Sequence[str]) -> None:
        """Forget photos."""
        with self._writing():
            self._connection.executemany(
                "DELETE FROM photo WHERE way = ? AND path = ?", [(self._way, os.fsencode(path)) for path in paths]
            )

    def faces(self) -> tuple[list[str], list[str], NDArray[np.int64], NDArray[np.float32]]:
        """All faces, in the order of the paths.

        Returns:
            n paths, n sha256, (n, 4) boxes and (n, d) vectors.

        Raises:
            GalleryDamagedError: a vector is none.
        """
        rows = self._rows(
            "SELECT path, sha256, x, y, w, h, vector FROM photo JOIN face ON face.photo = photo.number "
            "WHERE way = ? ORDER BY path, face.rowid",
            self._way,
        )
        vectors = np.empty((len(rows), DIMENSIONS), np.float32)
        for place, row in enumerate(rows):
            if len(row[6]) != DIMENSIONS * _STORED.itemsize:
                raise GalleryDamagedError(f"{self.path} is damaged: an embedding has {len(row[6])} bytes")
            vectors[place] = np.frombuffer(row[6], _STORED)
        if not (np.abs(np.linalg.norm(vectors, axis=1) - 1) <= _LENGTH).all():  # NaN is wrong too
            raise GalleryDamagedError(f"{self.path} is damaged: an embedding is not of length 1")
        boxes = np.array([row[2:6] for row in rows], np.int64).reshape(-1, 4)
        return [os.fsdecode(row[0]) for row in rows], [row[1] for row in rows], boxes, vectors

    def close(self) -> None:
        """Give the file back; may be called twice."""
        if self._connected is not None:
            self._connected.close()
            self._connected = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def _connection(self) -> sqlite3.Connection:
        assert self._connected is not None  # closed only at the end
        return self._connected

    def _open(self) -> None:
        with sqlite_errors(str(self.path)):
            self._connected = sqlite3.connect(
                f"file:{quote(str(self.path.absolute()))}?mode=rwc", uri=True, timeout=_BUSY_S, isolation_level=None
            )
            self._file = _file(self.path)
            self._connection.execute("PRAGMA foreign_keys = ON")
            self._connection.execute("PRAGMA secure_delete = ON")  # of photos that are gone nothing is left
            with self._writing():
                self._migrate()
                self._connection.execute("INSERT OR IGNORE INTO way (name) VALUES (?)", (self._way_name,))
                (self._way,) = self._connection.execute(
                    "SELECT number FROM way WHERE name = ?", (self._way_name,)
                ).fetchone()

    def _migrate(self) -> None:
        """Make the tables in an empty file; whatever else is not ours, or of another version, is as good as damaged."""
        (tables,) = self._connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
        if not tables:
            for statement in filter(str.strip, _TABLES.split(";")):
                self._connection.execute(statement)
            self._connection.execute(f"PRAGMA application_id = {_APPLICATION_ID}")
            self._connection.execute(f"PRAGMA user_version = {_VERSION}")
        found = tuple(self._connection.execute(f"PRAGMA {name}").fetchone()[0] for name in _OURS)
        if found != tuple(_OURS.values()):
            raise GalleryDamagedError(f"{self.path} is of another version, or of another program")

    @contextmanager
    def _writing(self) -> Iterator[None]:
        with sqlite_errors(str(self.path)):
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield
                self._connection.execute("COMMIT")
            except BaseException:
                if self._connection.in_transaction:  # a full disk ends it by itself
                    self._connection.execute("ROLLBACK")
                raise

    def _rows(self, statement: str, *values: object) -> list[tuple[Any, ...]]:
        with sqlite_errors(str(self.path)):
            return self._connection.execute(statement, values).fetchall()


_OURS: Final = {"application_id": _APPLICATION_ID, "user_version": _VERSION}


def _file(path: Path) -> tuple[int, int] | None:
    """Which file is at a path; `None` where none is."""
    try:
        facts = path.stat()
    except FileNotFoundError:
        return None
    return facts.st_dev, facts.st_ino


def place_of(folder: Path) -> Path:
    """Where the index of a folder is: in it, or in the cache where the folder cannot be written.

    Raises:
        OutputError: the cache cannot be written either.
    """
    inside = folder / NAME
    if os.access(folder, os.W_OK) and (not inside.exists() or os.access(inside, os.W_OK)):
        return inside
    cache = weights.cache_folder() / "folders"
    make_folder(cache)
    return cache / hashlib.sha256(os.fsencode(folder.resolve())).hexdigest()[:32]
