"""Charts of when people come: the curve, a typical day, and the hours of the week."""

from __future__ import annotations

from typing import Final

from mien.audience.moments import DAY_S, HOUR_S
from mien.audience.report import words
from mien.audience.timeline import HoursOfDays, Slot, Timeline
from mien.page.svg import LETTER, Axis, bar, line, picture
from mien.page.svg import words as text

_WIDTH: Final = 1180
_NARROW: Final = 560
_HEIGHT: Final = 270
_FEW_SLOTS: Final = 7  # which need no wide chart
_LEFT, _RIGHT, _TOP, _BOTTOM = 52, 10, 14, 46
_LEAST_WATCHED: Final = 0.02  # share of a slot below which nobody watched
_HIDDEN_PX: Final = 12  # height of a column of which the number is not told
_WIDEST_PX: Final = 64  # of a column


def is_wide(timeline: Timeline) -> bool:
    """Whether its curve takes the whole width of a page."""
    return len(timeline.slots) > _FEW_SLOTS


_CELL: Final = 22  # px of the hours of the week
_SHADES: Final = 6


def curve(timeline: Timeline, *, cameras: int, name: str) -> str:
    """A column for every slot: people in view, and those of them who looked; grey where nobody watched.

    Args:
        timeline: at least one slot.
        cameras: number of sources.
        name: of the chart, unique on its page.
    """
    slots = timeline.slots
    width = _WIDTH if is_wide(timeline) else _NARROW
    most = max((slot.measures.visits or 0 for slot in slots), default=0)
    y = Axis.over([0, max(most, 1)], _HEIGHT - _BOTTOM, _TOP)
    wide = (width - _LEFT - _RIGHT) / len(slots)
    content = _levels(y, width)
    for place, slot in enumerate(slots):
        x = _LEFT + place * wide
        watched = slot.watched_s / (timeline.step_s * cameras)
        if watched < _LEAST_WATCHED:
            told = f"{words.slot(slot.start, timeline.step_s)}: no camera watched"
            content.append(bar(round(x, 1), _TOP, round(wide, 1), y(0) - _TOP, "blind", told))
            continue
        column = min(wide * 0.76, _WIDEST_PX)
        content += _column(slot, timeline.step_s, x + (wide - column) / 2, column, y)
    content += _dates(timeline, wide, y(0), width)
    peak = max(slots, key=lambda slot: slot.measures.visits or 0)
    told = "all are hidden"
    if peak.measures.visits:
        told = f"most, {peak.measures.visits:,}, in {words.slot(peak.start, timeline.step_s)}"
    return picture(
        content,
        width=width,
        height=_HEIGHT,
        name=name,
        title="People in view over time",
        description=f"{len(slots)} columns from {words.slot(slots[0].start, timeline.step_s)} to "
        f"{words.slot(slots[-1].start, timeline.step_s)}: {told}. The darker part of a column is those who looked. "
        "The table has all values.",
    )


def typical_day(timeline: Timeline, *, name: str) -> str:
    """People for every hour that a camera watched, by the hour of the day."""
    width, height = _NARROW, 250
    rates = [
        None if slot.measures.visits is None or slot.watched_s < HOUR_S * _LEAST_WATCHED
        else slot.measures.visits / slot.watched_s * HOUR_S
        for slot in timeline.slots
    ]  # fmt: skip
    told = [(rate, slot) for rate, slot in zip(rates, timeline.slots, strict=True) if rate is not None]
    y = Axis.over([0, max((rate for rate, _ in told), default=1) or 1], height - _BOTTOM, _TOP)
    wide = (width - _LEFT - _RIGHT) / len(rates)
    content = _levels(y, width)
    for place, (rate, slot) in enumerate(zip(rates, timeline.slots, strict=True)):
        x = _LEFT + place * wide
        hour = words.clock(slot.start, HOUR_S)
        if rate is None:
            few = slot.watched_s >= HOUR_S * _LEAST_WATCHED
            why = words.count(None) if few else "no camera watched"
            content.append(
                bar(round(x, 1), _TOP, round(wide, 1), y(0) - _TOP, "few" if few else "blind", f"{hour}: {why}")
            )
        else:
            content.append(_part(x + wide * 0.12, wide * 0.76, y, rate, "column", f"{hour}: {rate:,.1f}"))
        if place % 3 == 0:
            content.append(text(round(x + wide / 2, 1), y(0) + 17, f"{place:02d}", anchor="middle", kind="tick"))
    content.append(text((width + _LEFT) / 2, height - 8, "hour of the day", anchor="middle", kind="axis"))
    best = max(told, key=lambda pair: pair[0], default=None)
    most = "all are hidden" if best is None else (
        f"most, {best[0]:,.1f} people an hour, from {words.clock(best[1].start, HOUR_S)}"
    )  # fmt: skip
    return picture(
        content,
        width=width,
        height=height,
        name=name,
        title="A typical day",
        description=f"People in view for every hour that a camera watched, by the hour of the day: {most}. "
        "The table has all values.",
    )


def week(hours: HoursOfDays, *, name: str) -> str:
    """A square for every hour of every day, the darker the more people."""
    left, top = 128, 8
    told = [visits for row in hours.visits for visits in row if visits]
    most = max(told, default=1)
    content: list[str] = []
    for place, (day, row, watched_s) in enumerate(zip(hours.days, hours.visits, hours.watched_s, strict=True)):
        y = top + place * _CELL
        content.append(text(left - 8, y + 15, f"{day:%a} {day.day} {day:%b}", anchor="end", kind="tick"))
        for hour, visits in enumerate(row):
            when = f"{day:%a} {day.day} {day:%b}, {hour:02d}:00"
            if watched_s[hour] < HOUR_S * _LEAST_WATCHED and not visits:
                kind, said = "blind", "no camera watched"
            elif visits is None:
                kind, said = "few", words.count(None)
            else:
                kind, said = f"heat{_shade(visits, most)}", f"{visits:,}"
            content.append(bar(left + hour * _CELL, y, _CELL - 2, _CELL - 2, kind, f"{when}: {said}"))
    bottom = top + len(hours.days) * _CELL
    for hour in range(0, 24, 3):
        x = left + hour * _CELL + _CELL / 2 - 1
        content.append(text(x, bottom + 14, f"{hour:02d}", anchor="middle", kind="tick"))
    peak = hours.peak()
    return picture(
        content,
        width=left + 24 * _CELL,
        height=bottom + 22,
        name=name,
        title="Every hour",
        description=f"A square for each hour of {len(hours.days)} days, the darker the more people were in view: "
        + ("all are hidden." if peak is None else f"most, {peak[1]:,}, in {words.slot(peak[0], HOUR_S)}."),
    )


def _shade(visits: int, most: int) -> int:
    """0 for nobody, then 1 to `_SHADES`."""
    return 0 if visits == 0 else 1 + (visits - 1) * _SHADES // max(most, 1)


def _column(slot: Slot, step_s: int, x: float, wide: float, y: Axis) -> list[str]:
    """Of one slot: people in view, and before them those who looked."""
    measures = slot.measures
    when = words.slot(slot.start, step_s)
    if measures.visits is None:
        return [bar(round(x, 1), y(0) - _HIDDEN_PX, round(wide, 1), _HIDDEN_PX, "few", f"{when}: {words.count(None)}")]
    watchers = f", {measures.watchers:,} looked" if measures.watchers is not None else ""
    parts = [_part(x, wide, y, measures.visits, "column", f"{when}: {measures.visits:,} in view{watchers}")]
    if measures.watchers:
        parts.append(_part(x, wide, y, measures.watchers, "column strong", f"{when}: {measures.watchers:,} looked"))
    return parts


def _part(x: float, wide: float, y: Axis, value: float, kind: str, told: str) -> str:
    return bar(round(x, 1), y(value), round(wide, 1), round(y(0) - y(value), 1), kind, told)


def _levels(y: Axis, width: float) -> list[str]:
    """Horizontal lines with their values."""
    content = []
    for tick in y.ticks():
        content.append(line(_LEFT, y(tick), width - _RIGHT, y(tick), "grid"))
        content.append(text(_LEFT - 8, y(tick) + 4, f"{tick:,g}", anchor="end", kind="tick"))
    return content


def _dates(timeline: Timeline, wide: float, bottom: float, width: float) -> list[str]:
    """Below the columns: hours or days, and where a day begins its date."""
    content: list[str] = []
    free_x = [0.0, 0.0]  # of the two lines of words
    for place, slot in enumerate(timeline.slots):
        x, start = round(_LEFT + (place + 0.5) * wide, 1), slot.start
        if timeline.step_s >= DAY_S:
            upper, lower = str(start.day), f"{start:%B %Y}" if place == 0 or start.day == 1 else ""
        else:
            upper = f"{start:%H:%M}"
            lower = words.day(start) if place == 0 or (start.hour, start.minute) == (0, 0) else ""
        for line_number, said in enumerate((upper, lower)):
            half = LETTER * len(said) / 2
            if said and x - half >= free_x[line_number] and x + half <= width + 2:
                content.append(text(x, bottom + 17 + 18 * line_number, said, anchor="middle", kind="tick"))
                free_x[line_number] = x + half + 10
            elif said and place == 0:
                content.append(text(_LEFT, bottom + 17 + 18 * line_number, said, kind="tick"))
                free_x[line_number] = _LEFT + 2 * half + 10
    return content
