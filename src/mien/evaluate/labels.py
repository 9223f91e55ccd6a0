"""What a cell of a manifest means: words and numbers as data sets write them → the design's labels."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from mien.vocabulary import EMOTIONS, FAIRFACE_AGE_GROUPS, RACE5_OF_RACE7, RACES, RACES5, fairface_age_group

Parser = Callable[[str], str | float | None]
"""Reads a cell that is not empty; `None` where it is outside the vocabulary."""

RACES6: Final = ("white", "black", "latino_hispanic", "asian", "indian", "middle_eastern")
"""DeepFace's six (Serengil and Ozpinar 2021): FairFace's seven with one class for all of East Asia."""
MAX_AGE: Final = 122.5  # years; nobody is known to have grown older (Jeanne Calment, 122 years and 164 days)

_GENDER_WORDS: Final = {
    **dict.fromkeys(("female", "f", "woman"), "female"),
    **dict.fromkeys(("male", "m", "man"), "male"),
}
_EMOTION_WORDS: Final = {
    **{label: label for label in EMOTIONS},
    "anger": "angry",
    "disgusted": "disgust",
    "fearful": "fear",
    "happiness": "happy",
    "sadness": "sad",
    "surprised": "surprise",
}
_AGE_GROUP_WORDS: Final = {
    **{group: group for group in FAIRFACE_AGE_GROUPS},
    **{group.replace("-", "–"): group for group in FAIRFACE_AGE_GROUPS},
    "more than 70": "70+",
}
_RACE7_WORDS: Final = {label: label for label in RACES}
_RACE6_WORDS: Final = {
    **{label: "asian" if label.endswith("_asian") else label for label in RACES},
    "asian": "asian",
}
_RACE5_WORDS: Final = {
    **{label: RACES5[place] for label, place in zip(RACES, RACE5_OF_RACE7, strict=True)},
    **{label: label for label in RACES5},
    "other": "others",
}
_RACE_WORDS: Final = {RACES: _RACE7_WORDS, RACES6: _RACE6_WORDS, RACES5: _RACE5_WORDS}


@dataclass(frozen=True, kw_only=True)
class Labels:
    """What is known of the person in one image; `None` where the manifest does not say.

    Attributes:
        age: years.
        age_group: one of `FAIRFACE_AGE_GROUPS`.
        gender: one of `GENDERS`.
        race: one of the manifest's race labels.
        emotion: one of `EMOTIONS`.
        yaw: degrees, + = nose toward image right.
        pitch: degrees, + = nose up.
        roll: degrees, + = head clockwise.
        identity: a name.
    """

    age: float | None = None
    age_group: str | None = None
    gender: str | None = None
    race: str | None = None
    emotion: str | None = None
    yaw: float | None = None
    pitch: float | None = None
    roll: float | None = None
    identity: str | None = None

    @property
    def age_range(self) -> str | None:
        """FairFace's range as written in `age_group`, or the one that the age in years falls into."""
        if self.age_group is None and self.age is not None:
            return FAIRFACE_AGE_GROUPS[fairface_age_group(self.age)]
        return self.age_group


def fold(word: str) -> str:
    """A word without letter case, spaces and underscores.

    >>> fold(" Latino_Hispanic"), fold("Middle Eastern")
    ('latinohispanic', 'middleeastern')
    """
    return re.sub(r"[\s_]+", "", word).casefold()


def parsers(race_labels: tuple[str, ...]) -> dict[str, Parser]:
    """How the cells of every label column are read.

    Args:
        race_labels: `RACES`, `RACES6` or `RACES5`; see `race_labels_of`.
    """
    angle = _numbers(-180, 180)
    return {
        "age": _numbers(0, MAX_AGE),
        "age_group": _words(_AGE_GROUP_WORDS),
        "gender": _words(_GENDER_WORDS),
        "race": _words(_RACE_WORDS[race_labels]),
        "emotion": _words(_EMOTION_WORDS),
        "yaw": angle,
        "pitch": angle,
        "roll": angle,
        "identity": lambda cell: cell,
    }


def race_labels_of(column: str, words: Iterable[str]) -> tuple[str, ...]:
    """Whether a column of races is scored over FairFace's seven classes or UTKFace's five.

    Five where `asian` or `others` occurs, which no sum of the seven can be told from; a word of the seven then counts
    as the one of the five that it belongs to. Else seven where one of FairFace's own words occurs. A column of nothing
    but `white`, `black` and `indian` is scored over the five, unless it is called `race7`.

    >>> race_labels_of("race", ["White", "Asian"]) == RACES5, race_labels_of("race", ["East Asian"]) == RACES
    (True, True)
    """
    there = {fold(word) for word in words}
    if there & {"asian", "others", "other"}:
        return RACES5
    fairface = {fold(label) for label in RACES} - {fold(label) for label in RACES5}
    return RACES if there & fairface or fold(column) == "race7" else RACES5


def common_race_labels(truth: tuple[str, ...], predicted: Iterable[str]) -> tuple[str, ...]:
    """The most classes into which both true and predicted races can be summed.

    Args:
        truth: the vocabulary of the true ones, `RACES` or `RACES5`; see `race_labels_of`.
        predicted: words for the predicted ones.

    >>> common_race_labels(RACES, ["white", "asian", "latino hispanic"]) == RACES6
    True
    """
    there = {fold(word) for word in predicted}
    if truth == RACES5 or there & {"others", "other"}:
        return RACES5
    return RACES6 if "asian" in there else RACES


def read_labels(
    cells: Mapping[str, Sequence[str]], rows: Sequence[int], race_labels: tuple[str, ...]
) -> tuple[list[Labels], dict[str, dict[str, int]]]:
    """What some rows of a table say.

    Args:
        cells: label column → its cells.
        rows: the rows to read.
        race_labels: as for `parsers`.

    Returns:
        One `Labels` a row; and column → word outside the vocabulary → how many of these rows have it, most first.
    """
    readers = parsers(race_labels)
    skipped: dict[str, Counter[str]] = {name: Counter() for name in cells}
    labels = []
    for row in rows:
        known: dict[str, Any] = {}
        for name, column in cells.items():
            if cell := column[row]:
                known[name] = readers[name](cell)
                skipped[name][cell] += known[name] is None
        labels.append(Labels(**known))
    # Counting nothing leaves a zero behind: `+counter` drops those.
    return labels, {name: dict((+words).most_common()) for name, words in skipped.items() if +words}


def listed(words: Mapping[str, int], most: int = 5) -> str:
    """Words and how often each occurs, for messages.

    >>> listed({"old": 3, "young": 2, "?": 1}, most=2)
    "'old' × 3, 'young' × 2 and 1 more words"
    """
    told = [f"{word!r} × {count}" for word, count in list(words.items())[:most]]
    return ", ".join(told) + (f" and {len(words) - most} more words" if len(words) > most else "")


def _words(words: Mapping[str, str]) -> Parser:
    folded = {fold(word): label for word, label in words.items()}
    return lambda cell: folded.get(fold(cell))


def _numbers(low: float, high: float) -> Parser:
    def parse(cell: str) -> float | None:
        try:
            number = float(cell)
        except ValueError:
            return None
        return number if math.isfinite(number) and low <= number <= high else None

    return parse
