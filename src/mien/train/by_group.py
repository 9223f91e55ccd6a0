"""Outcomes of a run as `mien audit` sees people: what is true and predicted of each, and of which groups they are."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

import numpy as np

from mien.audit.audit import MIN_GROUP
from mien.audit.groups import everyone, grouped
from mien.audit.measures import measures_of
from mien.audit.selective import RiskCoverage, risk_coverage
from mien.audit.table import UNKNOWN, Answers, Floats, Groups, Years
from mien.evaluate.manifest import Manifest
from mien.evaluate.report import Figure
from mien.evaluate.runner import Outcome
from mien.face import UNSURE, Distribution, Face
from mien.models.card import Metric
from mien.models.measured import GroupFigure, RiskCurve, RiskPoint
from mien.vocabulary import AGE_GROUPS, EMOTIONS, FAIRFACE_AGE_GROUPS, GENDERS, RACES, RACES5, age_group

FIGURES: Final = ("accuracy", "mae", "bias", "interval_holds")
"""What is told of every group."""
SELECTIVE: Final = ("sure", "accuracy_sure")
"""What calling some labels unsure does, for all and for every group."""
LEAST_COVERAGE: Final = 0.5
"""Where a card's curve ends: who would call more than half of the people unsure?"""
_DIGITS: Final = 4


def people(manifest: Manifest, results: Sequence[Outcome]) -> tuple[Years | Answers, ...]:
    """What is true and predicted of everyone, one entry an attribute that there are labels for."""
    found: list[Years | Answers] = []
    if any(result.labels.age is not None for result in results):
        found.append(_years(results))
    classes = {"gender": GENDERS, "race": manifest.race_labels, "emotion": EMOTIONS}
    for name, labels in classes.items():
        if any(getattr(result.labels, name) is not None for result in results):
            found.append(_answers(name, labels, results))
    return tuple(found)


def by_labels(manifest: Manifest, results: Sequence[Outcome]) -> tuple[Groups, ...]:
    """The groups that the labels tell: by gender, race and age group, FairFace's nine where the labels are those."""
    ranges = any(result.labels.age_group is not None for result in results)

    def age(result: Outcome) -> str | None:
        years = result.labels.age
        return result.labels.age_range if ranges else None if years is None else age_group(years)

    return _known(
        _groups("gender", GENDERS, results, lambda result: result.labels.gender),
        _groups("race", manifest.race_labels, results, lambda result: result.labels.race),
        _groups("age_group", FAIRFACE_AGE_GROUPS if ranges else AGE_GROUPS, results, age),
    )


def by_estimates(results: Sequence[Outcome]) -> tuple[Groups, ...]:
    """The groups that Mien's own demographics see, where sure; for sets whose labels tell none."""

    def sure(name: str, word: Callable[[Face], object]) -> Callable[[Outcome], str | None]:
        def group(result: Outcome) -> str | None:
            face = None if result.face is None else result.face[0]
            return None if face is None or name in face.unsure else str(word(face))

        return group

    return _known(
        _groups("gender, estimated", GENDERS, results, sure("gender", lambda face: face.gender)),
        _groups("race, estimated", RACES, results, sure("race", lambda face: face.race)),
        _groups("age_group, estimated", AGE_GROUPS, results, sure("age", lambda face: face.age_group)),
    )


def group_figures(
    people: Sequence[Years | Answers], groups: Sequence[Groups], data: str, figures: Sequence[str]
) -> tuple[GroupFigure, ...]:
    """Figures of every group; those of fewer than `MIN_GROUP` people without a value.

    Args:
        people: one entry an attribute.
        groups: the ways of telling them apart, not crossed.
        data: what to call the set and split.
        figures: keys of `mien.audit.kinds.KINDS`; those that an attribute has are told.
    """
    found = []
    for one in people:
        measures = {name: measure for name, measure in measures_of(one).items() if name in figures}
        paired, labelled = np.flatnonzero(one.paired), np.flatnonzero(one.labelled)
        for way in groups:
            (grouping,) = grouped(measures, [way], paired, labelled, least=MIN_GROUP)
            for group in grouping.groups:
                for name, figure in group.figures.items():
                    interval = _interval(figure)
                    found.append(
                        GroupFigure(
                            name=name,
                            of=one.name,
                            data=data,
                            by=way.name,
                            group=group.labels[way.name],
                            n=figure.n,
                            value=None if interval is None else round(figure.value or 0.0, _DIGITS),
                            interval=interval,
                        )
                    )
    return tuple(found)


def selective_metrics(people: Sequence[Years | Answers], data: str) -> tuple[Metric, ...]:
    """Of every attribute with classes: share of the labels that are sure, and how many of those are right."""
    found = []
    for one in people:
        paired, labelled = np.flatnonzero(one.paired), np.flatnonzero(one.labelled)
        measures = {name: measure for name, measure in measures_of(one).items() if name in SELECTIVE}
        for name, figure in everyone(measures, paired, labelled, least=1).figures.items():
            if figure.value is not None and (interval := _interval(figure)) is not None:
                value = round(figure.value, _DIGITS)
                found.append(Metric(name=name, of=one.name, data=data, value=value, interval=interval, n=figure.n))
    return tuple(found)


def risk_curves(people: Sequence[Years | Answers], data: str) -> tuple[RiskCurve, ...]:
    """What setting the least sure aside buys, for every attribute with enough people."""
    found = []
    for one in people:
        curve = _curve_of_years(one) if isinstance(one, Years) else _curve_of_answers(one)
        points = tuple(
            RiskPoint(
                coverage=round(point.coverage, _DIGITS),
                threshold=round(point.threshold, _DIGITS),
                risk=round(point.risk.value, _DIGITS),
                interval=interval,
                n=point.risk.n,
            )
            for point in curve.points
            if point.coverage >= LEAST_COVERAGE
            and point.risk.value is not None
            and (interval := _interval(point.risk)) is not None
        )
        if points:
            found.append(RiskCurve(of=one.name, data=data, loss=curve.loss, order=curve.order, points=points))
    return tuple(found)


def _curve_of_years(years: Years) -> RiskCoverage:
    rows = years.paired
    error, width = np.abs(years.predicted - years.truth)[rows], (years.high - years.low)[rows]
    name, order = "mean absolute error, years", "width of the age interval, narrowest first"
    return risk_coverage(error, width, least=MIN_GROUP, name=name, order=order, lowest_first=True)


def _curve_of_answers(one: Answers) -> RiskCoverage:
    rows = one.labelled & (one.predicted != UNKNOWN)
    wrong = (one.truth != one.predicted)[rows].astype(np.float64)
    order = "probability of the likeliest class, highest first"
    return risk_coverage(wrong, one.confidence[rows], least=MIN_GROUP, name="error rate", order=order)


def _years(results: Sequence[Outcome]) -> Years:
    def column(value: Callable[[Face], float | None]) -> Floats:
        faces = (None if result.face is None else result.face[0] for result in results)
        values = (None if face is None else value(face) for face in faces)
        return np.array([np.nan if number is None else number for number in values], np.float64)

    return Years(
        truth=np.array([np.nan if result.labels.age is None else result.labels.age for result in results], np.float64),
        predicted=column(lambda face: face.age),
        low=column(lambda face: None if face.age_interval is None else face.age_interval[0]),
        high=column(lambda face: None if face.age_interval is None else face.age_interval[1]),
    )


def _answers(name: str, labels: tuple[str, ...], results: Sequence[Outcome]) -> Answers:
    """The confidence is that which decides whether the label is unsure: of race, over all seven classes."""
    scored = "race5" if name == "race" and labels == RACES5 else name
    predicted = np.full(len(results), UNKNOWN)
    confidence = np.full(len(results), np.nan)
    unsure = np.zeros(len(results), bool)
    for row, result in enumerate(results):
        if result.face is None:
            continue
        answer: Distribution = getattr(result.face[0], scored)
        decides: Distribution = getattr(result.face[0], name)
        predicted[row] = int(np.argmax([answer.probabilities[label] for label in labels]))
        confidence[row], unsure[row] = decides.confidence, decides.label == UNSURE
    return Answers(
        name=name,
        labels=labels,
        truth=_places(labels, [getattr(result.labels, name) for result in results]),
        predicted=predicted,
        confidence=confidence,
        unsure=unsure,
    )


def _groups(
    name: str, labels: tuple[str, ...], results: Sequence[Outcome], word: Callable[[Outcome], str | None]
) -> Groups:
    return Groups(name=name, labels=labels, places=_places(labels, [word(result) for result in results]))


def _known(*groups: Groups) -> tuple[Groups, ...]:
    """Those ways by which at least somebody is told from others."""
    return tuple(one for one in groups if len(set(one.places[one.places != UNKNOWN].tolist())) > 1)


def _places(labels: tuple[str, ...], words: Sequence[str | None]) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    return np.array([UNKNOWN if word is None else labels.index(word) for word in words], np.int64)


def _interval(figure: Figure) -> tuple[float, float] | None:
    if figure.value is None or figure.low is None or figure.high is None:
        return None
    return round(figure.low, _DIGITS), round(figure.high, _DIGITS)
