"""`HiddenTimes`: what is too small to be told of an audience over time, in all tables and charts alike.

Hours, days and hours of the day are sums of one another: were each looked at by itself, what one hides would follow
from what the others tell.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mien.audience.measures import LEAST_LOOK_S, Floats
from mien.audience.moments import DAY_S, HOUR_S, Moments
from mien.audience.suppress import HiddenTable, small_in_table


@dataclass(frozen=True, kw_only=True, eq=False)
class HiddenTimes:
    """What is not told of hours, days, hours of the day, and slots of a curve.

    Attributes:
        begin: the first day, since 1970 began on the wall.
        step_s: width of the curve's slots.
        first: the first slot, since then.
        count: of slots.
        visits: table of days and hours; its parts are slots that are narrower than an hour.
        watchers: the same, of those who looked.
    """

    begin: int
    step_s: int
    first: int
    count: int
    visits: HiddenTable
    watchers: HiddenTable

    @classmethod
    def of(cls, moments: Moments, step_s: int, *, least: int) -> HiddenTimes:
        """Small cells of all that is told about these moments.

        Args:
            moments: of visits.
            step_s: width of the curve's slots, a part of an hour or a day.
            least: smallest count of people that is told.
        """
        start, end = moments.span()
        begin, days = int(start // DAY_S), int((end - 1) // DAY_S) - int(start // DAY_S) + 1
        first, count = int(start // step_s), int((end - 1) // step_s) - int(start // step_s) + 1
        narrow = count if step_s < HOUR_S else 0
        part_of = (first + np.arange(narrow)) * step_s // HOUR_S - begin * 24

        def hidden(began: Floats, also: HiddenTable | None) -> HiddenTable:
            hours = np.bincount((began // HOUR_S).astype(np.int64) - begin * 24, minlength=days * 24)
            slots = np.bincount((began // step_s).astype(np.int64) - first, minlength=count)
            return small_in_table(hours.reshape(days, 24), slots[:narrow], part_of, least=least, also=also)

        visits = hidden(moments.began, None)
        watchers = hidden(moments.began[moments.attention_s >= LEAST_LOOK_S], visits)
        return cls(begin=begin, step_s=step_s, first=first, count=count, visits=visits, watchers=watchers)

    def slots(self, hidden: HiddenTable) -> NDArray[np.bool_]:
        """(count,) of a curve; `hidden` is `visits` or `watchers`."""
        if self.step_s < HOUR_S:
            return hidden.parts
        level = hidden.rows if self.step_s == DAY_S else hidden.cells.ravel()
        start = self.first - self.begin * (DAY_S // self.step_s)
        return level[start : start + self.count]
