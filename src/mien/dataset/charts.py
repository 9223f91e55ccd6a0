"""The charts of a data set's report: classes as bars with their intervals, and histograms."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from mien.dataset.prevalence import Corrected
from mien.dataset.shares import Shares
from mien.page.svg import LETTER, Axis, bar, dot, line, picture, words

_WIDTH: Final = 480
_ROW: Final = 30  # px a class
_LEFT, _RIGHT, _TOP, _BOTTOM = 52, 20, 12, 42
_HIGH: Final = 220  # px of histograms
_THICK: Final = 12  # px of a bar


def class_chart(one: Shares, corrected: Corrected | None, *, name: str, title: str, of: str = "people") -> str:
    """A bar and an interval a class as counted, and a dot with its interval as corrected.

    Args:
        one: shares of at least one face.
        corrected: the same, corrected; None where that cannot be.
        name: of the chart, unique on its page.
        title: what it shows.
        of: what the shares are of.
    """
    left = 20 + LETTER * max(len(shown(label)) for label in one.labels)
    height = _TOP + _ROW * len(one.labels) + _BOTTOM
    ends = [figure.high or 0.0 for figure in one.figures] + ([] if corrected is None else list(corrected.high))
    axis = Axis.over([0.0, *ends], left, _WIDTH - _RIGHT, least=0.0, most=1.0)
    content = _ticks(axis, height - _BOTTOM, f"share of the {of}")
    for place, (label, figure) in enumerate(zip(one.labels, one.figures, strict=True)):
        y, value = _TOP + (place + 0.5) * _ROW, figure.value or 0.0
        told = f"{shown(label)}, counted: {percent(figure.value)} ({interval(figure.low, figure.high)})"
        offset = 0 if corrected is None else -4
        content += [
            words(left - 10, y + 4, shown(label), anchor="end", kind="label"),
            bar(left, y - _THICK / 2 + offset, axis(value) - left, _THICK, "share", told),
            line(axis(figure.low or 0.0), y + offset, axis(figure.high or 0.0), y + offset, "zero"),
        ]
        if corrected is not None:
            low, high = corrected.low[place], corrected.high[place]
            told = f"{shown(label)}, corrected: {percent(corrected.shares[place])} ({interval(low, high)})"
            content += [
                line(axis(low), y + 8, axis(high), y + 8, "range"),
                dot(axis(corrected.shares[place]), y + 8, 4, "point", told),
            ]
    most = max(range(len(one.labels)), key=lambda place: one.figures[place].value or 0.0)
    also = "" if corrected is None else "; dots are the shares corrected for what the networks confuse"
    return picture(
        content,
        width=_WIDTH,
        height=height,
        name=name,
        title=title,
        description=f"Bars are the shares as counted, of {one.n:,}{also}. The largest is {shown(one.labels[most])}, "
        f"{percent(one.figures[most].value)}. The table has all values.",
    )


def histogram(one: Shares, *, name: str, title: str, edges: Sequence[str]) -> str:
    """A bar a step.

    Args:
        one: shares of at least one face.
        name: of the chart, unique on its page.
        title: what it shows.
        edges: what stands below the beginning of each bar; empty for none.
    """
    bottom = _HIGH - _BOTTOM
    axis = Axis.over([0.0, *(figure.high or 0.0 for figure in one.figures)], bottom, _TOP, least=0.0)
    content = []
    for tick in axis.ticks():
        content.append(line(_LEFT, axis(tick), _WIDTH - _RIGHT, axis(tick), "grid"))
        content.append(words(_LEFT - 8, axis(tick) + 4, f"{100 * tick:g} %", anchor="end", kind="tick"))
    step = (_WIDTH - _RIGHT - _LEFT) / len(one.labels)
    for place, (label, figure, edge) in enumerate(zip(one.labels, one.figures, edges, strict=True)):
        x, value = _LEFT + place * step, figure.value or 0.0
        told = f"{label}: {percent(figure.value)} ({interval(figure.low, figure.high)})"
        content.append(bar(x + 1, axis(value), step - 2, bottom - axis(value), "filled", told))
        middle = x + step / 2
        content.append(line(middle, axis(figure.low or 0.0), middle, axis(figure.high or 0.0), "zero"))
        if edge:
            content.append(words(x, bottom + 16, edge, anchor="middle", kind="tick"))
    content.append(words((_LEFT + _WIDTH - _RIGHT) / 2, bottom + 34, title, anchor="middle", kind="axis"))
    most = max(range(len(one.labels)), key=lambda place: one.figures[place].value or 0.0)
    return picture(
        content,
        width=_WIDTH,
        height=_HIGH,
        name=name,
        title=title,
        description=f"{len(one.labels)} steps, of {one.n:,} people; most, {percent(one.figures[most].value)}, are in "
        f"{one.labels[most]}. The table has all values.",
    )


def shown(name: str) -> str:
    """A class or an attribute in words.

    >>> shown("latino_hispanic"), shown("no_face"), shown("emotion")
    ('latino hispanic', 'nobody in view', 'perceived expression')
    """
    said = {"ok": "people in view", "no_face": "nobody in view", "error": "not read", "emotion": "perceived expression"}
    return said.get(name, name.replace("_", " "))


def percent(value: float | None) -> str:
    """A share.

    >>> percent(0.1234), percent(None)
    ('12.3 %', '–')
    """
    return "–" if value is None else f"{100 * value:.1f} %"


def interval(low: float | None, high: float | None) -> str:
    """Of a share, without the sign.

    >>> interval(0.1, 0.2)
    '10.0 to 20.0'
    """
    return "" if low is None or high is None else f"{100 * low:.1f} to {100 * high:.1f}"


def _ticks(axis: Axis, bottom: float, title: str) -> list[str]:
    content = []
    for tick in axis.ticks():
        content.append(line(axis(tick), _TOP, axis(tick), bottom, "grid"))
        content.append(words(axis(tick), bottom + 16, f"{100 * tick:g} %", anchor="middle", kind="tick"))
    content.append(words((axis.start + axis.end) / 2, bottom + 34, title, anchor="middle", kind="axis"))
    return content
