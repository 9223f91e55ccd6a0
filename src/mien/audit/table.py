"""What is audited, as arrays with one row a person."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

UNKNOWN: Final = -1  # the place of a class or group that is not known

Places = NDArray[np.int64]
Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]


@dataclass(frozen=True, kw_only=True)
class Answers:
    """One attribute with classes: what is true and what was predicted of n people.

    Attributes:
        name: of the attribute.
        labels: its classes.
        truth: (n,) places in `labels`, or `UNKNOWN`.
        predicted: the same.
        confidence: (n,) probability of the predicted class; NaN where none is given.
        unsure: (n,) whether the prediction calls itself unsure.
        ordered: whether neighbours in `labels` are near each other, as age groups are.
    """

    name: str
    labels: tuple[str, ...]
    truth: Places
    predicted: Places
    confidence: Floats
    unsure: Flags
    ordered: bool = False

    @property
    def labelled(self) -> Flags:
        """(n,) whether the truth is known."""
        return np.not_equal(self.truth, UNKNOWN)

    @property
    def paired(self) -> Flags:
        """(n,) whether it is, and there is a prediction, be it unsure."""
        answered: Flags = (self.predicted != UNKNOWN) | self.unsure
        return self.labelled & answered


@dataclass(frozen=True, kw_only=True)
class Years:
    """True and predicted age of n people, and the predicted interval's ends: (n,) years, NaN where not known."""

    truth: Floats
    predicted: Floats
    low: Floats
    high: Floats
    name: str = "age"

    @property
    def labelled(self) -> Flags:
        """(n,) whether the true age is known."""
        return ~np.isnan(self.truth)

    @property
    def paired(self) -> Flags:
        """(n,) whether it is, and there is a predicted one."""
        return self.labelled & ~np.isnan(self.predicted)


@dataclass(frozen=True, kw_only=True)
class Groups:
    """One way of telling n people apart, by what is true of them.

    Attributes:
        name: such as `"gender"`.
        labels: of the groups.
        places: (n,) in `labels`, or `UNKNOWN`.
    """

    name: str
    labels: tuple[str, ...]
    places: Places


@dataclass(frozen=True, kw_only=True)
class Table:
    """Everything at once.

    Attributes:
        path: the predictions' file.
        labels_path: the labels' file, where it is another.
        rows: people.
        years: their ages, or `None` where those are not both known and predicted.
        answers: their attributes with classes that are both known and predicted.
        groups: the ways of telling them apart.
        notes: what was left out, and how cells were understood.
    """

    path: Path
    labels_path: Path | None
    rows: int
    years: Years | None
    answers: tuple[Answers, ...]
    groups: tuple[Groups, ...]
    notes: tuple[str, ...]
