"""Ctrl-C, SIGTERM and a terminal that is closed, for commands that run until they are stopped."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable
from types import FrameType, TracebackType
from typing import Any, Final, Self, TypeVar

BY_SIGNAL: Final = 128
"""Exit status of what a signal has ended, less the signal's number, as shells have it."""
_NAMES: Final = ("SIGINT", "SIGTERM", "SIGHUP")  # Windows has no SIGHUP
_POLL_S: Final = 0.1

Made = TypeVar("Made")


class Stop:
    """Inside `with Stop() as stop:` a first signal asks to stop, and the command ends when it sees that.

    A second one, for a command that hangs in an output that nobody reads, interrupts it where it is. `finish` begins
    the end, in which no further signal is heard, so that files are closed in peace.

    Attributes:
        number: of the signal that came; None while there was none.
    """

    def __init__(self) -> None:
        self.number: int | None = None
        self._finishing = False
        self._before: dict[int, Any] = {}

    def finish(self) -> None:
        """Hear no further signal."""
        self._finishing = True

    def unless_stopped(self, make: Callable[[], Made]) -> Made:
        """What `make` gives, made on a thread of its own: no signal has to wait for a camera that does not answer.

        Raises:
            SystemExit: a signal came first; the thread is left to itself.
        """
        from mien.live.handover import Handover

        made: Handover[Made] = Handover(room=1)

        def run() -> None:
            with made:
                made.put(make())

        threading.Thread(target=run, name="mien-open", daemon=True).start()
        while self.number is None:
            found = made.get(_POLL_S)
            if found is not None:
                return found
        raise SystemExit(BY_SIGNAL + self.number)

    def __enter__(self) -> Self:
        if threading.current_thread() is threading.main_thread():  # others may set no handlers
            numbers = [getattr(signal, name) for name in _NAMES if hasattr(signal, name)]
            # Under nohup, SIGHUP is to be ignored.
            heard = [number for number in numbers if signal.getsignal(number) is not signal.SIG_IGN]
            self._before = {number: signal.signal(number, self._hear) for number in heard}
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def _hear(self, number: int, frame: FrameType | None) -> None:
        if self._finishing:
            return
        if self.number is None:
            self.number = number
            return
        if number == signal.SIGINT:
            raise KeyboardInterrupt
        raise SystemExit(BY_SIGNAL + number)
