"""`Reconnect`: reads a source, and opens a live one again where it was lost."""

from __future__ import annotations

import random
import time
from collections.abc import Callable

from mien.errors import VideoError
from mien.frames import Frame
from mien.live.backoff import Backoff
from mien.live.capture_event import CaptureEvent, EventKind
from mien.media.source import Source


class Reconnect:
    """Frames of a source as if a live one were never lost; what befalls it is told as events.

    Args:
        source: open or not.
        backoff: how to go about one that is lost.
        sleep: waits for some seconds; returns True where all is to end.
        tell: takes the events.
    """

    def __init__(
        self,
        source: Source,
        backoff: Backoff,
        *,
        sleep: Callable[[float], bool],
        tell: Callable[[CaptureEvent], None],
    ) -> None:
        self._source, self._backoff, self._sleep, self._send = source, backoff, sleep, tell
        self._attempt = 0
        self._lost_s: float | None = None  # when it was lost; None while it is there
        self._there_s = time.monotonic()  # since when it is there
        self._frame_s = self._there_s  # when the last frame came,
        self._media_s = 0.0  # and its own time

    def read(self) -> Frame | None:
        """The next frame, after however many attempts; None at the end, and where `sleep` says to end.

        Raises:
            VideoError: a source that is not live fails, or the attempts are used up.
        """
        while True:
            try:
                if not self._source.is_open:
                    if self._lost_s is not None and self._wait():
                        return None
                    self._source.open()
                frame = self._source.read()
            except VideoError as error:
                if not self._source.is_live:
                    raise
                self._lose(error)
            else:
                if frame is not None:
                    self._receive(frame)
                return frame

    def _lose(self, error: VideoError) -> None:
        """It gives no frames, or cannot be opened."""
        self._source.close()
        if self._lost_s is None:
            self._lost_s = time.monotonic()
            if self._lost_s - self._there_s >= self._backoff.steady_s:
                self._attempt = 0
            self._tell(EventKind.LOST, str(error))
        if not self._backoff.allows(self._attempt + 1):
            self._tell(EventKind.GIVEN_UP, f"{self._source.name}: given up after {self._attempt} attempts")
            raise error

    def _wait(self) -> bool:
        """Wait until the next attempt is due; whether all is to end."""
        self._attempt += 1
        wait_s = self._backoff.wait_s(self._attempt, random.random())
        detail = f"{self._source.name}: attempt {self._attempt} to open it again, in {wait_s:.1f} s"
        self._tell(EventKind.RECONNECTING, detail, attempt=self._attempt, wait_s=wait_s)
        return self._sleep(wait_s)

    def _receive(self, frame: Frame) -> None:
        now_s = time.monotonic()
        self._frame_s, self._media_s = now_s, frame.time_s
        if self._lost_s is not None:
            outage_s = now_s - self._lost_s
            self._lost_s, self._there_s = None, now_s
            self._tell(EventKind.BACK, f"{self._source.name}: back after {outage_s:.1f} s", wait_s=outage_s)

    def _tell(self, kind: EventKind, detail: str, *, attempt: int | None = None, wait_s: float | None = None) -> None:
        time_s = self._media_s + time.monotonic() - self._frame_s
        self._send(CaptureEvent(kind=kind, time_s=time_s, detail=detail, attempt=attempt, wait_s=wait_s))
