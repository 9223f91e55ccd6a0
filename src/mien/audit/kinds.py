"""What the figures of an audit mean."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final, Literal


@dataclass(frozen=True, kw_only=True)
class Kind:
    """What a figure means.

    Attributes:
        title: for people.
        unit: of the figure; a share is 0 to 1, and so is a difference of shares, in `"points"`.
        best: where the best value lies; of errors to either side, at zero.
        meaning: one sentence.
    """

    title: str
    unit: Literal["share", "points", "years"]
    best: Literal["high", "low", "zero"]
    meaning: str


KINDS: Final[Mapping[str, Kind]] = MappingProxyType(
    {
        "accuracy": Kind(
            title="accuracy", unit="share", best="high", meaning="Share of people whose class was recognised."
        ),
        "macro_recall": Kind(
            title="macro recall",
            unit="share",
            best="high",
            meaning="Mean over the classes of the share recognised, also called balanced accuracy.",
        ),
        "within_one": Kind(
            title="within one group",
            unit="share",
            best="high",
            meaning="Share of people whose age group was missed by at most one.",
        ),
        "overconfidence": Kind(
            title="overconfidence",
            unit="points",
            best="zero",
            meaning="Mean confidence minus accuracy: above zero the predictions are surer than they are right.",
        ),
        "mae": Kind(
            title="mean absolute error",
            unit="years",
            best="low",
            meaning="Mean distance of the predicted from the true age.",
        ),
        "bias": Kind(
            title="mean error",
            unit="years",
            best="zero",
            meaning="Mean of predicted minus true age: above zero people are taken for older than they are.",
        ),
        "within_5": Kind(
            title="within 5 years", unit="share", best="high", meaning="Share of ages missed by at most 5 years."
        ),
        "interval_holds": Kind(
            title="interval holds the age",
            unit="share",
            best="high",
            meaning="Share of true ages inside the predicted interval, its ends included.",
        ),
        "answered": Kind(
            title="has a prediction",
            unit="share",
            best="high",
            meaning="Share of labelled people with a prediction, be it unsure; the others' faces were not found.",
        ),
        "sure": Kind(
            title="is sure",
            unit="share",
            best="high",
            meaning="Share of predictions that do not call themselves unsure.",
        ),
        "accuracy_sure": Kind(
            title="accuracy where sure",
            unit="share",
            best="high",
            meaning="Accuracy of the predictions that do not call themselves unsure.",
        ),
    }
)
"""Figure → what it means. Of an attribute, the first that it has is the one that its charts show."""
