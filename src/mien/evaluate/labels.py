"""What a cell of a manifest means: words and numbers as data sets write them → the design's labels."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from mien.vocabulary import EMOTIONS, FAIRFACE_AGE_GROUPS, RACE5_OF_RACE7, RACES, RACES5

Parser = Callable[[str], str | float | None]
"""Reads a cell that is not empty; `None` where it is outside the vocabulary."""

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
_RACE5_WORDS: Final = {
    **{label: RACES5[place] for label, place in zip(RACES, RACE5_OF_RACE7, strict=True)},
    **{label: label for label in RACES5},
    "other": "others",
}


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


def fold(word: str) -> str:
    """A word without letter case, spaces and underscores.

    >>> fold(" Latino_Hispanic"), fold("Middle Eastern")
    ('latinohispanic', 'middleeastern')
    """
    return re.sub(r"[\s_]+", "", word).casefold()


def parsers(race_labels: tuple[str, ...]) -> dict[str, Parser]:
    """How the cells of every label column are read.

    Args:
        race_labels: `RACES` or `RACES5`; see `race_labels_of`.
    """
    angle = _numbers(-180, 180)
    return {
        "age": _numbers(0, MAX_AGE),
        "age_group": _words(_AGE_GROUP_WORDS),
        "gender": _words(_GENDER_WORDS),
        "race": _words(_RACE7_WORDS if race_labels == RACES else _RACE5_WORDS),
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
