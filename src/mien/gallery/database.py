"""What a gallery asks of its database; the statements themselves are the same for all and stand in `store.py`."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray


class Neighbour(NamedTuple):
    """A template that is alike a probe.

    Attributes:
        template: its number.
        person: the number of whose it is.
        similarity: cosine, of the whole vectors.
    """

    template: int
    person: int
    similarity: float


@dataclass(frozen=True)
class Nearest:
    """What was found.

    Attributes:
        neighbours: the best first.
        compared: how many templates the probe was compared with.
    """

    neighbours: Sequence[Neighbour]
    compared: int


class Database(ABC):
    """One gallery's tables. Statements have `?` for values; all methods may be called from any thread.

    Every method raises `GalleryUnavailableError` where the database is read-only, locked, full or gone, and
    `GalleryDamagedError` where what it holds cannot be read.
    """

    @property
    @abstractmethod
    def place(self) -> str:
        """Where the gallery is, without a password; for people to read."""

    @abstractmethod
    def writing(self) -> AbstractContextManager[None]:
        """One transaction, with no other writer beside it in any process; all of it is kept, or nothing."""

    @abstractmethod
    def reading(self) -> AbstractContextManager[None]:
        """One state of the gallery for all that is read, whoever writes meanwhile."""

    @abstractmethod
    def rows(self, statement: str, *values: Any) -> list[tuple[Any, ...]]:
        """What a statement gives."""

    @abstractmethod
    def run(self, statement: str, *values: Any) -> int:
        """How many rows a statement changed."""

    @abstractmethod
    def run_many(self, statement: str, values: Iterable[Sequence[Any]]) -> None:
        """The same statement again and again."""

    @abstractmethod
    def encode(self, vector: NDArray[np.float32]) -> Any:
        """(d,) as the database takes it."""

    @abstractmethod
    def decode(self, value: Any) -> NDArray[np.float32]:
        """(d,) as it was."""

    @abstractmethod
    def nearest(self, probe: NDArray[np.float32], count: int) -> Nearest:
        """The templates most alike a probe, best first.

        Args:
            probe: (d,) with L2 norm 1.
            count: how many at most.
        """

    @abstractmethod
    def erase(self) -> str:
        """Sees to it that nothing is left outside the tables of what was removed from them; after the transaction.

        Returns:
            Where something may be left all the same; empty where nothing is.
        """

    @abstractmethod
    def prepare(self) -> None:
        """Builds now what the next search would have to."""

    @abstractmethod
    def close(self) -> None:
        """Gives everything back; the next call opens it again."""
