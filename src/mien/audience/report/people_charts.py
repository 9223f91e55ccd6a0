"""Charts of who people are and how they look: the pyramid of ages, conversion by group, the funnel."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from mien.audience.measures import LEAST_LOOK_S, Measures
from mien.audience.report import words
from mien.face import UNSURE
from mien.page.svg import Axis, bar, dot, line, picture
from mien.page.svg import words as text

_WIDTH: Final = 560
_ROW: Final = 30
_LABEL: Final = 116  # px for the name of a group


def pyramid(ages_of: Mapping[str, Mapping[str, int | None]], *, name: str) -> str:
    """Ages of women to the left and of men to the right, the oldest on top; those of unsure age below.

    Args:
        ages_of: gender → age group → people; None where too few.
        name: of the chart, unique on its page.
    """
    sides = {side: ages_of[side] for side in ("female", "male")}
    groups = [*reversed([group for group in sides["female"] if group != UNSURE]), UNSURE]
    most = max([visits or 0 for ages in sides.values() for visits in ages.values()] + [1])
    middle, half = _WIDTH / 2, (_WIDTH - _LABEL) / 2 - 60
    bottom = 26 + _ROW * len(groups)
    content = [
        text(middle - _LABEL / 2, 14, "female", anchor="end", kind="axis"),
        text(middle + _LABEL / 2, 14, "male", kind="axis"),
    ]
    for place, group in enumerate(groups):
        y = 24 + place * _ROW
        content.append(text(middle, y + 19, group, anchor="middle", kind="label"))
        for side, ages in sides.items():
            visits, sign = ages[group], -1 if side == "female" else 1
            long = round((visits or 0) / most * half, 1)
            inner = middle + sign * _LABEL / 2
            said = words.count(visits)
            content.append(
                bar(
                    inner - long if sign < 0 else inner,
                    y + 4,
                    long,
                    _ROW - 8,
                    f"column {side}",
                    f"{group}, {side}: {said}",
                )
            )
            content.append(
                text(inner + sign * (long + 6), y + 19, said, anchor="end" if sign < 0 else "start", kind="tick")
            )
    told = {(side, group): visits for side, ages in sides.items() for group, visits in ages.items() if visits}
    largest = max(told, key=lambda key: told[key] or 0, default=None)
    seen = "all are hidden" if largest is None else f"the largest, {told[largest]:,}, {' '.join(largest)}"
    return picture(
        content,
        width=_WIDTH,
        height=bottom,
        name=name,
        title="Age and gender",
        description=f"People in view by apparent age group, women to the left and men to the right: {seen}. People of "
        "unsure gender are in the table.",
    )


def conversion(groups: Mapping[str, Measures], everyone: Measures, *, title: str, name: str) -> str:
    """Share of those who looked, a dot with its interval for each group; a dashed line for everyone."""
    shown = [(group, one.conversion) for group, one in groups.items() if one.conversion.value is not None]
    left, top, bottom = _LABEL + 12, 8, 8 + _ROW * len(shown)
    ends = [end for _, figure in shown for end in (figure.low, figure.high, figure.value) if end is not None]
    x = Axis.over([*ends, everyone.conversion.value or 0], left, _WIDTH - 24, least=0, most=1)
    content = []
    for tick in x.ticks():
        content.append(line(x(tick), top, x(tick), bottom, "grid"))
        content.append(text(x(tick), bottom + 16, f"{100 * tick:g}%", anchor="middle", kind="tick"))
    content.append(text((left + _WIDTH) / 2, bottom + 34, "conversion ratio", anchor="middle", kind="axis"))
    if everyone.conversion.value is not None:
        at = x(everyone.conversion.value)
        content.append(line(at, top, at, bottom, "everyone"))
    for place, (group, figure) in enumerate(shown):
        y, value = top + (place + 0.5) * _ROW, figure.value or 0.0
        told = f"{group}: {words.share(value)} ({words.interval(figure, words.share)}), n = {figure.n:,}"
        content += [
            text(left - 10, y + 4, group, anchor="end", kind="label"),
            line(
                x(value if figure.low is None else figure.low),
                y,
                x(value if figure.high is None else figure.high),
                y,
                "range",
            ),
            dot(x(value), y, 4.5, "point", told),
        ]
    said = ", ".join(f"{group} {words.share(figure.value or 0.0)}" for group, figure in shown)
    return picture(
        content,
        width=_WIDTH,
        height=bottom + 42,
        name=name,
        title=title,
        description=f"Share of people who looked, with its 95 % interval: {said}.",
    )


def funnel(everyone: Measures, looks: Mapping[float, int | None], *, name: str) -> str:
    """From people in view to those who looked for long."""
    steps: list[tuple[str, int | None]] = [("in view", everyone.visits), ("head pose read", everyone.read)]
    steps += [
        ("looked" if seconds == LEAST_LOOK_S else f"looked {seconds:g} s or more", people)
        for seconds, people in looks.items()
    ]
    left, row = 164, 36
    whole = everyone.visits or 1
    content = []
    for place, (title, people) in enumerate(steps):
        y = place * row + 4
        long = round((people or 0) / whole * (_WIDTH - left - 128), 1)
        kind = "column" if place < 2 else "column strong"
        said = words.count(people)
        part = "" if people is None or not everyone.visits or place == 0 else f" · {people / whole:.1%}"
        content += [
            text(left - 10, y + 19, title, anchor="end", kind="label"),
            bar(left, y, max(long, 1), row - 9, kind, f"{title}: {said}{part}"),
            text(left + long + 8, y + 19, said + part, kind="tick"),
        ]
    told = ", ".join(f"{title} {words.count(people)}" for title, people in steps)
    return picture(
        content,
        width=_WIDTH,
        height=row * len(steps) + 4,
        name=name,
        title="From in view to attentive",
        description=f"People: {told}.",
    )
