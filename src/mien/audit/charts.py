"""The three charts of an audit: groups as dots with their intervals, calibration, and risk against coverage."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from mien.audit.calibration import Calibration
from mien.audit.groups import Group
from mien.audit.kinds import KINDS
from mien.audit.selective import RiskCoverage
from mien.audit.show import interval_of, value_of
from mien.evaluate.report import Figure
from mien.page.svg import LETTER, Axis, bar, dot, line, path, picture, words

_ROW: Final = 32  # px a group
_WIDTH: Final = 440
_SQUARE: Final = 380  # px of the curves
_LEFT, _RIGHT, _TOP, _BOTTOM = 52, 24, 12, 42
_WHOLE: Final = (0.0, 1.0)


def best_first(groups: Sequence[Group], figure: str) -> list[Group]:
    """Groups in the order of a figure; those without a value last."""
    sign = {"high": -1, "low": 1, "zero": 1}[KINDS[figure].best]

    def place(group: Group) -> tuple[bool, float]:
        value = group.figures[figure].value
        return value is None, sign * (value or 0)

    return sorted(groups, key=place)


def group_chart(figure: str, groups: Sequence[Group], everyone: Figure, *, name: str) -> str:
    """A dot and an interval for each group that is large enough, the best on top; a dashed line for everyone.

    Args:
        figure: the one that is shown.
        groups: at least one of them has a value.
        everyone: the same of all people.
        name: of the chart, unique on its page.
    """
    kind = KINDS[figure]
    shown = [(group, one) for group in best_first(groups, figure) if (one := group.figures[figure]).value is not None]
    left = min(24 + LETTER * max(len(group.name) for group, _ in shown), 0.5 * _WIDTH)
    height = _TOP + _ROW * len(shown) + _BOTTOM
    ends = [end for _, one in [*shown, (None, everyone)] for end in (one.value, one.low, one.high) if end is not None]
    bounds = {"least": 0.0, "most": 1.0} if kind.unit == "share" else {}
    axis = Axis.over([*ends, *([0.0] if kind.best == "zero" else [])], left, _WIDTH - _RIGHT, **bounds)
    bottom = height - _BOTTOM
    content = _down_ticks(axis, _TOP, bottom, figure, kind.title)
    if everyone.value is not None:
        content.append(line(axis(everyone.value), _TOP, axis(everyone.value), bottom, "everyone"))
    for i, (group, one) in enumerate(shown):
        y, value = _TOP + (i + 0.5) * _ROW, one.value or 0.0
        told = f"{group.name}: {value_of(figure, value)} ({interval_of(figure, one.low, one.high)}), n = {one.n:,}"
        content += [
            words(left - 10, y + 4, group.name, anchor="end", kind="label"),
            line(axis(_or(one.low, value)), y, axis(_or(one.high, value)), y, "range"),
            dot(axis(value), y, 4.5, "point", told),
        ]
    best, worst = shown[0], shown[-1]
    return picture(
        content,
        width=_WIDTH,
        height=height,
        name=name,
        title=f"{kind.title} by group",
        description=f"{len(shown)} groups from {best[0].name}, {value_of(figure, best[1].value)}, to {worst[0].name}, "
        f"{value_of(figure, worst[1].value)}; everyone: {value_of(figure, everyone.value)}. The table has all values.",
    )


def calibration_chart(calibration: Calibration, *, name: str) -> str:
    """Accuracy against confidence, with the diagonal where they are equal; bars are how many predictions a bin has."""
    x, y = Axis.over(_WHOLE, _LEFT, _SQUARE - _RIGHT), Axis.over(_WHOLE, _SQUARE - _BOTTOM, _TOP)
    most = max(one.n for one in calibration.bins)
    content = [
        bar(x(one.low) + 1, y(0.2 * one.n / most), x(one.high) - x(one.low) - 2, y(0) - y(0.2 * one.n / most), "count")
        for one in calibration.bins
    ]
    content += _down_ticks(x, _TOP, _SQUARE - _BOTTOM, "accuracy", "mean confidence")
    content += _across_ticks(y, _LEFT, _SQUARE - _RIGHT, [f"{100 * tick:g}%" for tick in y.ticks()], "accuracy")
    content.append(line(x(0), y(0), x(1), y(1), "everyone"))
    told = [one for one in calibration.bins if one.accuracy.value is not None]
    content.append(path([(x(one.confidence), y(_or(one.accuracy.value, 0))) for one in told], "curve"))
    for one in told:
        value = _or(one.accuracy.value, 0)
        at = x(one.confidence)
        content.append(line(at, y(_or(one.accuracy.low, value)), at, y(_or(one.accuracy.high, value)), "range"))
        content.append(
            dot(at, y(value), 4.5, "point", f"confidence {one.confidence:.1%}: right in {value:.1%} of {one.n:,}")
        )
    return picture(
        content,
        width=_SQUARE,
        height=_SQUARE,
        name=name,
        title="Calibration curve",
        description=f"Accuracy in {len(told)} bins of confidence. The expected calibration error is "
        f"{value_of('accuracy', calibration.ece.value)}. The table has all values.",
    )


def risk_chart(curve: RiskCoverage, *, name: str) -> str:
    """Risk against coverage, with its interval as a band."""
    risks = [(point.coverage, _or(point.risk.value, 0), point.risk) for point in curve.points]
    tops = [_or(figure.high, risk) for _, risk, figure in risks]
    x = Axis.over(_WHOLE, _LEFT, _SQUARE - _RIGHT)
    y = Axis.over([0, *tops, *([0.01] if max(tops) == 0 else [])], _SQUARE - _BOTTOM, _TOP, least=0)
    content = _down_ticks(x, _TOP, _SQUARE - _BOTTOM, "accuracy", "coverage: share of predictions kept")
    shares = curve.loss == "error rate"
    ticks = [f"{100 * tick:g}%" if shares else f"{tick:g}" for tick in y.ticks()]
    content += _across_ticks(y, _LEFT, _SQUARE - _RIGHT, ticks, curve.loss)
    band = [(x(at), y(_or(figure.low, risk))) for at, risk, figure in risks]
    band += [(x(at), y(_or(figure.high, risk))) for at, risk, figure in reversed(risks)]
    content += [path(band, "band", closed=True), path([(x(at), y(risk)) for at, risk, _ in risks], "curve")]
    unit = "accuracy" if shares else "mae"
    content += [
        dot(x(at), y(risk), 3, "point", f"{at:.0%} kept: {value_of(unit, risk)}, n = {figure.n:,}")
        for at, risk, figure in risks
    ]
    (most, whole, _), (least, part, _) = risks[0], risks[-1]
    return picture(
        content,
        width=_SQUARE,
        height=_SQUARE,
        name=name,
        title="Risk-coverage curve",
        description=f"The {curve.loss} goes from {value_of(unit, whole)} where {most:.0%} of the predictions are kept "
        f"to {value_of(unit, part)} where the surest {least:.0%} are. The table has all values.",
    )


def _down_ticks(axis: Axis, top: float, bottom: float, figure: str, title: str) -> list[str]:
    """Vertical lines with their values below, and the axis's title."""
    unit = KINDS[figure].unit
    content = []
    for tick in axis.ticks():
        shown = f"{tick:g}" if unit == "years" else f"{100 * tick:g}{'%' if unit == 'share' else ''}"
        content.append(line(axis(tick), top, axis(tick), bottom, "zero" if tick == 0 and axis.low < 0 else "grid"))
        content.append(words(axis(tick), bottom + 16, shown.replace("-", "−"), anchor="middle", kind="tick"))
    suffix = {"years": ", years", "points": ", points", "share": ""}[unit]
    content.append(words((axis.start + axis.end) / 2, bottom + 34, title + suffix, anchor="middle", kind="axis"))
    return content


def _across_ticks(axis: Axis, left: float, right: float, shown: Sequence[str], title: str) -> list[str]:
    """Horizontal lines with their values to the left, and the axis's title inside, at the top."""
    content = []
    for tick, text in zip(axis.ticks(), shown, strict=True):
        content.append(line(left, axis(tick), right, axis(tick), "grid"))
        content.append(words(left - 8, axis(tick) + 4, text, anchor="end", kind="tick"))
    content.append(
        f'<text transform="translate(11 {(axis.start + axis.end) / 2:g}) rotate(-90)" text-anchor="middle" '
        f'class="axis">{title}</text>'
    )
    return content


def _or(value: float | None, other: float) -> float:
    return other if value is None else value
