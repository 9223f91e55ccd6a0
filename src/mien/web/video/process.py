"""`Process`: the process that looks at one clip, as its server sees it."""

from __future__ import annotations

import contextlib
import json
import logging
import subprocess
import sys
import threading
from dataclasses import dataclass
from types import TracebackType
from typing import Final, Self

from mien.web.video.order import Order
from mien.web.video.progress import Progress

_LOG: Final = logging.getLogger(__name__)
_STANDARD_ERROR: Final = "stderr.txt"
_LOGGED_CHARACTERS: Final = 2000


@dataclass(frozen=True, kw_only=True)
class Failure:
    """Why there is no result.

    Attributes:
        got: what came.
        remedy: what to do.
    """

    got: str
    remedy: str


_GAVE_UP: Final = Failure(
    got="a file at which the reader of videos gave up", remedy="convert it to MP4, or record it again"
)
NOT_NOW: Final = Failure(got="a clip that this server cannot look at now", remedy="the server's log says more")


class Process:
    """`with Process(order) as process: process.wait(…)`; started when made, and ended at whatever it is with the block.

    Args:
        order: what is to be done; its folder is there.

    Attributes:
        progress: as told last.

    Raises:
        OSError: it cannot be started.
    """

    def __init__(self, order: Order) -> None:
        self.progress = Progress()
        self._told: Failure | None = None
        self._errors = order.folder / _STANDARD_ERROR
        with self._errors.open("wb") as errors:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "mien.web.video"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
                text=True,
                encoding="utf-8",
            )
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._orders, self._reports = self._process.stdin, self._process.stdout
        self._reader = threading.Thread(target=self._read, name="mien-clip-progress", daemon=True)
        self._reader.start()
        with contextlib.suppress(BrokenPipeError):  # it ended at once; `problem` tells how
            self._orders.write(order.to_json() + "\n")
            self._orders.flush()  # and left open: its end means ours

    def wait(self, seconds: float) -> bool:
        """Whether it has ended by then."""
        try:
            self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            return False
        return True

    def problem(self) -> Failure | None:
        """After the end: why there is no result; None where there is one."""
        self._reader.join()
        if self._process.returncode == 0:
            return None
        if self._told is not None:
            return self._told
        errors = self._errors.read_text(encoding="utf-8", errors="replace")[-_LOGGED_CHARACTERS:].strip()
        _LOG.error("the process for a clip ended with status %s: %s", self._process.returncode, errors or "no word")
        return _GAVE_UP

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.kill()
        self._process.wait()
        self._reader.join()
        with contextlib.suppress(BrokenPipeError):
            self._orders.close()
        self._reports.close()

    def _read(self) -> None:
        for line in self._reports:
            told = json.loads(line)
            if "fault" in told:
                _LOG.error("a clip cannot be looked at: %s", told["fault"])
                self._told = NOT_NOW
            elif "got" in told:
                self._told = Failure(**told)
            else:
                self.progress = Progress(**told)
