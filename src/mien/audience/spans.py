"""A span of time, cut at whole numbers."""

from __future__ import annotations

import math
from collections.abc import Iterator


def spans(start: float, end: float) -> Iterator[tuple[int, float]]:
    """The whole numbers whose unit a span touches, and how much of it lies in each; at least the one of its end.

    >>> list(spans(9.75, 11.5)), list(spans(3.0, 3.0))
    ([(9, 0.25), (10, 1.0), (11, 0.5)], [(3, 0.0)])
    """
    start = min(start, end)
    for whole in range(math.floor(start), math.floor(end) + 1):
        yield whole, max(0.0, min(end, whole + 1.0) - max(start, float(whole)))
