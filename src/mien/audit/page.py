"""An audit as one HTML file that needs nothing else: charts inline, no scripts, light and dark, fit for print."""

from __future__ import annotations

from html import escape

from mien.audit.audit import INTERVALS, Audit
from mien.audit.html import badge, figure_cell
from mien.audit.kinds import KINDS
from mien.audit.section import section
from mien.audit.show import (
    by_of,
    gap_of,
    head_of,
    interval_of,
    main_figure,
    title_of,
    verdict_of,
    worst_group,
)
from mien.page.document import document, notes, table


def page(audit: Audit) -> str:
    """The whole page."""
    sections = "\n".join(section(attribute, audit) for attribute in audit.attributes)
    return document(
        title=f"Audit of {audit.predictions}",
        header=_about(audit),
        main=f"{notes(audit.notes)}\n{_summary(audit)}\n{sections}",
        footer=_footer(audit),
    )


def _about(audit: Audit) -> str:
    labels = "" if audit.labels is None else f", labels from {escape(audit.labels)}"
    by = f", by {escape(', '.join(map(title_of, audit.by)))}" if audit.by else ""
    links = "".join(f'<a href="#{one.name}">{title_of(one.name)}</a>' for one in audit.attributes)
    return (
        f'<p class="soft">{audit.rows:,} people{labels}{by}. Intervals hold with 95 % confidence; figures of fewer '
        f'than {audit.min_group} people are not told.</p>\n<nav aria-label="Attributes">{links}</nav>'
    )


def _summary(audit: Audit) -> str:
    rows = []
    for attribute in audit.attributes:
        name = main_figure(attribute)
        everyone = figure_cell(name, attribute.everyone.figures[name])
        told = [one for one in attribute.groupings if name in one.gaps and len(one.by) == 1]
        start = f'<th scope="row">{title_of(attribute.name)}, {head_of(name)}</th>{everyone}'
        for grouping in told:
            gap = grouping.gaps[name]
            worst, figure = worst_group(attribute, grouping)
            rows.append(
                f'<tr>{start}<td class="left">{escape(by_of(grouping))}</td><td class="left">{escape(worst)}</td>'
                f"{figure_cell(name, figure)}<td>{gap_of(name, gap)}"
                f"<small>{interval_of(name, gap.low, gap.high)}</small></td>"
                f'<td class="left">{badge(verdict_of(gap))}</td></tr>'
            )
            start = '<th scope="row"></th><td></td>'
        if not told:
            rows.append(f'<tr>{start}<td class="left soft" colspan="5">no two groups that are large enough</td></tr>')
    head = ("figure", "everyone", "by", "worst group", "its value", "gap to the best", "")
    return f"<h2>The worst-served groups</h2>{table(head, rows, left=(2, 3, 6))}"


def _footer(audit: Audit) -> str:
    used = dict.fromkeys(name for attribute in audit.attributes for name in attribute.everyone.figures)
    meanings = "".join(f"<dt>{KINDS[name].title}</dt><dd>{KINDS[name].meaning}</dd>" for name in used)
    return (
        f"<footer><h3>How to read this</h3><p>Intervals: {INTERVALS}. By chance: the gap that would not be exceeded "
        "in 95 of 100 cases were all people of all groups alike; the more groups, the larger. A difference between "
        "groups of photographs may come from the photographs: their light, size and pose.</p>"
        f"<dl>{meanings}</dl><p>Made by Mien {escape(audit.version)}.</p></footer>"
    )
