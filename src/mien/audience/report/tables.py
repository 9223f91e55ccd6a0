"""The tables of a report: as HTML, and as CSV files."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Mapping, Sequence
from html import escape
from typing import Any, Final

from mien.audience.audience import Audience
from mien.audience.measures import Measures
from mien.audience.report import words
from mien.audience.timeline import Timeline
from mien.evaluate.figure import Figure
from mien.page.document import table

FIGURES: Final = ("conversion", "dwell_s", "attention_s", "attraction")
_TOLD: Final[Mapping[str, Callable[[float], str]]] = {
    "conversion": words.share,
    "dwell_s": words.seconds,
    "attention_s": words.seconds,
    "attraction": words.share,
}
_HEAD: Final = ("in view", "looked", "conversion ratio", "dwell time", "attention time", "attraction ratio")


def group_table(groups: Mapping[str, Measures], title: str) -> str:
    """One row a group.

    Args:
        groups: name → measures.
        title: of the first column.
    """
    rows = (f'<tr><th scope="row">{escape(name)}</th>{_cells(one)}</tr>' for name, one in groups.items())
    return table((title, *_HEAD), rows, label=f"Figures by {title}")


def time_table(timeline: Timeline, title: str, *, with_date: bool) -> str:
    """One row a slot in which a camera watched, or people were seen.

    Args:
        timeline: slots.
        title: of the first column.
        with_date: whether slots are told with their date.
    """
    rows = []
    for slot in timeline.slots:
        if slot.watched_s or slot.measures.visits != 0:
            when = (words.slot if with_date else words.clock)(slot.start, timeline.step_s)
            watched = f"<td>{words.hours(slot.watched_s)}</td>"
            rows.append(f'<tr><th scope="row">{when}</th>{watched}{_cells(slot.measures)}</tr>')
    return table((title, "watched", *_HEAD), rows, label=f"Figures by {title}")


def expression_table(audience: Audience) -> str:
    """One row an expression."""
    rows = []
    for one in audience.expressions:
        cells = "".join(_cell(figure, words.share) for figure in (one.in_view, one.looking))
        rows.append(f'<tr><th scope="row">{escape(one.label)}</th>{cells}</tr>')
    head = ("expression", "share of the time in view", "share of the time looking")
    return table(head, rows, label="Expressions")


def ages_table(audience: Audience) -> str:
    """Ages by gender."""
    genders = list(audience.ages_of)
    rows = [
        f'<tr><th scope="row">{escape(age)}</th>'
        + "".join(f"<td>{words.count(audience.ages_of[gender][age])}</td>" for gender in genders)
        + "</tr>"
        for age in audience.ages_of[genders[0]]
    ]
    return table(("age group", *genders), rows, label="People in view by age and gender")


def csv_files(audience: Audience) -> dict[str, str]:
    """Name of a file → its content; cells of too few people are empty."""
    files = {
        "everyone.csv": _csv([{"what": "everyone"} | _row(audience.everyone) | _unique(audience)]),
        "over_time.csv": _csv(_time_rows(audience.over_time)),
        "hours.csv": _csv(_hour_rows(audience)),
        "attention.csv": _csv(
            {"attention_s": seconds, "people": people} for seconds, people in audience.funnel.items()
        ),
        "age_by_gender.csv": _csv(
            {"gender": gender, "age_group": age, "visits": visits}
            for gender, ages in audience.ages_of.items()
            for age, visits in ages.items()
        ),
        "expressions.csv": _csv(
            {"expression": one.label} | _ends("in_view", one.in_view) | _ends("looking", one.looking)
            for one in audience.expressions
        ),
        "expressions_over_time.csv": _csv(
            {"start": slot.start.isoformat()} | dict(slot.shares or {}) for slot in audience.expressions_over_time
        ),
    }
    for by, groups in audience.groups.items():
        files[f"by_{by}.csv"] = _csv({by: name} | _row(one) for name, one in groups.items())
    for name, timeline in (("by_day", audience.by_day), ("by_hour_of_day", audience.by_hour_of_day)):
        if timeline is not None:
            files[f"{name}.csv"] = _csv(_time_rows(timeline))
    return files


def _cells(measures: Measures) -> str:
    counts = "".join(f"<td>{words.count(people)}</td>" for people in (measures.visits, measures.watchers))
    return counts + "".join(_cell(getattr(measures, name), told) for name, told in _TOLD.items())


def _cell(figure: Figure, told: Callable[[float], str]) -> str:
    if figure.value is None:
        return '<td class="soft">–</td>'
    return f"<td>{told(figure.value)}<small>{words.interval(figure, told)}</small></td>"


def _time_rows(timeline: Timeline) -> Iterable[dict[str, Any]]:
    of_day = timeline.slots[0].start.year == 1970
    return (
        {
            "start": f"{slot.start:%H:%M}" if of_day else slot.start.isoformat(),
            "length_s": timeline.step_s,
            "watched_s": round(slot.watched_s, 1),
        }
        | _row(slot.measures)
        for slot in timeline.slots
    )


def _hour_rows(audience: Audience) -> Iterable[dict[str, Any]]:
    hours = audience.hours
    return (
        {"day": day.isoformat(), "hour": hour, "watched_s": round(watched_s, 1), "visits": visits}
        for day, row, seconds in zip(hours.days, hours.visits, hours.watched_s, strict=True)
        for hour, (visits, watched_s) in enumerate(zip(row, seconds, strict=True))
    )


def _row(measures: Measures) -> dict[str, Any]:
    row: dict[str, Any] = {"visits": measures.visits, "read": measures.read, "watchers": measures.watchers}
    for name in FIGURES:
        row |= _ends(name, getattr(measures, name))
    return row


def _ends(name: str, figure: Figure) -> dict[str, float | None]:
    ends = {name: figure.value, f"{name}_low": figure.low, f"{name}_high": figure.high}
    return {key: None if value is None else round(value, 6) for key, value in ends.items()}


def _unique(audience: Audience) -> dict[str, int | None]:
    unique = audience.unique
    ends = (None, None, None) if unique is None else (unique.value, unique.low, unique.high)
    return dict(zip(("unique_visitors", "unique_visitors_low", "unique_visitors_high"), ends, strict=True))


def _csv(rows: Iterable[Mapping[str, Any]]) -> str:
    rows = list(rows)
    names: Sequence[str] = list(dict.fromkeys(name for row in rows for name in row))
    text = io.StringIO()
    writer = csv.DictWriter(text, names, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()
