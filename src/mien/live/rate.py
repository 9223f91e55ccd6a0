"""`Rate`: how many frames a second there were lately."""

from __future__ import annotations

from collections import deque
from typing import Final

WINDOW_S: Final = 2.0  # long enough for a steady figure, short enough to show a stall


class Rate:
    """Counts what happens, over a window that moves along.

    Args:
        window_s: its length in seconds.

    >>> rate = Rate(window_s=1.0)
    >>> for tick in range(11):
    ...     rate.tick(tick / 10)
    >>> rate.per_second(1.0), rate.per_second(5.0)
    (10.0, 0.0)
    """

    def __init__(self, window_s: float = WINDOW_S) -> None:
        self._window_s = window_s
        self._ticks: deque[float] = deque()

    def tick(self, now_s: float) -> None:
        """It happened, at this time; times never go back."""
        self._ticks.append(now_s)
        self._forget(now_s)

    def per_second(self, now_s: float) -> float:
        """How often it happened lately; 0 before it happened twice."""
        self._forget(now_s)
        if len(self._ticks) < 2 or now_s <= self._ticks[0]:
            return 0.0
        return (len(self._ticks) - 1) / (now_s - self._ticks[0])

    def _forget(self, now_s: float) -> None:
        while self._ticks and self._ticks[0] < now_s - self._window_s:
            self._ticks.popleft()
