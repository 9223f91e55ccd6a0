"""`Gate`: how many may be at something at once, and how many may wait for it."""

from __future__ import annotations

import math
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus

from mien.web.problems import Problem


class Gate:
    """Lets a few through at a time and a few more wait; others are told to come back.

    Args:
        what: is being limited, for the message.
        running: at once.
        waiting: at most.
        patience_s: how long one waits.
    """

    def __init__(self, what: str, *, running: int, waiting: int = 0, patience_s: float = 0.0) -> None:
        self._what, self._patience_s = what, patience_s
        self._places = threading.BoundedSemaphore(running + waiting)
        self._turns = threading.BoundedSemaphore(running)

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Waits for its turn and holds it.

        Raises:
            Problem: 503, too many are waiting already, or the wait was too long.
        """
        if not self._places.acquire(blocking=False):
            raise self._busy()
        try:
            if not self._turns.acquire(timeout=self._patience_s):
                raise self._busy()
            try:
                yield
            finally:
                self._turns.release()
        finally:
            self._places.release()

    def _busy(self) -> Problem:
        return Problem(
            HTTPStatus.SERVICE_UNAVAILABLE,
            got=f"more {self._what} than this server takes at once",
            remedy="try again in a moment",
            retry_after_s=max(1, math.ceil(self._patience_s / 4)),
        )
