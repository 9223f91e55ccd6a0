"""Figures by group and by crossing of groups, and the gap between the best and the worst of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Final

import numpy as np

from mien.audit.kinds import KINDS
from mien.audit.measures import Measure, Rows
from mien.audit.table import UNKNOWN, Groups, Places
from mien.evaluate import metrics
from mien.evaluate.report import Figure

_BY_CHANCE: Final = 95  # percent


@dataclass(frozen=True, kw_only=True)
class Group:
    """People of one kind.

    Attributes:
        labels: what they are, such as `{"gender": "female", "race": "black"}`; empty for everyone.
        n: how many of them are labelled and have a prediction.
        figures: each without a value where too few people define it.
    """

    labels: Mapping[str, str]
    n: int
    figures: Mapping[str, Figure]

    @property
    def name(self) -> str:
        """For people."""
        return ", ".join(label.replace("_", " ") for label in self.labels.values()) or "everyone"

    @property
    def too_small(self) -> bool:
        """Whether no figure has a value."""
        return all(figure.value is None for figure in self.figures.values())


@dataclass(frozen=True, kw_only=True)
class Gap:
    """How far apart the groups are in one figure.

    Attributes:
        value: highest − lowest, of the groups that are large enough.
        low: lower end of the 95 % interval of the difference between those two groups.
        high: upper end.
        highest: the group with the highest value.
        lowest: the group with the lowest value.
        worst: the one of these two that is served worst, for errors to either side the one farther from zero; `None`
            where they are alike.
        by_chance: the gap that would not be exceeded in 95 of 100 cases were all people of all groups alike; `None`
            where the figure is no mean.
    """

    value: float
    low: float
    high: float
    highest: str
    lowest: str
    worst: str | None
    by_chance: float | None


@dataclass(frozen=True, kw_only=True)
class Grouping:
    """All groups of one kind.

    Attributes:
        by: what they are told apart by.
        unknown: people with a label and a prediction of whom that is not known.
        groups: those that occur; with these people they are everyone.
        gaps: figure → gap, where two groups or more have a value.
    """

    by: tuple[str, ...]
    unknown: int
    groups: tuple[Group, ...]
    gaps: Mapping[str, Gap]


def everyone(measures: Mapping[str, Measure], paired: Places, labelled: Places, *, least: int) -> Group:
    """All people as one group; arguments as those of `grouped`."""
    return _group({}, measures, paired, labelled, least)


def grouped(
    measures: Mapping[str, Measure],
    groups: Sequence[Groups],
    paired: Places,
    labelled: Places,
    *,
    least: int,
) -> Iterator[Grouping]:
    """By each way of telling people apart, then by each pair of ways, and so on to all at once.

    Args:
        measures: figure → how it is taken.
        groups: the ways.
        paired: rows of people with a label and a prediction.
        labelled: rows of people with a label.
        least: people whom a figure needs to be told.
    """
    for ways in range(1, len(groups) + 1):
        for crossed in combinations(groups, ways):
            yield _grouping(measures, crossed, paired, labelled, least)


def _grouping(
    measures: Mapping[str, Measure], crossed: Sequence[Groups], paired: Places, labelled: Places, least: int
) -> Grouping:
    known = np.all([one.places != UNKNOWN for one in crossed], axis=0)
    sizes = [len(one.labels) for one in crossed]
    codes = np.full(len(known), UNKNOWN)
    codes[known] = np.ravel_multi_index([one.places[known] for one in crossed], sizes)
    found, members = [], []
    for code in np.unique(codes[labelled]):
        if code != UNKNOWN:
            places = np.unravel_index(code, sizes)
            labels = {one.name: one.labels[place] for one, place in zip(crossed, places, strict=True)}
            inside = labelled[codes[labelled] == code]
            members.append(inside)
            found.append(_group(labels, measures, paired[codes[paired] == code], inside, least))
    gaps = {name: _gap(name, measure, found, members) for name, measure in measures.items()}
    return Grouping(
        by=tuple(one.name for one in crossed),
        unknown=int((codes[paired] == UNKNOWN).sum()),
        groups=tuple(found),
        gaps={name: gap for name, gap in gaps.items() if gap is not None},
    )


def _group(
    labels: Mapping[str, str], measures: Mapping[str, Measure], paired: Places, labelled: Places, least: int
) -> Group:
    return Group(
        labels=labels,
        n=len(paired),
        figures={name: measure.figure(labelled, least) for name, measure in measures.items()},
    )


def _gap(name: str, measure: Measure, groups: Sequence[Group], members: Sequence[Rows]) -> Gap | None:
    values = [(value, i) for i, group in enumerate(groups) if (value := group.figures[name].value) is not None]
    if len(values) < 2:
        return None
    (low, lowest), (high, highest) = min(values), max(values)
    worst = {"high": lowest, "low": highest, "zero": highest if abs(high) >= abs(low) else lowest}[KINDS[name].best]
    difference = measure.resampled(members[highest], seed=metrics.SEED) - measure.resampled(
        members[lowest], seed=metrics.SEED + 1
    )
    interval = metrics.interval_of(difference)
    spreads = [measure.spread(members[i]) for _, i in values]
    return Gap(
        value=high - low,
        low=interval.low,
        high=interval.high,
        highest=groups[highest].name,
        lowest=groups[lowest].name,
        worst=groups[worst].name if high > low else None,
        by_chance=_gap_by_chance([spread for spread in spreads if spread is not None]),
    )


def _gap_by_chance(spreads: Sequence[tuple[float, float, int]]) -> float | None:
    """The range that the means of groups of these sizes would have, were all drawn from one and the same population.

    Means of 30 and more are normally distributed for all that matters here (central limit theorem); this is then the
    range of independent normal variables, as in Tukey's test, with the population's standard deviation by √n.

    Args:
        spreads: mean, standard deviation and size of each group.
    """
    if not spreads:
        return None
    means, deviations, sizes = np.array(spreads).T
    mean = np.average(means, weights=sizes)
    deviation = np.sqrt(np.average(deviations**2 + (means - mean) ** 2, weights=sizes))
    draws = (
        np.random.default_rng(metrics.SEED).normal(size=(metrics.RESAMPLES, len(sizes))) * deviation / np.sqrt(sizes)
    )
    return float(np.percentile(np.ptp(draws, axis=1), _BY_CHANCE))
