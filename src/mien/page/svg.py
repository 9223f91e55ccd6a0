"""The few things that the charts are drawn with: axes, lines, dots and words, as SVG text.

Colours are classes of the page's style sheet, so that a chart is readable in light and dark.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import Final

LETTER: Final = 6.6  # px; mean width of a letter at the charts' 12 px
_STEPS: Final = (1, 2, 2.5, 5, 10)
_TICKS: Final = 5  # at most, between the ends


@dataclass(frozen=True)
class Axis:
    """A linear map from values to pixels.

    Attributes:
        low: value at `start`.
        high: value at `end`.
        start: pixels.
        end: pixels.
        step: between ticks.
    """

    low: float
    high: float
    start: float
    end: float
    step: float

    @classmethod
    def over(
        cls, values: Sequence[float], start: float, end: float, *, least: float = -math.inf, most: float = math.inf
    ) -> Axis:
        """From the tick below the lowest value to the tick above the highest, but not beyond `least` and `most`."""
        low, high = min(values), max(values)
        if high - low < 1e-9:
            low, high = low - 0.5 * (abs(low) or 1), high + 0.5 * (abs(high) or 1)
        rough = (high - low) / _TICKS
        power = 10.0 ** math.floor(math.log10(rough))
        step = power * next(factor for factor in _STEPS if factor * power >= rough * (1 - 1e-9))
        low = max(math.floor(low / step + 1e-9) * step, least)
        high = min(math.ceil(high / step - 1e-9) * step, most)
        return cls(low, high, start, end, step)

    def __call__(self, value: float) -> float:
        """Pixels, to a tenth."""
        share = (value - self.low) / (self.high - self.low)
        return round(self.start + share * (self.end - self.start), 1)

    def ticks(self) -> list[float]:
        """Values, rising."""
        first, last = math.ceil(self.low / self.step - 1e-9), math.floor(self.high / self.step + 1e-9)
        return [round(i * self.step, 10) for i in range(first, last + 1)]


def picture(content: Sequence[str], *, width: float, height: float, title: str, description: str, name: str) -> str:
    """A whole chart, named and described for those who do not see it.

    Args:
        content: elements.
        width: pixels.
        height: pixels.
        title: what it shows.
        description: what is to be seen.
        name: for the page's ids; no other chart on the page may have it.
    """
    return (
        f'<svg viewBox="0 0 {width:g} {height:g}" width="{width:g}" height="{height:g}" role="img" '
        f'aria-labelledby="{name}-title {name}-text"><title id="{name}-title">{escape(title)}</title>'
        f'<desc id="{name}-text">{escape(description)}</desc>{"".join(content)}</svg>'
    )


def line(x1: float, y1: float, x2: float, y2: float, kind: str) -> str:
    """A straight line; `kind` is its class."""
    return f'<line x1="{x1:g}" y1="{y1:g}" x2="{x2:g}" y2="{y2:g}" class="{kind}"/>'


def dot(x: float, y: float, radius: float, kind: str, told: str = "") -> str:
    """A dot, which tells more when it is pointed at."""
    return f'<circle cx="{x:g}" cy="{y:g}" r="{radius:g}" class="{kind}"><title>{escape(told)}</title></circle>'


def bar(x: float, y: float, width: float, height: float, kind: str, told: str = "") -> str:
    """A filled rectangle, which tells more when it is pointed at."""
    shape = f'<rect x="{x:g}" y="{y:g}" width="{max(width, 0):g}" height="{max(height, 0):g}" class="{kind}"'
    return f"{shape}><title>{escape(told)}</title></rect>" if told else f"{shape}/>"


def words(x: float, y: float, text: str, *, anchor: str = "start", kind: str = "") -> str:
    """A line of text; `anchor` is `start`, `middle` or `end`."""
    return f'<text x="{x:g}" y="{y:g}" text-anchor="{anchor}" class="{kind}">{escape(text)}</text>'


def path(points: Sequence[tuple[float, float]], kind: str, *, closed: bool = False) -> str:
    """Straight lines from point to point."""
    steps = " ".join(f"{'M' if i == 0 else 'L'}{x:g} {y:g}" for i, (x, y) in enumerate(points))
    return f'<path d="{steps}{" Z" if closed else ""}" class="{kind}"/>'
