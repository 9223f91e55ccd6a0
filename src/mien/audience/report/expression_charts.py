"""Charts of perceived expressions: their shares, and how these go over time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from mien.audience.expressions import ExpressionShare, ExpressionSlot
from mien.audience.report import words
from mien.evaluate.figure import Figure
from mien.page.svg import Axis, bar, dot, line, path, picture
from mien.page.svg import words as text

_WIDTH: Final = 560


def expression_bars(shares: Sequence[ExpressionShare], *, name: str) -> str:
    """Of every expression its share of the time in view, and of the time that people looked."""
    row, left = 44, 96
    ends = [figure.high or figure.value or 0.0 for one in shares for figure in (one.in_view, one.looking)]
    x = Axis.over([0, *ends], left, _WIDTH - 60, least=0, most=1)
    bottom = row * len(shares) + 6
    content = []
    for tick in x.ticks():
        content.append(line(x(tick), 2, x(tick), bottom, "grid"))
        content.append(text(x(tick), bottom + 16, f"{100 * tick:g}%", anchor="middle", kind="tick"))
    for place, one in enumerate(shares):
        y = place * row + 6
        content.append(text(left - 10, y + 22, one.label, anchor="end", kind="label"))
        content += _share_bar(one.in_view, x, y, "column", f"{one.label}, in view")
        content += _share_bar(one.looking, x, y + 17, "column strong", f"{one.label}, while looking")
    told = ", ".join(f"{one.label} {words.share(one.in_view.value or 0.0)}" for one in shares)
    return picture(
        content,
        width=_WIDTH,
        height=bottom + 24,
        name=name,
        title="Expressions, in view and while looking",
        description=f"Share of the time that people were in view: {told}. The second bar of each, darker, is its share "
        "of the time that they looked. The table has all values.",
    )


def expression_lines(slots: Sequence[ExpressionSlot], step_s: int, *, name: str) -> str:
    """A small chart for every expression, one below the other, on one scale of time."""
    labels = list(next(slot.shares for slot in slots if slot.shares is not None))
    left, right, tall = 96, 52, 46
    wide = (_WIDTH - left - right) / max(len(slots) - 1, 1)
    content = []
    for place, label in enumerate(labels):
        values = [None if slot.shares is None else slot.shares[label] for slot in slots]
        told = [value for value in values if value is not None]
        base = (place + 1) * tall
        y = Axis(0.0, max(*told, 0.05), base - 4, place * tall + 10, 1.0)
        content.append(line(left, base - 4, _WIDTH - right, base - 4, "grid"))
        content.append(text(left - 10, base - 12, label, anchor="end", kind="label"))
        mean = sum(told) / len(told)
        content.append(text(_WIDTH - right + 8, base - 12, f"{mean:.0%}", kind="tick"))
        for run in _runs(values):
            points = [(round(left + at * wide, 1), y(value)) for at, value in run]
            if len(points) == 1:
                content.append(dot(*points[0], 2, "point"))
                continue
            content.append(path([(points[0][0], base - 4), *points, (points[-1][0], base - 4)], "band", closed=True))
            content.append(path(points, "curve"))
    ends = [words.slot(slots[place].start, step_s) for place in (0, -1)]
    bottom = len(labels) * tall
    content += [
        text(left, bottom + 16, ends[0], kind="tick"),
        text(_WIDTH - right, bottom + 16, ends[1], anchor="end", kind="tick"),
    ]
    return picture(
        content,
        width=_WIDTH,
        height=bottom + 24,
        name=name,
        title="Expressions over time",
        description=f"Share of the time in view for {len(labels)} expressions from {ends[0]} to {ends[1]}, each on a "
        "scale of its own; to the right the mean.",
    )


def _share_bar(figure: Figure, x: Axis, y: float, kind: str, title: str) -> list[str]:
    if figure.value is None:
        return [text(x(0) + 6, y + 12, "too few", kind="tick")]
    told = f"{title}: {words.share(figure.value)} ({words.interval(figure, words.share)})"
    parts = [bar(x(0), y, round(x(figure.value) - x(0), 1), 14, kind, told)]
    end = figure.value
    if figure.low is not None and figure.high is not None:
        parts.append(line(x(figure.low), y + 7, x(figure.high), y + 7, "range thin"))
        end = figure.high
    parts.append(text(x(end) + 6, y + 12, words.share(figure.value), kind="tick"))
    return parts


def _runs(values: Sequence[float | None]) -> list[list[tuple[int, float]]]:
    """Stretches without a gap, as places and values."""
    runs: list[list[tuple[int, float]]] = [[]]
    for place, value in enumerate(values):
        if value is not None:
            runs[-1].append((place, value))
        elif runs[-1]:
            runs.append([])
    return [run for run in runs if run]
