"""A run as one HTML file that needs nothing else: who is in a data set, how much of it was seen, how that is known."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape
from typing import Final

from mien.dataset.charts import class_chart, histogram, interval, percent, shown
from mien.dataset.prevalence import Corrected
from mien.dataset.quantities import AGE_BINS, AGE_STEP, QUALITY_BINS
from mien.dataset.shares import Shares
from mien.dataset.summary import INTERVALS, Summary
from mien.evaluate.figure import Figure
from mien.page.document import document, notes, table

_STYLE: Final = """svg .filled { fill: var(--accent); opacity: 0.8; }
svg .share { fill: var(--accent); opacity: 0.4; }
@media screen and (max-width: 720px) { figure svg { font-size: 14px; } }
@media print { section + section { break-before: auto; } section { break-inside: avoid; } }
"""
_LIMITS: Final = (
    "Age, gender, race and expression are what faces look like to a network, not what people are or feel. Labels are "
    "the most probable classes, those called unsure among them: leaving them out would bias the shares. People whose "
    "faces are not found, because they are turned, small or covered, are in no figure. One person in several pictures "
    "counts several times."
)
_CORRECTED: Final = (
    "Counting predicted labels is biased wherever a network confuses classes, most of all for rare ones. Corrected "
    "shares are those that, confused as often as in a labelled sample, give what was counted: Rogan and Gladen (1978) "
    "for two classes, the distribution of greatest likelihood for more. They hold where faces of one class are "
    "confused here as often as there; label some of your own pictures, and give them with --validation, to be sure."
)


def page(summary: Summary) -> str:
    """The whole page."""
    sections = [_coverage(summary), *(_ages(summary))]
    sections += [_classes(summary, name) for name in summary.classes]
    sections.append(_quality(summary))
    manifest = summary.manifest
    named = ", ".join(f"{escape(name)} {escape(model['version'])}" for name, model in manifest.models.items())
    header = (
        f'<p class="soft">{summary.people:,} people in {summary.pictures:,} pictures. Intervals hold with 95 % '
        f"confidence. Networks: {named}.</p>"
    )
    told = f"<h3>How to read this</h3><p>{_LIMITS}</p><p>Intervals: {INTERVALS}.</p>"
    told += f"<p>{_CORRECTED}</p>{_sources(summary.corrected.values())}" if summary.corrected else ""
    footer = f"<footer>{told}<p>Made by Mien {escape(manifest.version)}; run {manifest.run}.</p></footer>"
    main = notes(summary.notes) + _cards(summary) + "".join(sections)
    return document(title=f"Data set {summary.name}", header=header, main=main, footer=footer, style=_STYLE)


def _sources(corrected: Iterable[Corrected]) -> str:
    items = "".join(
        f"<li>{escape(shown(name))}: {escape(source)}</li>"
        for name, source in ((" / ".join(map(shown, one.labels)), one.source) for one in corrected)
    )
    return f"<p>Labelled samples that shares are corrected by:</p><ul>{items}</ul>"


def _cards(summary: Summary) -> str:
    means = summary.means
    seen = summary.coverage.figures[0]
    cards = [
        ("pictures", f"{summary.pictures:,}", ""),
        ("with people in view", percent(seen.value), interval(seen.low, seen.high)),
        ("people", f"{summary.people:,}", ""),
        ("people a picture", *_number(means["faces"], 2)),
        ("mean apparent age", *_number(means["age"], 1)),
        ("mean quality", *_number(means["quality"], 2)),
    ]
    told = "".join(
        f'<div><dt>{name}</dt><dd><span class="big">{value}</span><br><span class="small">{below}</span></dd></div>'
        for name, value, below in cards
    )
    return f'<dl class="cards">{told}</dl>'


def _number(figure: Figure, digits: int) -> tuple[str, str]:
    if figure.value is None:
        return "–", "not computed"
    if figure.low is None or figure.high is None:
        return f"{figure.value:.{digits}f}", ""
    return f"{figure.value:.{digits}f}", f"{figure.low:.{digits}f} to {figure.high:.{digits}f}"


def _coverage(summary: Summary) -> str:
    one = summary.coverage
    chart = class_chart(one, None, name="coverage", title="Pictures by what became of them", of="pictures")
    return _section("coverage", "Coverage", chart, _table(one, None))


def _ages(summary: Summary) -> list[str]:
    one = summary.histograms.get("age")
    if one is None:
        return []
    edges = [str(AGE_STEP * i) if i % 2 == 0 else "" for i in range(AGE_BINS)]
    chart = histogram(one, name="age", title="apparent age, years", edges=edges)
    figures = f"<details><summary>In steps of {AGE_STEP} years</summary>{_table(one, None)}</details>"
    return [_section("ages", "Apparent age", chart, figures)]


def _classes(summary: Summary, name: str) -> str:
    one, corrected = summary.classes[name], summary.corrected.get(name)
    chart = class_chart(one, corrected, name=f"class-{name}", title=f"People by {shown(name)}")
    below = ""
    if corrected is not None:
        below = f'<p class="small">Bars: as counted. Dots: corrected by {escape(corrected.source)}.</p>'
    return _section(name, shown(name), chart + below, _table(one, corrected))


def _quality(summary: Summary) -> str:
    unsure = _table(summary.unsure, None, head="unsure")
    one = summary.histograms.get("quality")
    if one is None:
        return f'<section id="quality"><h2>Certainty</h2>{unsure}</section>'
    edges = [f"{i / QUALITY_BINS:.1f}" for i in range(QUALITY_BINS)]
    chart = histogram(one, name="quality", title="quality of the faces", edges=edges)
    against = _table(summary.reasons, None, head="what speaks against it")
    return _section("quality", "Quality and certainty", chart, against + unsure)


def _section(name: str, title: str, chart: str, beside: str) -> str:
    return (
        f'<section id="{name}"><h2>{escape(title)}</h2><div class="pair"><figure>{chart}</figure>'
        f"<div>{beside}</div></div></section>"
    )


def _table(one: Shares, corrected: Corrected | None, *, head: str = "") -> str:
    rows = []
    for place, (label, figure) in enumerate(zip(one.labels, one.figures, strict=True)):
        if figure.value == 0 and len(one.labels) > 10:  # empty steps of a histogram
            continue
        row = f'<th scope="row">{escape(shown(label))}</th>{_cell(figure.value, figure.low, figure.high)}'
        if corrected is not None:
            row += _cell(corrected.shares[place], corrected.low[place], corrected.high[place])
        rows.append(f"<tr>{row}</tr>")
    columns = (head or shown(one.name), "counted", *(["corrected"] if corrected is not None else []))
    return table(columns, rows, label=head or shown(one.name))


def _cell(value: float | None, low: float | None, high: float | None) -> str:
    return f"<td>{percent(value)}<small>{interval(low, high)}</small></td>"
