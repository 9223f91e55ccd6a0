"""A report on an audience: the whole page, or its content for the web app."""

from __future__ import annotations

from html import escape
from importlib.resources import files
from pathlib import PurePath
from typing import Final

from mien.audience.audience import Audience
from mien.audience.measures import DEFINITIONS
from mien.audience.moments import DAY_S
from mien.audience.report import words
from mien.audience.report.expression_charts import expression_bars, expression_lines
from mien.audience.report.method import method, notes
from mien.audience.report.people_charts import conversion, funnel, pyramid
from mien.audience.report.tables import ages_table, expression_table, group_table, time_table
from mien.audience.report.time_charts import curve, is_wide, typical_day, week
from mien.media.address import scheme_of
from mien.page import document as pages

_MOST_DAYS: Final = 31  # of which every hour is shown
_LEAST_SLOTS: Final = 3  # of which a line over time is drawn
_SECTIONS: Final = {
    "time": "When people come",
    "people": "Who they are",
    "attention": "How they look",
    "expressions": "What they express",
    "tables": "All figures",
    "method": "Method and limits",
}


def page(audience: Audience) -> str:
    """One file that needs nothing else."""
    return pages.document(
        title=title(audience),
        header=header(audience),
        main=content(audience),
        footer=f"<footer><p>Made by Mien {escape(audience.version)} on {words.day(audience.made_at)}, "
        f"{audience.made_at:%H:%M}, from {escape(audience.name)}.</p></footer>",
        style=style(),
    )


def style() -> str:
    """The rules beside those that all reports share."""
    return files("mien.audience.report").joinpath("report.css").read_text(encoding="utf-8")


def title(audience: Audience) -> str:
    """Of the page."""
    sources = audience.sources
    if len(sources) > 1:
        return f"Audience of {len(sources)} {'cameras' if audience.is_live else 'sources'}"
    return f"Audience of {sources[0] if scheme_of(sources[0]) else PurePath(sources[0]).name}"


def header(audience: Audience) -> str:
    """What the figures are of, and the way to the sections."""
    links = "".join(f'<a href="#{name}">{text}</a>' for name, text in _SECTIONS.items())
    sources = "" if len(audience.sources) == 1 else f" {escape(', '.join(audience.sources))}."
    return (
        f'<p class="lead">{words.period(audience.began, audience.ended)}</p><p class="soft">'
        f"{words.hours(audience.watched_s)} watched.{sources} Estimates of appearance, not facts about people; "
        f'intervals hold with 95 % confidence.</p>\n<nav aria-label="Sections">{links}</nav>'
    )


def content(audience: Audience) -> str:
    """Everything below that: headline figures, charts, tables, method."""
    return "\n".join(
        (
            pages.notes(notes(audience)),
            _headline(audience),
            _time(audience),
            _people(audience),
            _attention(audience),
            _expressions(audience),
            _tables(audience),
            method(audience),
        )
    )


def headline(audience: Audience) -> list[tuple[str, str, str]]:
    """The figures that a reader looks for first: name, value, and its interval or a remark."""
    everyone = audience.everyone
    unique, peak = audience.unique, audience.hours.peak()
    cards = [
        ("opportunity to see", words.count(everyone.visits), "people in view"),
        ("watchers", words.count(everyone.watchers), "of them looked at least once"),
    ]
    for name, figure, told in (
        ("conversion ratio", everyone.conversion, words.share),
        ("dwell time", everyone.dwell_s, words.seconds),
        ("attention time", everyone.attention_s, words.seconds),
        ("attraction ratio", everyone.attraction, words.share),
    ):
        value = "–" if figure.value is None else told(figure.value)
        cards.append((name, value, words.interval(figure, told)))
    if unique is None:
        cards.append(("unique visitors", "–", "too few people, or nobody was known again"))
    else:
        cards.append(("unique visitors", f"{unique.value:,}", f"{unique.low:,} to {unique.high:,}"))
        low, high = unique.visits - unique.high, unique.visits - unique.low
        cards.append(("repeat visits", f"{unique.visits - unique.value:,}", f"{low:,} to {high:,}"))
    if peak is not None:
        cards.append(("peak hour", f"{peak[0]:%H}:00", f"{words.day(peak[0])}, {peak[1]:,} people"))
    return cards


def _headline(audience: Audience) -> str:
    items = "".join(
        f'<div title="{escape(DEFINITIONS.get(name, ""))}"><dt>{name}</dt><dd><span class="big">{value}</span><br>'
        f'<span class="small">{below}</span></dd></div>'
        for name, value, below in headline(audience)
    )
    return f'<section aria-label="Headline figures"><dl class="cards">{items}</dl></section>'


def _section(name: str, *parts: str) -> str:
    return f'<section id="{name}"><h2>{_SECTIONS[name]}</h2>{"".join(parts)}</section>'


def _figure(caption: str, chart: str, below: str = "") -> str:
    return f"<figure><figcaption>{caption}</figcaption>{chart}{below}</figure>"


def _key(*entries: tuple[str, str]) -> str:
    """What the colours of a chart mean."""
    items = "".join(f'<span><i class="swatch {kind}"></i>{text}</span>' for kind, text in entries)
    return f'<p class="key small">{items}</p>'


def _time(audience: Audience) -> str:
    key = _key(
        ("column", "in view"), ("strong", "of them looked"), ("few", "hidden, for few people"), ("blind", "not watched")
    )
    cameras = len(audience.sources)
    chart = curve(audience.over_time, cameras=cameras, name="curve")
    if is_wide(audience.over_time):
        chart = f'<div class="wide" tabindex="0" role="region" aria-label="People in view over time">{chart}</div>'
    parts = [_figure("People in view", chart, key)]
    if audience.by_hour_of_day is not None:
        day = _figure(
            "A typical day: people for every hour that a camera watched",
            typical_day(audience.by_hour_of_day, name="day"),
        )
        hours = ""
        if len(audience.hours.days) <= _MOST_DAYS:
            hours = _figure("Every hour: the darker, the more people", week(audience.hours, name="week"))
        parts.append(f'<div class="pair even">{day}{hours}</div>')
    return _section("time", *parts)


def _people(audience: Audience) -> str:
    chart = _figure("Age and gender, as they look", pyramid(audience.ages_of, name="pyramid"))
    return _section("people", f'<div class="pair even">{chart}<div>{ages_table(audience)}</div></div>')


def _attention(audience: Audience) -> str:
    everyone = audience.everyone
    steps = _figure("From in view to attentive", funnel(everyone, audience.funnel, name="funnel"))
    charts = []
    for by, caption in (("age_group", "Who looks: by age group"), ("gender", "Who looks: by gender")):
        groups = audience.groups[by]
        if any(one.conversion.value is not None for one in groups.values()):
            charts.append(_figure(caption, conversion(groups, everyone, title=caption, name=f"look-{by}")))
    return _section("attention", f'<div class="pair even">{steps}<div>{"".join(charts)}</div></div>')


def _expressions(audience: Audience) -> str:
    if not audience.expressions:
        return _section("expressions", '<p class="soft">Too few people to tell.</p>')
    key = _key(("column", "of the time in view"), ("strong", "of the time looking"))
    charts = [_figure("Perceived expressions", expression_bars(audience.expressions, name="expressions-all"), key)]
    slots = audience.expressions_over_time
    if sum(slot.shares is not None for slot in slots) >= _LEAST_SLOTS:
        step_s = int((slots[1].start - slots[0].start).total_seconds())
        lines = expression_lines(slots, step_s, name="expressions-time")
        charts.append(_figure("Over time: share of the time in view", lines))
    return _section("expressions", f'<div class="pair even">{"".join(charts)}</div>')


def _tables(audience: Audience) -> str:
    parts = []
    for by, caption in (("age_group", "age group"), ("gender", "gender"), ("emotion", "main expression")):
        parts.append(f"<h3>By {caption}</h3>{group_table(audience.groups[by], caption)}")
    if audience.expressions:
        parts.append(_folded("Expressions", expression_table(audience)))
    if audience.by_day is not None:
        parts.append(_folded("By day", time_table(audience.by_day, "day", with_date=True)))
    if audience.by_hour_of_day is not None:
        hours = time_table(audience.by_hour_of_day, "hour of the day", with_date=False)
        parts.append(_folded("By hour of the day", hours))
    if audience.over_time.step_s < DAY_S:
        parts.append(_folded("Over time", time_table(audience.over_time, "time", with_date=True)))
    return _section("tables", *parts)


def _folded(caption: str, content: str) -> str:
    return f"<details><summary>{caption}</summary>{content}</details>"
