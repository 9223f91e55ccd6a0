"""`Moments`: what happened when, by the clock on the wall."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from mien.audience.measures import Floats

HOUR_S: Final = 3600
DAY_S: Final = 86400


@dataclass(frozen=True, kw_only=True, eq=False)
class Moments:
    """What happened when, by the clock on the wall, in seconds since 1970 began there.

    Attributes:
        began: (n,) of visits.
        seen_s: (n,) of them.
        attention_s: (n,) of them.
        minute: (k,) in which somebody watched.
        watched_s: (k,) seconds of it.
    """

    began: Floats
    seen_s: Floats
    attention_s: Floats
    minute: Floats
    watched_s: Floats

    def span(self) -> tuple[float, float]:
        """From the first moment to the last."""
        ends = [*self.began[[0, -1]]] if len(self.began) else []
        if len(self.minute):
            ends += [self.minute.min(), self.minute.max() + 60]
        return float(min(ends)), float(max(ends))
