"""FER+: from ten annotators' votes to one word a face.

Barsoum et al. (2016), "Training deep networks for facial expression recognition with crowd-sourced label distribution":
a network is measured against the word that most annotators chose. Faces whose majority is contempt, unknown or "not a
face" (NF) are outside the seven expressions. Where two words share the most votes there is no majority: such a face is
called a tie and belongs to none, rather than to whichever word's column comes first.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from mien.evaluate.labels import fold

TIE: Final = "tie"
_EXPRESSIONS: Final = ("neutral", "happiness", "surprise", "sadness", "anger", "disgust", "fear")
_OTHERS: Final = ("contempt", "unknown", "NF")


def vote_columns(names: Sequence[str]) -> dict[str, str]:
    """Word → the column with its votes (`fp_anger`, or `anger` as in the set's own CSV); empty where there are none."""
    found: dict[str, str] = {}
    folded = {fold(name): name for name in names}
    for word in (*_EXPRESSIONS, *_OTHERS):
        for key in (f"fp{fold(word)}", fold(word)):
            if key in folded:
                found.setdefault(word, folded[key])
    return found if all(word in found for word in _EXPRESSIONS) else {}


def majority(votes: Mapping[str, float]) -> str:
    """The word with the most votes; `"tie"` where several have as many, `""` where there are no votes.

    >>> majority({"anger": 6, "fear": 3}), majority({"anger": 5, "fear": 5}), majority({"anger": 0, "fear": 0})
    ('anger', 'tie', '')
    """
    most = max(votes.values())
    if most <= 0:
        return ""
    leaders = [word for word, count in votes.items() if count == most]
    return leaders[0] if len(leaders) == 1 else TIE
