"""The vectors of an SQLite gallery, searched in memory: exactly while they are few, else by an index and exactly.

The gallery's counters tell when templates were added or removed, by whatever process; what is new is then read, and
what is gone is dropped, before anything is compared. Of many vectors the older ones are in an `ApproximateIndex`, which
names candidates, whose similarity is computed from the vectors in the gallery; the newest are compared one by one.
Without Faiss all are: slower, and as right.
"""

from __future__ import annotations

from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from mien.errors import GalleryUnavailableError, OutputError
from mien.gallery import approximate_index
from mien.gallery.approximate_index import ApproximateIndex
from mien.gallery.database import Database, Nearest, Neighbour
from mien.gallery.index_file import IndexFile
from mien.gallery.vector_rows import VectorRows
from mien.models.embedding import DIMENSIONS

EXACT_LIMIT: Final = 20_000
"""Vectors that are compared one by one; that takes about a millisecond."""
_CANDIDATES: Final = 64  # of the approximate index, in which the order is nearly the true one
_GROWTH: Final = 2  # times as many vectors as the lists' centres were learned at: they are learned anew
_SEED: Final = 0


@dataclass(frozen=True, kw_only=True, eq=False)
class _State:
    """What is in memory; replaced as a whole.

    Attributes:
        counters: of the gallery when this was read: `changes`, `removals` and `model`; `None` of no gallery.
        numbers: (n,) of all templates, rising.
        people: (n,) whose they are.
        tail: (m, d) vectors of the last m.
        index: of those before.
        kept: whether the index's file holds it.
    """

    counters: tuple[int, int, int | None] | None = None
    numbers: NDArray[np.int64]
    people: NDArray[np.int64]
    tail: NDArray[np.float32]
    index: ApproximateIndex | None = None
    kept: bool = True


_NO_VECTORS: Final = np.empty((0, DIMENSIONS), np.float32)
_NOTHING: Final = _State(numbers=np.empty(0, np.int64), people=np.empty(0, np.int64), tail=_NO_VECTORS)


class MemoryIndex:
    """Searches a gallery's templates.

    Args:
        database: with the tables of `sqlite_schema`.
        path: of its file; the index is kept beside it.
        lock: the database's.
    """

    def __init__(self, database: Database, path: Path, lock: AbstractContextManager[Any]) -> None:
        self._database = database
        self._rows = VectorRows(database)
        self._file = IndexFile(database, Path(f"{path}-index"))
        self._lock = lock
        self._state = _NOTHING

    def reset(self) -> None:
        """Forgets all that was read, as after a transaction that was taken back."""
        self._state = _NOTHING

    def nearest(self, probe: NDArray[np.float32], count: int) -> Nearest:
        """As of `Database`."""
        state = self.refresh()
        similarities = state.tail @ probe
        best = np.argsort(-similarities)[:count] if len(similarities) <= count else _largest(similarities, count)
        places = best + (len(state.numbers) - len(state.tail))
        found = list(
            map(Neighbour, state.numbers[places].tolist(), state.people[places].tolist(), similarities[best].tolist())
        )
        if state.index is not None:
            found += self._candidates(state, state.index, probe, count)
            found.sort(key=lambda neighbour: -neighbour.similarity)
        return Nearest(found[:count], len(state.numbers))

    def refresh(self) -> _State:
        """What is in memory, brought up to date."""
        (counters,) = self._database.rows("SELECT changes, removals, model FROM gallery")
        if self._state.counters == counters:
            return self._state
        with self._lock:
            with self._database.reading():
                state = self._read()
            if state.index is not None and not state.kept:
                self._keep(state.index)
            self._state = replace(state, kept=True)
            return self._state

    def erase(self) -> None:
        """Nothing of templates that are gone is left in memory and in the index's file.

        Raises:
            OutputError: the file cannot be written or deleted.
        """
        index = self.refresh().index
        if index is not None:
            self._file.write(index)
        elif self._file.exists():
            self._file.remove()

    def _candidates(
        self, state: _State, index: ApproximateIndex, probe: NDArray[np.float32], count: int
    ) -> list[Neighbour]:
        # Those that were removed a moment ago are not there any more.
        numbers, vectors = self._rows.of(index.candidates(probe, max(_CANDIDATES, count)))
        people = state.people[np.searchsorted(state.numbers, numbers)]
        return list(map(Neighbour, numbers.tolist(), people.tolist(), (vectors @ probe).tolist()))

    def _read(self) -> _State:
        """What is in the gallery, with as little of it read as can be."""
        (counters,) = self._database.rows("SELECT changes, removals, model FROM gallery")
        state = self._state
        _, removals, model = state.counters or (None, None, None)
        if (removals, model) == counters[1:]:
            state = self._with_added(state)
        else:
            state = self._read_anew(state.index if model == counters[2] else None)
        return replace(self._indexed(state), counters=counters)

    def _with_added(self, state: _State) -> _State:
        last = int(state.numbers[-1]) if len(state.numbers) else 0
        parts = list(self._rows.after(last))
        return replace(
            state,
            numbers=np.concatenate([state.numbers, *(numbers for numbers, _, _ in parts)]),
            people=np.concatenate([state.people, *(people for _, people, _ in parts)]),
            tail=np.concatenate([state.tail, *(vectors for _, _, vectors in parts)]),
        )

    def _read_anew(self, index: ApproximateIndex | None) -> _State:
        """From the tables; the vectors of those in an index stay there."""
        numbers, people = self._rows.people()
        if len(numbers) <= EXACT_LIMIT or not approximate_index.is_installed():
            return self._with_added(_NOTHING)
        index = index or self._file.read()
        index = None if index is None else index.only(numbers)
        kept = index is not None
        if index is None or not np.array_equal(index.numbers, numbers[: len(index)]):
            index, kept = self._build(numbers), False
        covered = _State(
            numbers=numbers[: len(index)], people=people[: len(index)], tail=_NO_VECTORS, index=index, kept=kept
        )
        return self._with_added(covered)

    def _indexed(self, state: _State) -> _State:
        """With an index that holds all but the newest."""
        if len(state.tail) <= EXACT_LIMIT or not approximate_index.is_installed():
            return state
        if state.index is None or len(state.numbers) > _GROWTH * state.index.learned_at:
            index = self._build(state.numbers)
        else:
            index = state.index.added(state.numbers[-len(state.tail) :], state.tail)
        return replace(state, index=index, tail=_NO_VECTORS, kept=False)

    def _build(self, numbers: NDArray[np.int64]) -> ApproximateIndex:
        size = min(approximate_index.SAMPLE, len(numbers))
        chosen = np.random.default_rng(_SEED).choice(numbers, size, replace=False)
        _, sample = self._rows.of(chosen)
        return ApproximateIndex.build(sample, ((some, vectors) for some, _, vectors in self._rows.after(0)))

    def _keep(self, index: ApproximateIndex) -> None:
        """For the next process; where nothing may be written it makes its own."""
        try:
            self._file.write(index)
        except (OutputError, GalleryUnavailableError):
            return


def _largest(values: NDArray[np.float32], count: int) -> NDArray[np.intp]:
    """Places of the largest values, largest first."""
    some = np.argpartition(values, -count)[-count:]
    return some[np.argsort(-values[some])]
