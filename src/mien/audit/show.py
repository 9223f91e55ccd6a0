"""Figures as people read them."""

from __future__ import annotations

from typing import Final

from mien.audit.audit import Attribute
from mien.audit.groups import Gap, Grouping
from mien.audit.kinds import KINDS
from mien.evaluate.report import Figure

MORE: Final = "more than chance"


def value_of(name: str, value: float | None) -> str:
    """A value of a figure, with its unit.

    >>> value_of("accuracy", 0.871), value_of("bias", 1.234), value_of("overconfidence", -0.02), value_of("mae", None)
    ('87.1%', '+1.23 years', '−2.0 points', '–')
    """
    if value is None:
        return "–"
    unit, signed = KINDS[name].unit, KINDS[name].best == "zero"
    text = {"share": f"{value:.1%}", "points": f"{100 * value:+.1f} points", "years": f"{value:.2f} years"}[unit]
    return (f"+{text}" if signed and unit == "years" and value >= 0 else text).replace("-", "−")


def number_of(name: str, value: float | None) -> str:
    """The same for columns whose head has the unit: without it, but for %.

    >>> number_of("accuracy", 0.871), number_of("bias", 1.234)
    ('87.1%', '+1.23')
    """
    return value_of(name, value).partition(" ")[0]


def head_of(name: str) -> str:
    """A figure's title with its unit, for columns of `number_of`.

    >>> head_of("accuracy"), head_of("mae")
    ('accuracy', 'mean absolute error, years')
    """
    unit = KINDS[name].unit
    return KINDS[name].title + ("" if unit == "share" else f", {unit}")


def interval_of(name: str, low: float | None, high: float | None) -> str:
    """An interval, without its unit.

    >>> interval_of("accuracy", 0.8, 0.9), interval_of("bias", -1.5, 2.0)
    ('80.0 to 90.0', '−1.50 to 2.00')
    """
    if low is None or high is None:
        return ""
    scale, digits = (1, 2) if KINDS[name].unit == "years" else (100, 1)
    return f"{scale * low:.{digits}f} to {scale * high:.{digits}f}".replace("-", "−")


def gap_of(name: str, gap: Gap) -> str:
    """The size of a gap; differences of shares are in percentage points."""
    return f"{gap.value:.2f} years" if KINDS[name].unit == "years" else f"{100 * gap.value:.1f} points"


def chance_of(name: str, gap: Gap) -> str:
    """The gap that chance alone would make."""
    if gap.by_chance is None:
        return ""
    return f"{gap.by_chance:.2f}" if KINDS[name].unit == "years" else f"{100 * gap.by_chance:.1f}"


def verdict_of(gap: Gap) -> str:
    """Whether chance explains a gap."""
    if gap.by_chance is None:
        return ""
    return MORE if gap.value > gap.by_chance else "may be chance"


def title_of(name: str) -> str:
    """An attribute's or a column's name in words."""
    return name.replace("_", " ")


def by_of(grouping: Grouping) -> str:
    """What the groups are told apart by.

    >>> by_of(Grouping(by=("gender", "age_group"), unknown=0, groups=(), gaps={}))
    'gender × age group'
    """
    return " × ".join(title_of(name) for name in grouping.by)


def main_figure(attribute: Attribute) -> str:
    """The figure that stands for the attribute in summaries and charts: the first that it has."""
    return next(iter(attribute.everyone.figures))


def worst_group(attribute: Attribute, grouping: Grouping) -> tuple[str, Figure]:
    """Name and figure of the group that is served worst in the main figure, of a grouping that has its gap.

    Where all are alike there is none, which the name then says.
    """
    name = main_figure(attribute)
    gap = grouping.gaps[name]
    figure = next(group.figures[name] for group in grouping.groups if group.name == (gap.worst or gap.lowest))
    return gap.worst or "all alike", figure
