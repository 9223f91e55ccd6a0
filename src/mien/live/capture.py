"""`Capture`: reads a source on a thread of its own, so that decoding and waiting for frames hold nothing else up."""

from __future__ import annotations

import sys
import threading
import time
from collections import deque
from collections.abc import Iterator
from types import TracebackType
from typing import Final, Self

from mien.errors import InputError, MienError
from mien.frames import Frame
from mien.live.backoff import Backoff
from mien.live.capture_event import CaptureEvent, CaptureFigures
from mien.live.rate import Rate
from mien.live.reconnect import Reconnect
from mien.media.source import Source

AHEAD: Final = 2  # frames; decoding is many times faster than what is done with them, so that two never run out
STOP_WAIT_S: Final = 1.0
_MOST_EVENTS: Final = 1000  # kept for a reader that never asks
_POLL_S: Final = 0.5  # Windows does not interrupt a wait without end on Ctrl-C


class Capture:
    """Frames of a source, read ahead or kept fresh: `with Capture(open_source(0)) as capture: for frame in capture: …`.

    Of a live source there is always the latest frame; older ones that nobody took are dropped and counted. Of a file
    come all frames in order, and reading waits for those who take them.

    A live source that is lost is opened again and again, with waits as `backoff` says. That is told by `events`; no
    exception comes of it unless the number of attempts is limited and used up.

    Reading begins when the capture is made. The source belongs to the capture from then on, and is closed by it.

    Args:
        source: open; or, where a live one is not, it is opened as if it had been lost.
        latest: True keeps only the latest frame, of files too, which are then played at their own pace; False gives
            all frames in order, of live sources too, which fall behind where they come faster than they are taken;
            None is True for live sources and False for others.
        ahead: frames read ahead where all are given.
        backoff: how to go about a live source that is lost.

    Raises:
        InputError: `ahead` is below 1.
    """

    def __init__(
        self, source: Source, *, latest: bool | None = None, ahead: int = AHEAD, backoff: Backoff | None = None
    ) -> None:
        if ahead < 1:
            raise InputError(f"ahead must be 1 frame or more, got {ahead!r}")
        self.source = source
        self._latest, self._ahead = latest, ahead
        self._changed = threading.Condition()  # guards all below
        self._frames: deque[Frame] = deque()
        self._events: deque[CaptureEvent] = deque(maxlen=_MOST_EVENTS)
        self._captured = self._dropped = 0
        self._rate = Rate()
        self._stopping = self._finished = False
        self._error: BaseException | None = None
        self._began_s = time.monotonic()
        self._reader = Reconnect(source, backoff or Backoff(), sleep=self._sleep, tell=self._tell)
        # A daemon: a read on a dead stream cannot be interrupted, and must not hold up the end of the program.
        self._thread = threading.Thread(target=self._run, name="mien-capture", daemon=True)
        self._thread.start()

    def get(self, timeout_s: float | None = None) -> Frame | None:
        """The next frame, or the latest; each is given once.

        Args:
            timeout_s: how long to wait for one; None for ever.

        Returns:
            None where none came in time, and where none will come: then `ended` is true.

        Raises:
            VideoError: what ended the capture, once all frames are taken.
        """
        with self._changed:
            self._changed.wait_for(lambda: self._frames or self._over, timeout_s)
            if self._frames:
                frame = self._frames.popleft()
                self._changed.notify_all()
                return frame
            if self._error is not None and not self._stopping:
                raise self._error
        return None

    def __iter__(self) -> Iterator[Frame]:
        while not self.ended:
            frame = self.get(_POLL_S)
            if frame is not None:
                yield frame

    @property
    def ended(self) -> bool:
        """Whether all frames that there will be are taken, and nothing is left to be raised."""
        with self._changed:
            return self._over and not self._frames and (self._error is None or self._stopping)

    def events(self) -> tuple[CaptureEvent, ...]:
        """What befell the source since this was asked last."""
        with self._changed:
            events = tuple(self._events)
            self._events.clear()
        return events

    def figures(self) -> CaptureFigures:
        """How it goes."""
        with self._changed:
            fps = self._rate.per_second(time.monotonic())
            return CaptureFigures(captured=self._captured, dropped=self._dropped, fps=fps)

    def stop(self, wait_s: float = STOP_WAIT_S) -> None:
        """End the capture and close the source; frames not taken are gone. May be called twice.

        Args:
            wait_s: how long to wait for a read that is under way. One on a stream that has gone silent ends with its
                read time-out; where that is longer, the thread is left to end, and to close the source, by itself.
        """
        with self._changed:
            self._stopping = True
            self._frames.clear()
            self._changed.notify_all()
        self._thread.join(wait_s)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def _over(self) -> bool:
        return self._finished or self._stopping

    def _run(self) -> None:
        error: BaseException | None = None
        try:
            while not self._stopping and (frame := self._reader.read()) is not None:
                self._put(frame)
        except MienError as expected:
            error = expected
        finally:
            with self._changed:
                self._error = error or sys.exception()  # whatever it is, it is raised where frames are taken
                self._finished = True
                self._changed.notify_all()
            self.source.close()

    def _put(self, frame: Frame) -> None:
        keep_latest = self.source.is_live if self._latest is None else self._latest
        if keep_latest and not self.source.is_live:
            self._sleep(self._began_s + frame.time_s - time.monotonic())
        with self._changed:
            self._captured += 1
            self._rate.tick(time.monotonic())
            if keep_latest:
                self._dropped += len(self._frames)
                self._frames.clear()
            else:
                self._changed.wait_for(lambda: len(self._frames) < self._ahead or self._stopping)
            if not self._stopping:
                self._frames.append(frame)
                self._changed.notify_all()

    def _tell(self, event: CaptureEvent) -> None:
        with self._changed:
            self._events.append(event)

    def _sleep(self, duration_s: float) -> bool:
        """Wait, unless the capture is stopped meanwhile; whether it is."""
        with self._changed:
            return self._changed.wait_for(lambda: self._stopping, max(duration_s, 0))
