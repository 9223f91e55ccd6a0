"""The vectors in a gallery's table, by number or in order."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from mien.gallery.database import Database
from mien.models.embedding import DIMENSIONS

_AT_ONCE: Final = 20_000  # rows in memory as Python objects
_IN_STATEMENT: Final = 500  # SQLite takes 999 values at most in older versions


class VectorRows:
    """Reads them.

    Args:
        database: of the gallery.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def of(self, numbers: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
        """The numbers (k,) of those that are there, in no order, and their vectors (k, d)."""
        rows: list[tuple[Any, ...]] = []
        for start in range(0, len(numbers), _IN_STATEMENT):
            part = numbers[start : start + _IN_STATEMENT].tolist()
            marks = ", ".join("?" * len(part))
            rows += self._database.rows(f"SELECT number, vector FROM template WHERE number IN ({marks})", *part)
        return np.array([row[0] for row in rows], np.int64), self._decoded(row[1] for row in rows)

    def people(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """The numbers (n,) of all templates, rising, and whose they are (n,)."""
        parts = [np.empty((0, 2), np.int64)]
        last = 0
        while rows := self._database.rows(
            "SELECT number, person FROM template WHERE number > ? ORDER BY number LIMIT ?", last, _AT_ONCE
        ):
            parts.append(np.array(rows, np.int64))
            last = rows[-1][0]
        numbers, people = np.concatenate(parts).T.copy()
        return numbers, people

    def after(self, last: int) -> Iterator[tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float32]]]:
        """Numbers (k,), people (k,) and vectors (k, d) of the templates after one, some thousands at a time."""
        while rows := self._database.rows(
            "SELECT number, person, vector FROM template WHERE number > ? ORDER BY number LIMIT ?", last, _AT_ONCE
        ):
            numbers, people, vectors = zip(*rows, strict=True)
            last = numbers[-1]
            yield np.array(numbers, np.int64), np.array(people, np.int64), self._decoded(vectors)

    def _decoded(self, values: Iterable[Any]) -> NDArray[np.float32]:
        vectors = [self._database.decode(value) for value in values]
        return np.stack(vectors) if vectors else np.empty((0, DIMENSIONS), np.float32)
