"""Pieces of HTML that recur on the page."""

from __future__ import annotations

from mien.audit.show import (
    MORE,
    interval_of,
    number_of,
)
from mien.evaluate.report import Figure


def figure_cell(name: str, figure: Figure) -> str:
    """A table's cell with a figure and its interval."""
    if figure.value is None:
        return '<td class="soft">–</td>'
    return f"<td>{number_of(name, figure.value)}<small>{interval_of(name, figure.low, figure.high)}</small></td>"


def badge(verdict: str) -> str:
    """Whether a gap is more than chance, to be seen at a glance."""
    if not verdict:
        return ""
    return f'<span class="badge{" much" if verdict == MORE else ""}">{verdict}</span>'
