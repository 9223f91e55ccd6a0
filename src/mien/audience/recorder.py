"""`Recorder`: keeps what is seen in a stream in a store, at most a second behind."""

from __future__ import annotations

import json
import math
import threading
import time
from collections.abc import Callable
from types import TracebackType
from typing import Final, Self

from sqlalchemy import Connection

import mien
from mien.audience import writer
from mien.audience.retention import purge
from mien.audience.session_log import Batch, SessionLog
from mien.audience.sight import Sight
from mien.audience.store import Store
from mien.audience.stream import Stream
from mien.audience.visitors import Visitors
from mien.errors import OutputError, StoreError

WRITE_S: Final = 0.75
"""Between two writes; with a write's own time, less than the second that a killed process may lose."""
AGAIN_S: Final = 5.0
"""Between two attempts while the store cannot be written to."""
PURGE_S: Final = 600.0
"""Between two looks for what is older than it is to be kept."""


class _Failure:
    """Keeps what ends a thread, for another one to tell."""

    def __init__(self) -> None:
        self._error: BaseException | None = None

    def tell(self) -> None:
        """Raises it, if there is something."""
        if self._error is not None:
            raise self._error

    def __enter__(self) -> None:
        pass

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool:
        self._error = error
        return True


class Recorder:
    """One session: `with Recorder(store, stream) as recorder: for frame in …: recorder.see(frame)`.

    A thread of its own writes. While the store cannot be written to, rows wait in memory and writing is tried again.

    Args:
        store: opened to be written to; stays open.
        stream: what is watched.
        visitors: to know people again; None to know nobody.
        keep_s: what is older is purged, of all sessions; None keeps everything.
        tell: is told in a sentence when writing fails and when it goes on.
        now: the computer's clock.
    """

    def __init__(
        self,
        store: Store,
        stream: Stream,
        *,
        visitors: Visitors | None = None,
        keep_s: float | None = None,
        tell: Callable[[str], None] = lambda sentence: None,
        now: Callable[[], float] = time.time,
    ) -> None:
        self._store, self._stream, self._keep_s = store, stream, keep_s
        self._tell, self._now = tell, now
        self._visitors = visitors
        self._log = SessionLog(
            is_live=stream.is_live, return_s=stream.return_s, visitors=visitors, began_at=stream.began_at, now=now
        )
        self._lock = threading.Lock()  # guards the log
        self._session_id: int | None = None
        self._waiting: Batch | None = None  # could not be written as yet
        self._problem: StoreError | None = None
        self._purge_s = -math.inf
        self._failure = _Failure()
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._run, name="mien-recorder", daemon=True)
        self._thread.start()

    def see(self, frame: Sight) -> None:
        """Takes in the next frame; nothing is waited for.

        Raises:
            BaseException: what the writing thread has met that is no fault of the store.
        """
        self._failure.tell()
        with self._lock:
            self._log.see(frame)

    def close(self) -> None:
        """Ends the session and writes what is left; may be called twice.

        Raises:
            OutputError: it cannot be written; how much is lost.
        """
        if self._closing.is_set():
            return
        self._closing.set()
        self._thread.join()
        self._failure.tell()
        self._log.end()
        if self._waiting is None or self._write():
            self._write(ended=True)
        if self._problem is not None:
            left = self._waiting or Batch(session={})
            raise OutputError(
                f"{self._problem}; the last {len(left.samples)} seconds of {len(left.visits)} visits are lost"
            )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _run(self) -> None:
        with self._failure:
            while not self._closing.wait(WRITE_S if self._problem is None else AGAIN_S):
                if self._write():
                    self._purge()

    def _write(self, *, ended: bool = False) -> bool:
        """Writes what waits, and what has come since if nothing waited; False where the store could not be written to.

        Args:
            ended: whether the session has.
        """
        if self._waiting is None:
            with self._lock:
                self._waiting = self._log.take(ended=ended)
        batch = self._waiting
        if batch is None:
            return True
        try:
            with self._store.writing() as connection:
                session_id = self._session_id
                if session_id is None or not writer.write(connection, session_id, batch):
                    session_id = self._begin(connection, batch)
                    writer.write(connection, session_id, batch)
        except StoreError as problem:
            if self._problem is None:
                self._tell(f"{problem}; nothing is lost as yet, and writing is tried again")
            self._problem = problem
            return False
        if self._problem is not None:
            self._tell(f"{self._store.name}: can be written to again, and nothing was lost")
        self._session_id, self._waiting, self._problem = session_id, None, None
        return True

    def _begin(self, connection: Connection, batch: Batch) -> int:
        stream, visitors = self._stream, self._visitors
        return writer.begin_session(
            connection,
            source_id=writer.source_id(connection, stream.source, is_live=stream.is_live),
            began_at=batch.session["began_at"],
            last_at=batch.session["last_at"],
            mien_version=mien.__version__,
            attributes=", ".join(stream.attributes),
            networks=", ".join(stream.networks),
            return_s=stream.return_s,
            revisit_s=None if visitors is None else visitors.revisit_s,
            thresholds=None if visitors is None else json.dumps(visitors.thresholds.to_calibration()),
        )

    def _purge(self) -> None:
        """What is older than it is to be kept; now and then."""
        time_s = time.monotonic()
        if self._keep_s is None or time_s - self._purge_s < PURGE_S:
            return
        self._purge_s = time_s
        try:
            purge(self._store, before=self._now() - self._keep_s)
        except StoreError as problem:
            self._tell(f"{problem}; what is too old is purged later")
