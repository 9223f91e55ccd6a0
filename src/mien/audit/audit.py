"""The audit of a table of predictions."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from mien import __version__
from mien.audit.calibration import Calibration, calibration_of
from mien.audit.groups import Group, Grouping, everyone, grouped
from mien.audit.kinds import KINDS
from mien.audit.measures import measures_of
from mien.audit.selective import RiskCoverage, risk_coverage
from mien.audit.table import UNKNOWN, Answers, Table, Years
from mien.errors import DatasetError
from mien.evaluate import metrics
from mien.evaluate.report import rounded

MIN_GROUP: Final = 30  # people; below it a share is known to no better than ± 18 points
INTERVALS: Final = (
    f"95 %: percentile bootstrap over people ({metrics.RESAMPLES} resamples, seed {metrics.SEED}); for shares of all "
    "or none, of which every resample is the same, Wilson's score interval"
)


@dataclass(frozen=True, kw_only=True)
class Attribute:
    """The audit of one attribute.

    Attributes:
        name: of the attribute.
        classes: its classes; `None` for an age in years.
        labelled: people of whom the truth is known.
        everyone: all of those with a prediction.
        groupings: by group, then by crossings of two kinds of group, and so on.
        calibration: `None` without confidences.
        risk_coverage: `None` without confidences.
    """

    name: str
    classes: tuple[str, ...] | None
    labelled: int
    everyone: Group
    groupings: tuple[Grouping, ...]
    calibration: Calibration | None
    risk_coverage: RiskCoverage | None


@dataclass(frozen=True, kw_only=True)
class Audit:
    """All of it.

    Attributes:
        version: of Mien.
        predictions: the file's name.
        labels: the file's name, where it is another.
        rows: people in it.
        by: what people were told apart by.
        min_group: people whom a figure needs to be told.
        notes: what was left out, and how cells were understood.
        attributes: one by one.
    """

    version: str
    predictions: str
    labels: str | None
    rows: int
    by: tuple[str, ...]
    min_group: int
    notes: tuple[str, ...]
    attributes: tuple[Attribute, ...]

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready: attributes by name; a figure or gap that cannot be told is `null`, and its group `too_small`."""
        content: dict[str, Any] = rounded(dataclasses.asdict(self))
        content["attributes"] = {one.pop("name"): one for one in content["attributes"]}
        for one, attribute in zip(content["attributes"].values(), self.attributes, strict=True):
            one["everyone"]["too_small"] = attribute.everyone.too_small
            for grouping, known in zip(one["groupings"], attribute.groupings, strict=True):
                for group, original in zip(grouping["groups"], known.groups, strict=True):
                    group["too_small"] = original.too_small
        used = {name for attribute in self.attributes for name in attribute.everyone.figures}
        figures = {name: dataclasses.asdict(kind) for name, kind in KINDS.items() if name in used}
        attributes = content.pop("attributes")
        return content | {"intervals": INTERVALS, "figures": figures, "attributes": attributes}


def audit(table: Table, *, min_group: int = MIN_GROUP, progress: Callable[[str], None] = lambda name: None) -> Audit:
    """Take every figure of every group.

    Args:
        table: from `read_table`.
        min_group: people whom a figure needs to be told.
        progress: called with the name of each attribute before its turn.

    Raises:
        DatasetError: no attribute has so many people, so there is nothing to tell.
    """
    sources: list[Years | Answers] = [*([] if table.years is None else [table.years]), *table.answers]
    attributes = []
    for one in sources:
        progress(one.name)
        attributes.append(_attribute(one, table, min_group))
    if all(attribute.everyone.too_small for attribute in attributes):
        told = ", ".join(f"{attribute.name} {attribute.everyone.n}" for attribute in attributes)
        raise DatasetError(
            f"{table.path}: too few people for any figure ({told}), wanted {min_group}; add rows or lower --min-group"
        )
    small = [attribute for attribute in attributes if _all_too_small(attribute)]
    notes = [
        f"{attribute.name}: every group has fewer than {min_group} people, so no groups are compared"
        for attribute in small
    ]
    return Audit(
        version=__version__,
        predictions=table.path.name,
        labels=None if table.labels_path is None else table.labels_path.name,
        rows=table.rows,
        by=tuple(groups.name for groups in table.groups),
        min_group=min_group,
        notes=(*table.notes, *notes),
        attributes=tuple(attributes),
    )


def _all_too_small(attribute: Attribute) -> bool:
    groups = [group for grouping in attribute.groupings for group in grouping.groups]
    return bool(groups) and all(group.too_small for group in groups)


def _attribute(one: Years | Answers, table: Table, least: int) -> Attribute:
    measures = measures_of(one)
    paired, labelled = np.flatnonzero(one.paired), np.flatnonzero(one.labelled)
    return Attribute(
        name=one.name,
        classes=None if isinstance(one, Years) else one.labels,
        labelled=len(labelled),
        everyone=everyone(measures, paired, labelled, least=least),
        groupings=tuple(grouped(measures, table.groups, paired, labelled, least=least)),
        calibration=None if isinstance(one, Years) else _calibration(one, least),
        risk_coverage=_risk_of_years(one, least) if isinstance(one, Years) else _risk_of_answers(one, least),
    )


def _calibration(one: Answers, least: int) -> Calibration | None:
    rows = one.labelled & ~np.isnan(one.confidence)
    if rows.sum() < least:
        return None
    return calibration_of(one.confidence[rows], (one.truth == one.predicted)[rows], least=least)


def _risk_of_answers(one: Answers, least: int) -> RiskCoverage | None:
    rows = one.labelled & ~np.isnan(one.confidence) & (one.predicted != UNKNOWN)
    if rows.sum() < least:
        return None
    wrong = (one.truth != one.predicted)[rows].astype(np.float64)
    order = "probability of the class, highest first"
    return risk_coverage(wrong, one.confidence[rows], least=least, name="error rate", order=order)


def _risk_of_years(years: Years, least: int) -> RiskCoverage | None:
    rows = years.paired & ~np.isnan(years.low)
    if rows.sum() < least:
        return None
    error = np.abs(years.predicted - years.truth)[rows]
    width = (years.high - years.low)[rows]
    order = "width of the predicted interval, narrowest first"
    return risk_coverage(error, width, least=least, name="absolute error, years", order=order, lowest_first=True)
