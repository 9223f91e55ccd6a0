"""An audit as tables for the terminal."""

from __future__ import annotations

from collections.abc import Iterator

from rich import box
from rich.console import RenderableType
from rich.markup import escape
from rich.table import Table

from mien.audit.audit import Attribute, Audit
from mien.audit.groups import Grouping
from mien.audit.kinds import KINDS
from mien.audit.show import (
    by_of,
    chance_of,
    gap_of,
    interval_of,
    main_figure,
    title_of,
    value_of,
    verdict_of,
    worst_group,
)


def tables(audit: Audit) -> Iterator[RenderableType]:
    """A heading, what holds for everyone, and the worst group of each grouping."""
    labels = "" if audit.labels is None else f", labels from {audit.labels}"
    yield escape(f"audit of {audit.predictions}{labels}: {audit.rows:,} people")
    yield _everyone(audit)
    for attribute in audit.attributes:
        if attribute.groupings:
            title = f"{title_of(attribute.name)}, {KINDS[main_figure(attribute)].title}"
            yield f"{title}: the worst of the groups with {audit.min_group} people or more"
            yield _worst(attribute)


def _everyone(audit: Audit) -> Table:
    table = _table(("attribute", "figure"), ("value", "95 % interval", "n"))
    for attribute in audit.attributes:
        first = title_of(attribute.name)
        for name, figure in attribute.everyone.figures.items():
            interval = interval_of(name, figure.low, figure.high)
            table.add_row(first, KINDS[name].title, value_of(name, figure.value), interval, f"{figure.n:,}")
            first = ""
        if (calibration := attribute.calibration) is not None:
            ece = calibration.ece
            interval = interval_of("accuracy", ece.low, ece.high)
            table.add_row("", "calibration error (ECE)", value_of("accuracy", ece.value), interval, f"{ece.n:,}")
    return table


def _worst(attribute: Attribute) -> Table:
    table = _table(("by", "worst group"), ("value", "95 %", "n", "gap", "95 %", "by chance"), ("",))
    for grouping in attribute.groupings:
        table.add_row(escape(by_of(grouping)), *_worst_cells(attribute, grouping))
    return table


def _worst_cells(attribute: Attribute, grouping: Grouping) -> tuple[str, ...]:
    name = main_figure(attribute)
    if name not in grouping.gaps:
        told = [group for group in grouping.groups if group.figures[name].value is not None]
        return (f"only {told[0].name} is large enough" if told else "all groups are too small",)
    gap = grouping.gaps[name]
    worst, figure = worst_group(attribute, grouping)
    return (
        escape(worst),
        value_of(name, figure.value),
        interval_of(name, figure.low, figure.high),
        f"{figure.n:,}",
        gap_of(name, gap),
        interval_of(name, gap.low, gap.high),
        chance_of(name, gap),
        verdict_of(gap),
    )


def _table(left: tuple[str, ...], right: tuple[str, ...], last: tuple[str, ...] = ()) -> Table:
    table = Table(box=box.SIMPLE_HEAD)
    for name in left:
        table.add_column(name)
    for name in right:
        table.add_column(name, justify="right")
    for name in last:
        table.add_column(name)
    return table
