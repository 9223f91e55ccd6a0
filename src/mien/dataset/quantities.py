"""What is counted of every face: one column of numbers each, from a piece of the table of faces."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from mien.quality import REASONS
from mien.vocabulary import AGE_GROUPS, EMOTIONS, GENDERS, RACES

Floats = NDArray[np.float64]
Places = NDArray[np.int64]

CLASSES: Final[Mapping[str, tuple[str, ...]]] = {
    "age_group": AGE_GROUPS,
    "gender": GENDERS,
    "race": RACES,
    "emotion": EMOTIONS,
}
"""Attribute → its classes."""
NUMBERS: Final = ("age", "quality")
UNSURE: Final = ("age", "gender", "race", "emotion", "pose")
AGE_STEP: Final = 5  # years
AGE_BINS: Final = 18  # the last one is open: 85 and above
QUALITY_BINS: Final = 10
FACE: Final = "face"

READ: Final = (
    "input",
    "age",
    "age_group",
    "quality",
    "quality_reasons",
    "unsure",
    *(f"{name}_{label}" for name in ("gender", "race", "emotion") for label in CLASSES[name]),
)
"""Columns of the table of faces that are needed."""


def quantities() -> tuple[str, ...]:
    """Names: `face`; `gender`, `gender=female` …; `age`, `age·` and `age²` for years and their squares; `age:0` … ."""
    found = [FACE]
    for attribute, labels in CLASSES.items():
        found += [attribute, *(f"{attribute}={label}" for label in labels)]
    for number in NUMBERS:
        found += [number, f"{number}·", f"{number}²"]
    found += [f"age:{place}" for place in range(AGE_BINS)]
    found += [f"quality:{place}" for place in range(QUALITY_BINS)]
    found += [f"reason={reason}" for reason in REASONS]
    found += [f"unsure={name}" for name in UNSURE]
    return tuple(found)


def of_faces(table: Any) -> Floats:
    """The quantities of some faces.

    Args:
        table: a pyarrow table with the columns `READ`, of n faces.

    Returns:
        (n, quantities).
    """
    found: dict[str, Floats] = {FACE: np.ones(len(table))}
    for attribute, labels in CLASSES.items():
        places = classes_of(table, attribute)
        found[attribute] = (places >= 0).astype(float)
        found |= {f"{attribute}={label}": (places == i).astype(float) for i, label in enumerate(labels)}
    years, quality = _numbers(table, "age"), _numbers(table, "quality")
    for number, values in (("age", years), ("quality", quality)):
        known, value = ~np.isnan(values), np.nan_to_num(values)
        found |= {number: known.astype(float), f"{number}·": value, f"{number}²": value**2}
    found |= _bins("age", years / AGE_STEP, AGE_BINS) | _bins("quality", quality * QUALITY_BINS, QUALITY_BINS)
    for column, prefix, words in (("quality_reasons", "reason", REASONS), ("unsure", "unsure", UNSURE)):
        found |= {f"{prefix}={word}": _by_word(table, column, partial(_holds, word)) for word in words}
    return np.stack([found[name] for name in quantities()], axis=1)


def classes_of(table: Any, attribute: str) -> Places:
    """The class of every face, as a place in `CLASSES[attribute]`; -1 where it is not known.

    It is the most probable one, be it unsure: leaving the unsure out would bias shares, and it is what confusion
    matrices are taken of.

    Args:
        table: a pyarrow table with the columns `READ`, of n faces.
        attribute: one of `CLASSES`.

    Returns:
        (n,).
    """
    labels = CLASSES[attribute]
    if attribute == "age_group":
        cell = {label: float(place) for place, label in enumerate(labels)}
        return _by_word(table, attribute, lambda words: cell.get(" ".join(words), -1.0)).astype(np.int64)
    probabilities = np.stack([_numbers(table, f"{attribute}_{label}") for label in labels], axis=1)
    known = ~np.isnan(probabilities).any(axis=1)
    return np.where(known, np.nan_to_num(probabilities).argmax(axis=1), -1)


def _holds(word: str, cell: Sequence[str]) -> bool:
    return word in cell


def _numbers(table: Any, name: str) -> Floats:
    return np.asarray(table[name].to_numpy(), np.float64)


def _by_word(table: Any, name: str, value: Callable[[Sequence[str]], float]) -> Floats:
    """What `value` makes of the words in every cell; there are few different cells, so each is looked at once."""
    encoded = table[name].fill_null("").combine_chunks().dictionary_encode()
    values = np.array([value(cell.split()) for cell in encoded.dictionary.to_pylist()], np.float64)
    return np.asarray(values[encoded.indices.to_numpy()]) if len(values) else np.empty(0)


def _bins(name: str, values: Floats, bins: int) -> dict[str, Floats]:
    places = np.where(np.isnan(values), -1, np.clip(np.nan_to_num(values), 0, bins - 1)).astype(int)
    return {f"{name}:{place}": (places == place).astype(float) for place in range(bins)}
