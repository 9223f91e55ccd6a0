"""From files of predictions and labels to a `Table`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from mien.audit.answers import read_answers, read_years
from mien.audit.columns import Columns, Naming, find_columns
from mien.audit.join import join
from mien.audit.table import UNKNOWN, Answers, Groups, Table
from mien.errors import DatasetError
from mien.evaluate.files import ManifestFile, find_column, known_columns, open_manifest
from mien.evaluate.labels import Labels, listed, race_labels_of, read_labels
from mien.vocabulary import AGE_GROUPS, EMOTIONS, FAIRFACE_AGE_GROUPS, GENDERS, RACES, age_group

GROUPINGS: Final = ("gender", "race", "age_group")
_MOST_GROUPS: Final = 40  # in a column of one's own: more are no groups but names or numbers


def read_table(
    path: Path,
    *,
    labels: Path | None = None,
    key: str | None = None,
    naming: Naming | None = None,
    by: Sequence[str] | None = None,
) -> Table:
    """Predictions and labels from CSV or Parquet files; see `mien.audit.columns` for the names of the columns.

    Args:
        path: of the predictions.
        labels: file with the labels, where they are not beside the predictions.
        key: column by which the two go together; see `mien.audit.join`.
        naming: how the columns are called.
        by: what to group by: `gender`, `race`, `age_group`, `emotion`, or any column of the file with the labels; by
            default the first three, as far as they are known.

    Raises:
        DatasetError: a file cannot be read, columns are missing, or nothing in them can be used.
        UnknownNameError: `naming` has a name that means nothing here.
        MissingExtraError: a file is Parquet and pyarrow is not installed.
    """
    file = open_manifest(path, what="predictions", images=False)
    other = None if labels is None else (open_manifest(labels, what="labels", images=False), labels)
    columns = find_columns(file, path, naming or Naming(), labels=other)
    columns.demand_pairs(file, path)
    rows = join((file, path), other, key=key)

    source, source_path = other or (file, path)
    truth = _read_truth(source, columns, rows.labels)
    groups = tuple(
        found
        for name in (GROUPINGS if by is None else by)
        if (found := _groups(name, truth, source, source_path, rows.labels, demanded=by is not None)) is not None
    )
    years, notes = read_years(file, columns, rows.predictions, truth.labels)
    answers, more = read_answers(file, columns, rows.predictions, truth.labels, truth.races)
    notes = [*rows.notes, *truth.notes, *notes, *more]
    notes += [
        f"{one.name}: labelled in {one.labelled.sum():,} rows, but none of them has a prediction"
        for one in (years, *answers)
        if one is not None and one.labelled.any() and not one.paired.any()
    ]
    answers = tuple(one for one in answers if one.paired.any())
    years = years if years is not None and years.paired.any() else None
    if years is None and not answers:
        told = "; ".join(notes) or "the cells are empty"
        raise DatasetError(f"{path}: no row has both a label and a prediction that can be used: {told}")
    return Table(
        path=path,
        labels_path=labels,
        rows=len(rows.labels),
        years=years,
        answers=answers,
        groups=groups,
        notes=(*notes, *_remarks(answers, groups)),
    )


@dataclass(frozen=True)
class _Truth:
    labels: list[Labels]
    races: tuple[str, ...]
    ranges: bool
    """Whether the file gives age groups itself, FairFace's nine; else they are the design's five, from the years."""
    notes: list[str]


def _read_truth(file: ManifestFile, columns: Columns, rows: Sequence[int]) -> _Truth:
    cells = {name: file.column(column) for name, column in columns.truth.items()}
    races = race_labels_of(columns.truth["race"], cells["race"]) if "race" in cells else RACES
    labels, skipped = read_labels(cells, rows, races)
    notes = [
        f"true {name}: {sum(words.values()):,} labels outside the vocabulary were left out: {listed(words)}"
        for name, words in skipped.items()
    ]
    return _Truth(labels, races, any(one.age_group is not None for one in labels), notes)


def _groups(
    name: str, truth: _Truth, file: ManifestFile, path: Path, rows: Sequence[int], *, demanded: bool
) -> Groups | None:
    vocabularies = {
        "gender": GENDERS,
        "race": truth.races,
        "emotion": EMOTIONS,
        "age_group": FAIRFACE_AGE_GROUPS if truth.ranges else AGE_GROUPS,
    }
    if name in vocabularies:
        words = [_group_of(labels, name, truth.ranges) for labels in truth.labels]
        if not any(words):
            if demanded:
                raise DatasetError(f"{path} has no true {name} to group by; {known_columns(file)}; name it with --true")
            return None
        return _grouped(name, vocabularies[name], words)
    column = find_column(file, path, name, option="--by, spelt as it is there")
    if column is None:
        raise DatasetError(f"{path} has no column {name!r} to group by; {known_columns(file)}")
    cells = file.column(column)
    words = [cells[row] or None for row in rows]
    labels = tuple(sorted({word for word in words if word}))
    if not labels or len(labels) > _MOST_GROUPS:
        raise DatasetError(
            f"{path}: column {column!r} has {len(labels)} different words, wanted 1 to {_MOST_GROUPS} to group by"
        )
    return _grouped(name, labels, words)


def _group_of(labels: Labels, name: str, ranges: bool) -> str | None:
    if name != "age_group":
        word: str | None = getattr(labels, name)
        return word
    if ranges:
        return labels.age_range
    return None if labels.age is None else age_group(labels.age)


def _grouped(name: str, labels: tuple[str, ...], words: Sequence[str | None]) -> Groups:
    places = {label: place for place, label in enumerate(labels)}
    return Groups(
        name=name,
        labels=labels,
        places=np.array([UNKNOWN if word is None else places[word] for word in words], np.int64),
    )


def _remarks(answers: Sequence[Answers], groups: Sequence[Groups]) -> list[str]:
    """What the reader should know before trusting a figure."""
    notes = []
    for one in answers:
        there = [one.labels[place] for place in sorted(Counter(one.truth[one.truth != UNKNOWN].tolist()))]
        if len(there) == 1:
            notes.append(
                f"{one.name}: everyone labelled is {there[0]}, so its accuracy is how often that one class is "
                "recognised, and says nothing of the others"
            )
    for grouping in groups:
        there = [grouping.labels[place] for place in sorted(set(grouping.places.tolist()) - {UNKNOWN})]
        if len(there) == 1:
            notes.append(f"by {grouping.name}: everyone is {there[0]}, so there are no groups to compare")
    if not groups:
        notes.append("neither gender, race nor age is labelled, so there are no groups; choose columns with --by")
    return notes
