"""`Reports`: on what is in the store, for one page that many may look at."""

from __future__ import annotations

import math
import threading
import time
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from mien.errors import UnknownNameError

if TYPE_CHECKING:
    from mien.audience.audience import Audience

PERIODS: Final = {"today": 1, "week": 7, "month": 30, "all": None}
"""What can be asked for → days, today among them; None for all."""
FRESH_S: Final = 5.0
"""A report is shown again for so long."""
AT_MOST: Final = 0.1
"""Share of a core that reports on a large store may take, however often they are asked for."""
_KEPT: Final = 16


@dataclass(frozen=True, kw_only=True)
class _Made:
    """A report that was made.

    Attributes:
        audience: None where there was nothing to report on.
        until_s: on the monotonic clock, until then it is shown again.
    """

    audience: Audience | None
    until_s: float


class Reports:
    """Made when they are asked for, one after the other.

    Args:
        store: its file or address; None for none, and then nothing may be asked for.
    """

    def __init__(self, store: str | None) -> None:
        self._store = store
        self._lock = threading.Lock()
        self._made: dict[tuple[str, str | None], _Made] = {}

    def sources(self) -> tuple[str, ...]:
        """Names of those in the store.

        Raises:
            StoreError: the store cannot be read.
        """
        from mien.audience.read import source_names
        from mien.audience.store import Store

        assert self._store is not None
        with Store(self._store) as store:
            return source_names(store)

    def get(self, period: str, source: str | None) -> Audience | None:
        """The report, made anew if it is not fresh.

        Args:
            period: one of `PERIODS`.
            source: name of the only one; None for all.

        Returns:
            None where nothing was recorded in that time.

        Raises:
            UnknownNameError: there is no such period, or no such source.
            StoreError: the store cannot be read.
        """
        if period not in PERIODS:
            raise UnknownNameError("period", period, PERIODS)
        with self._lock:
            made = self._made.get((period, source))
            if made is None or time.monotonic() >= made.until_s:
                began_s = time.monotonic()
                audience = self._make(period, source)
                took_s = time.monotonic() - began_s
                made = _Made(audience=audience, until_s=began_s + took_s + max(FRESH_S, took_s / AT_MOST))
                self._made.pop((period, source), None)
                self._made[period, source] = made
                if len(self._made) > _KEPT:
                    del self._made[next(iter(self._made))]
            return made.audience

    def _make(self, period: str, source: str | None) -> Audience | None:
        from mien.audience.audience import audience_of
        from mien.audience.read import read
        from mien.audience.store import Store

        assert self._store is not None
        with Store(self._store) as store:
            records = read(store, sources=() if source is None else (source,), since=_since(PERIODS[period]))
        return None if records is None else audience_of(records)


def _since(days: int | None) -> float:
    """Seconds since 1970 of the midnight with which so many days begin, of which today is the last."""
    if days is None:
        return -math.inf
    midnight = datetime.now().astimezone().replace(hour=0, minute=0, second=0, microsecond=0, tzinfo=None)
    return (midnight - timedelta(days=days - 1)).timestamp()
