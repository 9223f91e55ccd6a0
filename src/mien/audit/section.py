"""One attribute's part of the page."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import Final

from mien.audit.audit import Attribute, Audit
from mien.audit.charts import best_first, calibration_chart, group_chart, risk_chart
from mien.audit.groups import Group, Grouping
from mien.audit.html import badge, figure_cell
from mien.audit.kinds import KINDS
from mien.audit.show import (
    MORE,
    by_of,
    chance_of,
    gap_of,
    head_of,
    interval_of,
    main_figure,
    title_of,
    value_of,
    verdict_of,
)
from mien.evaluate.report import Figure
from mien.page.document import table

_OPEN: Final = 2  # crossings of more kinds of group than that are folded away
_BESIDE: Final = 5  # columns of figures that have room beside a chart


def section(attribute: Attribute, audit: Audit) -> str:
    """Cards of what holds for everyone, the curves, then every grouping."""
    everyone = attribute.everyone
    missing = attribute.labelled - everyone.n
    told = f"{everyone.n:,} people with a label and a prediction"
    told += f"; {missing:,} more are labelled, but have no prediction" if missing else ""
    if attribute.classes is not None:
        told += f". Classes: {', '.join(map(title_of, attribute.classes))}"
    cards = "".join(
        f'<div title="{escape(KINDS[name].meaning)}"><dt>{KINDS[name].title}</dt><dd><span class="big">'
        f"{value_of(name, figure.value)}</span><br>"
        f'<span class="small">{_interval_and_n(name, figure, audit)}</span></dd></div>'
        for name, figure in everyone.figures.items()
    )
    groupings = "".join(_grouping(attribute, grouping, audit) for grouping in attribute.groupings)
    return (
        f'<section id="{attribute.name}"><h2>{title_of(attribute.name)}</h2><p class="soft">{told}.</p>'
        f'<dl class="cards">{cards}</dl>{_curves(attribute)}{groupings}</section>'
    )


def _interval_and_n(name: str, figure: Figure, audit: Audit) -> str:
    if figure.value is None:
        return f"a class or all has fewer than {audit.min_group} people"
    return f"{interval_of(name, figure.low, figure.high)}, n = {figure.n:,}"


def _grouping(attribute: Attribute, grouping: Grouping, audit: Audit) -> str:
    figure = main_figure(attribute)
    name = f"{attribute.name}-{'-'.join(str(audit.by.index(way)) for way in grouping.by)}"
    large = [group for group in grouping.groups if not group.too_small]
    small = [group for group in grouping.groups if group.too_small]
    content = ""
    if any(group.figures[figure].value is not None for group in large):
        chart = group_chart(figure, large, attribute.everyone.figures[figure], name=name)
        content += _beside(chart, _groups(attribute, grouping, large), _gaps(grouping), len(attribute.everyone.figures))
    elif large:
        content += _groups(attribute, grouping, large)
    if small:
        listed = ", ".join(f"{escape(group.name)} ({group.n})" for group in small)
        content += (
            f'<p class="small"><strong>Too small to tell</strong>, fewer than {audit.min_group} people: {listed}.</p>'
        )
    if grouping.unknown:
        content += f'<p class="small">{grouping.unknown:,} people more, of whom the group is not known.</p>'
    heading = f"By {escape(by_of(grouping))}"
    if len(grouping.by) == 1:
        return f"<h3>{heading}</h3>{content}"
    is_open = " open" if len(grouping.by) <= _OPEN and large else ""
    return f"<details{is_open}><summary>{heading}</summary>{content}</details>"


def _beside(chart: str, groups: str, gaps: str, figures: int) -> str:
    """The chart with the groups beside it; where those have too many columns, with the gaps."""
    right, below = (groups, gaps) if figures <= _BESIDE or not gaps else (gaps, groups)
    return f'<div class="pair"><figure>{chart}</figure>{right}</div><div class="below">{below}</div>'


def _groups(attribute: Attribute, grouping: Grouping, groups: Sequence[Group]) -> str:
    names = [
        name for name in attribute.everyone.figures if any(group.figures[name].value is not None for group in groups)
    ]
    gap = grouping.gaps.get(main_figure(attribute))
    worst = gap.worst if gap is not None and verdict_of(gap) == MORE else None
    rows = []
    for group in best_first(groups, main_figure(attribute)):
        cells = "".join(figure_cell(name, group.figures[name]) for name in names)
        mark, said = (' class="worst"', "<small>worst</small>") if group.name == worst else ("", "")
        rows.append(f'<tr{mark}><th scope="row">{escape(group.name)}{said}</th><td>{group.n:,}</td>{cells}</tr>')
    return table(("group", "n", *(head_of(name) for name in names)), rows)


def _gaps(grouping: Grouping) -> str:
    rows = [
        f'<tr><th scope="row">{KINDS[name].title}</th><td>{gap_of(name, gap)}</td>'
        f"<td>{interval_of(name, gap.low, gap.high)}</td><td>{chance_of(name, gap)}</td>"
        f'<td class="left">{escape(gap.highest)}</td><td class="left">{escape(gap.lowest)}</td>'
        f'<td class="left">{badge(verdict_of(gap))}</td></tr>'
        for name, gap in grouping.gaps.items()
    ]
    head = ("gap between groups", "gap", "95 %", "by chance up to", "highest", "lowest", "")
    return table(head, rows, left=(4, 5, 6)) if rows else ""


def _curves(attribute: Attribute) -> str:
    content = ""
    if (calibration := attribute.calibration) is not None:
        chart = calibration_chart(calibration, name=f"{attribute.name}-calibration")
        rows = [
            f'<tr><th scope="row">{one.low:.1%} to {one.high:.1%}</th><td>{one.n:,}</td><td>{one.confidence:.1%}</td>'
            f"{figure_cell('accuracy', one.accuracy) if one.accuracy.value is not None else '<td>too few</td>'}</tr>"
            for one in calibration.bins
        ]
        ece = calibration.ece
        content += (
            f"<figure><figcaption>Calibration: expected error {value_of('accuracy', ece.value)}</figcaption>"
            f'<p class="small">95 %: {interval_of("accuracy", ece.low, ece.high)}, n = {ece.n:,}. Perfect calibration '
            f"would show up to {calibration.by_chance:.1%} by chance.</p>{chart}<details><summary>As a table</summary>"
            f"{table(('confidence', 'n', 'mean', 'accuracy'), rows)}</details></figure>"
        )
    if (curve := attribute.risk_coverage) is not None and curve.points:
        name = "accuracy" if curve.loss == "error rate" else "mae"
        rows = [
            f'<tr><th scope="row">{point.coverage:.0%}</th><td>{point.risk.n:,}</td><td>{point.threshold:.3g}</td>'
            f"{figure_cell(name, point.risk)}</tr>"
            for point in curve.points
        ]
        content += (
            f"<figure><figcaption>What keeping only the surest buys</figcaption>"
            f'<p class="small">Ordered by the {curve.order}. Area under the curve: {value_of(name, curve.area)}; '
            f"in no order it would be {value_of(name, curve.points[0].risk.value)}.</p>"
            f"{risk_chart(curve, name=f'{attribute.name}-risk')}<details><summary>As a table</summary>"
            f"{table(('kept', 'n', 'threshold', curve.loss), rows)}</details></figure>"
        )
    return f'<div class="curves">{content}</div>' if content else ""
