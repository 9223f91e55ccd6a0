"""Which columns of a table hold what is true, what was predicted, and how sure the prediction was.

Names are compared without letter case, spaces and underscores. For an attribute X out of `ATTRIBUTES`:

- what is true is `true_X`; in a file of labels, or beside a column that is marked as the prediction, plain `X` too;
- what was predicted is `pred_X` or `predicted_X`, else plain `X`; in DeepFace's output it is `dominant_X`;
- probabilities are `X_word` or `X.word`, such as `gender_female`, before which may stand what stands before X;
- without those, `X_confidence` is the probability of the predicted class alone;
- `age_low` and `age_high` are the ends of the predicted age interval.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Final

from mien.errors import DatasetError, UnknownNameError
from mien.evaluate.files import ManifestFile, find_column, known_columns
from mien.evaluate.labels import RACES6, fold, parsers
from mien.evaluate.manifest import OTHER_NAMES
from mien.vocabulary import RACES, RACES5

CLASSES: Final = ("gender", "race", "emotion", "age_group")
ATTRIBUTES: Final = ("age", *CLASSES)
AGE_ENDS: Final = ("age_low", "age_high")
_MARKS: Final = ("pred_", "predicted_")
FORMATS: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType({"mien": _MARKS, "deepface": ("dominant_", *_MARKS)})
"""Format → what may stand before an attribute's name to mark it as the prediction, best first.

DeepFace (Serengil and Ozpinar 2021) gives `age`, `dominant_gender`, `dominant_race`, `dominant_emotion`, and the
probabilities in percent as `gender`, `race` and `emotion`: dictionaries, or columns such as `race.latino hispanic`.
"""


@dataclass(frozen=True, kw_only=True)
class Columns:
    """Where in the files the things are.

    Attributes:
        truth: attribute → column of the file with the labels.
        predicted: attribute, `age_low` or `age_high` → column of the file with the predictions.
        probabilities: attribute → word of a class → column of its probability.
        dictionaries: attribute → column with all its probabilities in one cell, as DeepFace gives them.
        confidence: attribute → column with the probability of the predicted class.
    """

    truth: Mapping[str, str]
    predicted: Mapping[str, str]
    probabilities: Mapping[str, Mapping[str, str]]
    dictionaries: Mapping[str, str]
    confidence: Mapping[str, str]

    def answers(self, attribute: str) -> bool:
        """Whether the attribute was predicted in any form; an age in years is an age group too."""
        forms: tuple[Mapping[str, object], ...] = (self.predicted, self.probabilities, self.dictionaries)
        return any(attribute in form for form in forms) or (attribute == "age_group" and "age" in self.predicted)

    def demand_pairs(self, file: ManifestFile, path: Path) -> None:
        """Make sure that there is something to audit.

        Raises:
            DatasetError: no attribute is both known and predicted.
        """
        if not any(self.answers(name) for name in self.truth):
            answers = [name for name in ATTRIBUTES if self.answers(name)]
            raise DatasetError(
                f"{path}: no attribute is both known and predicted (true: {', '.join(self.truth) or 'none'}; "
                f"predicted: {', '.join(answers) or 'none'}); {known_columns(file)}; "
                "name columns with --true and --predicted, or the file of labels with --labels"
            )


@dataclass(frozen=True, kw_only=True)
class Naming:
    """How the columns of the files are called.

    Attributes:
        format: a key of `FORMATS`.
        truth: attribute → its column, where the usual name is not it.
        predicted: the same for predictions; also `age_low`, `age_high`, and `gender.female` … for probabilities.
    """

    format: str = "mien"
    truth: Mapping[str, str] | None = None
    predicted: Mapping[str, str] | None = None


def find_columns(
    file: ManifestFile, path: Path, naming: Naming, *, labels: tuple[ManifestFile, Path] | None = None
) -> Columns:
    """The columns of a table of predictions, and of the table with the labels where that is another one.

    Raises:
        DatasetError: a column that was named is not there, or several could be meant.
        UnknownNameError: the naming has a name or a format that means nothing here.
    """
    if naming.format not in FORMATS:
        raise UnknownNameError("format", naming.format, FORMATS)
    finder = _Finder(file, path, naming, own_truth=labels is None)
    probabilities = {name: found for name in CLASSES if (found := finder.probabilities(name))}
    predicted = finder.predictions()
    dictionaries = {}
    if naming.format == "deepface":
        for name in CLASSES:
            column = finder.free(name)
            if column is not None and any(cell.startswith("{") for cell in file.column(column)):
                dictionaries[name] = column
                if predicted.get(name) == column:
                    del predicted[name]
    confidence = {
        name: column
        for name in CLASSES
        if (column := finder.first(f"{mark}{name}_confidence" for mark in (*_MARKS, "")))
    }
    return Columns(
        truth=_truth(*(labels or (file, path)), naming, finder),
        predicted=predicted,
        probabilities=probabilities,
        dictionaries=dictionaries,
        confidence=confidence,
    )


class _Finder:
    """Finds columns of predictions; those that were named for something else are taken for nothing else."""

    def __init__(self, file: ManifestFile, path: Path, naming: Naming, *, own_truth: bool) -> None:
        self.file, self.path, self.marks = file, path, FORMATS[naming.format]
        self.plain_truth = naming.format == "mien" and own_truth
        self.named = dict(naming.predicted or {})
        self.taken = {*self.named.values(), *((naming.truth or {}).values() if own_truth else ())}
        for name, column in self.named.items():
            attribute, _, word = name.partition(".")
            if name not in (*ATTRIBUTES, *AGE_ENDS) and not (attribute in CLASSES and _is_word(attribute, word)):
                raise UnknownNameError("predicted name", name, (*ATTRIBUTES, *AGE_ENDS, "gender.female"))
            _demand(file, path, column)

    def free(self, name: str) -> str | None:
        column = find_column(self.file, self.path, name, option=f"--predicted {name}=COLUMN")
        return None if column in self.taken else column

    def first(self, names: Iterator[str]) -> str | None:
        return next((column for name in names if (column := self.free(name)) is not None), None)

    def marked(self, name: str) -> str | None:
        """The column that says of itself that it is the prediction, or was named as such."""
        return self.named.get(name) or self.first(f"{mark}{name}" for mark in self.marks)

    def predictions(self) -> dict[str, str]:
        found = {name: self.marked(name) or self.free(name) for name in (*ATTRIBUTES, *AGE_ENDS)}
        return {name: column for name, column in found.items() if column is not None}

    def probabilities(self, attribute: str) -> dict[str, str]:
        named = {
            name.partition(".")[2]: column for name, column in self.named.items() if name.startswith(f"{attribute}.")
        }
        if named:
            return named
        for mark in (*self.marks, ""):
            start = fold(f"{mark}{attribute}")
            words = {
                _undotted(column).removeprefix(start): column
                for column in self.file.names
                if _undotted(column).startswith(start) and column not in self.taken
            }
            words = {word: column for word, column in words.items() if _is_word(attribute, word)}
            if words:
                return words
        return {}


def _truth(file: ManifestFile, path: Path, naming: Naming, finder: _Finder) -> dict[str, str]:
    found = dict(naming.truth or {})
    for name, column in found.items():
        if name not in ATTRIBUTES:
            raise UnknownNameError("true name", name, ATTRIBUTES)
        _demand(file, path, column)
    elsewhere = file is not finder.file
    for name in ATTRIBUTES:
        plain = elsewhere or (finder.plain_truth and finder.marked(name) is not None)
        names = [f"true_{name}", *((name, *OTHER_NAMES.get(name, ())) if plain else ())]
        for there in names:
            match = None if name in found else find_column(file, path, there, option=f"--true {name}=COLUMN")
            if match is not None and (elsewhere or match not in finder.taken):
                found[name] = match
    return found


def _demand(file: ManifestFile, path: Path, column: str) -> None:
    if column not in file.names:
        raise DatasetError(f"{path} has no column {column!r}; {known_columns(file)}")


def _is_word(attribute: str, word: str) -> bool:
    """Whether a word is one of the attribute's classes, in any of the vocabularies."""
    vocabularies: Sequence[tuple[str, ...]] = (RACES, RACES6, RACES5) if attribute == "race" else (RACES,)
    return bool(word) and any(parsers(races)[attribute](word) is not None for races in vocabularies)


def _undotted(column: str) -> str:
    return fold(column.replace(".", "_"))
