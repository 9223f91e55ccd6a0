"""What a table of predictions says of each person."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

import numpy as np

from mien.audit.columns import AGE_ENDS, CLASSES, Columns
from mien.audit.probabilities import from_dictionaries, one_number_each, over_classes
from mien.audit.table import UNKNOWN, Answers, Floats, Places, Years
from mien.errors import DatasetError
from mien.evaluate.files import ManifestFile
from mien.evaluate.labels import Labels, Parser, common_race_labels, fold, listed, parsers
from mien.face import UNSURE
from mien.vocabulary import EMOTIONS, FAIRFACE_AGE_GROUPS, GENDERS, fairface_age_group


def read_years(
    file: ManifestFile, columns: Columns, rows: Sequence[int], truth: Sequence[Labels]
) -> tuple[Years | None, list[str]]:
    """Ages of the rows, and notes; `None` where they are not both labelled and predicted.

    Raises:
        DatasetError: one end of the predicted interval is there without the other, or they are the wrong way round.
    """
    if "age" not in columns.truth or "age" not in columns.predicted:
        return None, []
    notes: list[str] = []
    predicted = _numbers(file, columns.predicted, "age", rows, notes)
    low, high = (_numbers(file, columns.predicted, end, rows, notes) for end in AGE_ENDS)
    if (np.isnan(low) != np.isnan(high)).any():
        raise DatasetError(
            "a predicted interval has one end only; give age_low and age_high in the same rows, or neither"
        )
    if (low > high).any():
        row = int(np.flatnonzero(low > high)[0])
        raise DatasetError(
            f"row {rows[row] + 1}: age_low {low[row]:g} is above age_high {high[row]:g}; swap the two columns"
        )
    known = np.array([np.nan if labels.age is None else labels.age for labels in truth])
    return Years(truth=known, predicted=predicted, low=low, high=high), notes


def read_answers(
    file: ManifestFile, columns: Columns, rows: Sequence[int], truth: Sequence[Labels], races: tuple[str, ...]
) -> tuple[tuple[Answers, ...], list[str]]:
    """The attributes with classes that are both labelled and predicted, and notes.

    The class that is scored is the most probable one; where there are no usable probabilities, the predicted word.

    Args:
        file: of the predictions.
        columns: where things are.
        rows: of the file.
        truth: what is true of them.
        races: the vocabulary of the true races.

    Raises:
        DatasetError: probabilities that are not numbers, or of classes that are not known.
    """
    notes: list[str] = []
    wanted = [
        name for name in CLASSES if columns.answers(name) and any(getattr(labels, name) is not None for labels in truth)
    ]
    return tuple(_answers(name, file, columns, rows, truth, races, notes) for name in wanted), notes


def _answers(
    name: str,
    file: ManifestFile,
    columns: Columns,
    rows: Sequence[int],
    truth: Sequence[Labels],
    races: tuple[str, ...],
    notes: list[str],
) -> Answers:
    ranges_of_years = name == "age_group" and "age" in columns.predicted
    words = [""] * len(rows)
    if name in columns.predicted and not ranges_of_years:
        words = _taken(file, columns.predicted[name], rows)
    unsure = np.array([fold(word) == UNSURE for word in words])
    words = ["" if flag else word for word, flag in zip(words, unsure, strict=True)]
    probabilities = _probability_cells(name, file, columns, rows)

    races_scored = common_race_labels(races, {*words, *probabilities}) if name == "race" else races
    labels = {"gender": GENDERS, "race": races_scored, "emotion": EMOTIONS, "age_group": FAIRFACE_AGE_GROUPS}[name]
    parse = parsers(races_scored)[name]
    if ranges_of_years:
        years = _numbers(file, columns.predicted, "age", rows, [])
        words = ["" if np.isnan(age) else FAIRFACE_AGE_GROUPS[fairface_age_group(age)] for age in years.tolist()]
    predicted, skipped = _places(words, labels, parse)
    if skipped:
        notes.append(
            f"predicted {name}: {sum(skipped.values()):,} words outside the vocabulary were taken for no prediction: "
            f"{listed(skipped)}"
        )
    confidence = np.full(len(rows), np.nan)
    if name in columns.confidence and not probabilities:
        confidence = one_number_each(name, _taken(file, columns.confidence[name], rows), rows, notes)
    if probabilities:
        predicted, confidence = _most_probable(name, probabilities, labels, parse, rows, predicted, notes)
    return Answers(
        name=name,
        labels=labels,
        truth=_true_places(name, truth, labels, parse),
        predicted=predicted,
        confidence=np.where(predicted == UNKNOWN, np.nan, confidence),
        unsure=unsure,
        ordered=name == "age_group",
    )


def _most_probable(
    name: str,
    cells: Mapping[str, Sequence[str]],
    labels: tuple[str, ...],
    parse: Parser,
    rows: Sequence[int],
    said: Places,
    notes: list[str],
) -> tuple[Places, Floats]:
    """The class and its probability; the predicted word and NaN in rows without usable probabilities."""
    distributions = over_classes(name, cells, labels, parse, rows)
    notes += distributions.notes
    values = distributions.values
    usable = ~np.isnan(values).any(1)
    best = np.where(usable, np.nan_to_num(values, nan=-1).argmax(1), said)
    highest = values.max(1)
    tied = usable & (said != UNKNOWN) & (values[np.arange(len(said)), said] >= highest)
    best = np.where(tied, said, best)
    other = usable & (said != UNKNOWN) & (said != best)
    if other.any() and len(cells) == len(labels):  # where classes were summed the word may well be another
        notes.append(
            f"{name}: in {other.sum():,} rows the predicted word is not the most probable; the latter is scored"
        )
    return best.astype(np.int64), highest


def _probability_cells(
    name: str, file: ManifestFile, columns: Columns, rows: Sequence[int]
) -> dict[str, Sequence[str]]:
    if name in columns.dictionaries:
        return dict(from_dictionaries(name, _taken(file, columns.dictionaries[name], rows), rows))
    return {word: _taken(file, column, rows) for word, column in columns.probabilities.get(name, {}).items()}


def _true_places(name: str, truth: Sequence[Labels], labels: tuple[str, ...], parse: Parser) -> Places:
    words = [labels_.age_range if name == "age_group" else getattr(labels_, name) for labels_ in truth]
    return _places([word or "" for word in words], labels, parse)[0]


def _places(words: Sequence[str], labels: tuple[str, ...], parse: Parser) -> tuple[Places, dict[str, int]]:
    found = [parse(word) if word else None for word in words]
    skipped = Counter(word for word, label in zip(words, found, strict=True) if word and label is None)
    places = {label: place for place, label in enumerate(labels)}
    return np.array([places.get(str(label), UNKNOWN) for label in found], np.int64), dict(skipped.most_common())


def _numbers(
    file: ManifestFile, columns: Mapping[str, str], name: str, rows: Sequence[int], notes: list[str]
) -> Floats:
    """Numbers of a column, NaN where it is not there or its cell is empty or no number."""
    if name not in columns:
        return np.full(len(rows), np.nan)
    values, skipped = [], Counter[str]()
    for cell in _taken(file, columns[name], rows):
        try:
            value = float(cell or "nan")
        except ValueError:
            value = np.nan
            skipped[cell] += 1
        values.append(value if np.isfinite(value) else np.nan)
    if skipped:
        told = listed(dict(skipped.most_common()))
        notes.append(
            f"predicted {name}: {skipped.total():,} cells are no numbers and were taken for no prediction: {told}"
        )
    return np.array(values, np.float64)


def _taken(file: ManifestFile, column: str, rows: Sequence[int]) -> list[str]:
    cells = file.column(column)
    return [cells[row] for row in rows]
