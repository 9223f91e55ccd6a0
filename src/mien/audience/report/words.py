"""Figures as people read them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from mien.audience.moments import DAY_S
from mien.evaluate.figure import Figure


def share(value: float) -> str:
    """A part of the whole.

    >>> share(0.4612)
    '46.1%'
    """
    return f"{value:.1%}"


def seconds(value: float) -> str:
    """A time.

    >>> seconds(4.25), seconds(42.0), seconds(150), seconds(7300)
    ('4.2 s', '42.0 s', '2 min 30 s', '2 h 1 min')
    """
    if value < 59.95:
        return f"{value:.1f} s"
    whole = round(value)
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"


def hours(value_s: float) -> str:
    """A long time.

    >>> hours(7300), hours(1500)
    ('2.0 h', '25 min')
    """
    return f"{value_s / 3600:,.1f} h" if value_s >= 3600 else seconds(value_s).removesuffix(" 0 s")


def count(value: int | None) -> str:
    """A number of people; None for one that is not told.

    >>> count(1234), count(None)
    ('1,234', 'hidden')
    """
    return "hidden" if value is None else f"{value:,}"


def interval(figure: Figure, told: Callable[[float], str]) -> str:
    """An interval, with the unit at its end; empty where there is none.

    >>> interval(Figure(value=0.5, n=9, low=0.41, high=0.59), share), interval(Figure(value=1.0, n=1), share)
    ('41.0 to 59.0%', '')
    """
    if figure.low is None or figure.high is None:
        return ""
    low, high = told(figure.low), told(figure.high)
    for unit in ("%", " s"):
        if low.endswith(unit) and high.endswith(unit) and " min" not in low + high:
            low = low.removesuffix(unit)
    return f"{low} to {high}"


def day(moment: datetime) -> str:
    """A date.

    >>> day(datetime(2026, 6, 1))
    'Mon 1 June 2026'
    """
    return f"{moment:%a} {moment.day} {moment:%B %Y}"


def slot(start: datetime, step_s: int) -> str:
    """A stretch of time.

    >>> slot(datetime(2026, 6, 1, 9), 3600), slot(datetime(2026, 6, 1), 86400), slot(datetime(2026, 6, 1, 9, 5), 300)
    ('Mon 1 June 2026, 09:00–10:00', 'Mon 1 June 2026', 'Mon 1 June 2026, 09:05–09:10')
    """
    return day(start) if step_s >= DAY_S else f"{day(start)}, {clock(start, step_s)}"


def clock(start: datetime, step_s: int) -> str:
    """A part of a day.

    >>> clock(datetime(2026, 6, 1, 23), 3600)
    '23:00–24:00'
    """
    end_s = start.hour * 3600 + start.minute * 60 + step_s
    return f"{start:%H:%M}–{end_s // 3600:02d}:{end_s % 3600 // 60:02d}"


def period(began: datetime, ended: datetime) -> str:
    """From one moment to another.

    >>> period(datetime(2026, 6, 1, 9), datetime(2026, 6, 1, 18, 30))
    'Mon 1 June 2026, 09:00 to 18:30'
    """
    if began.date() == ended.date():
        return f"{day(began)}, {began:%H:%M} to {ended:%H:%M}"
    return f"{day(began)}, {began:%H:%M} to {day(ended)}, {ended:%H:%M}"
