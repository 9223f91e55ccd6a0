"""`Jobs`: the clips of one server. A few are looked at, a few more wait, and results are kept for a while."""

from __future__ import annotations

import logging
import secrets
import shutil
import threading
import time
from http import HTTPStatus
from typing import Any, Final

from mien.web.metrics import Metrics, stopwatch
from mien.web.private_folder import PrivateFolder
from mien.web.problems import Problem
from mien.web.settings import Settings
from mien.web.video.job import BUSY, Job
from mien.web.video.order import Order
from mien.web.video.process import NOT_NOW, Process

_LOG: Final = logging.getLogger(__name__)
_LOOK_S: Final = 0.2  # how often a job looks whether it is still wanted
_RETRY_S: Final = 10.0
_KEEP_FREE_BYTES: Final = 200_000_000  # of the disk, for everybody else


class Jobs:
    """Shared by all threads. Each job has a thread that sees it through, from its turn to its deletion.

    Args:
        settings: how many, how large, how long.
        metrics: what is counted.
        closing: set when the server stops; all jobs end then.
    """

    def __init__(self, settings: Settings, metrics: Metrics, closing: threading.Event) -> None:
        self._settings, self._metrics, self._closing = settings, metrics, closing
        self.folder: Final = PrivateFolder()
        self._jobs: dict[str, Job] = {}  # in the order in which their turn comes
        self._changed = threading.Condition()
        metrics.clips_busy.set_function(lambda: sum(job.state in BUSY for job in list(self._jobs.values())))

    def begin(self, size_bytes: int) -> Job:
        """A place and a folder for a clip that is to be uploaded; then `submit`, or `drop` where that fails.

        Args:
            size_bytes: of the clip, or what it may have at most.

        Raises:
            Problem: 503, there are too many clips already, or the server stops; 507, the disk is full.
        """
        settings = self._settings
        self._check_open()
        with self._changed:
            busy = [job for job in self._jobs.values() if job.state in BUSY]
            if len(busy) >= settings.videos + settings.videos_waiting:
                raise Problem(
                    HTTPStatus.SERVICE_UNAVAILABLE,
                    got="more clips than this server takes at once",
                    remedy="try again in a moment",
                    retry_after_s=_RETRY_S,
                )
            over = [job for job in self._jobs.values() if job.state not in BUSY]
            for job in over[: max(len(over) - settings.videos_kept + 1, 0)]:
                self.dismiss(job)
            job = self._made(size_bytes)
            self._jobs[job.id] = job
            return job

    def submit(self, job: Job, order: Order) -> None:
        """The clip has come whole; its turn comes after that of all before."""
        with self._changed:
            self._jobs[job.id] = self._jobs.pop(job.id)
            job.order, job.state = order, "waiting"
        job.ask()
        threading.Thread(target=self._see_through, args=(job,), name="mien-clip", daemon=True).start()

    def find(self, job_id: str) -> Job:
        """The job of that id, which is kept the longer for being asked for.

        Raises:
            Problem: 404, there is none, or none any more; 503, the server stops.
        """
        self._check_open()
        job = self._jobs.get(job_id)
        if job is None or job.order is None:
            raise Problem(
                HTTPStatus.NOT_FOUND,
                got="the id of no clip, or of one that was deleted",
                remedy=f"send the clip again; results are kept for {self._settings.video_keep_s / 60:g} minutes",
            )
        job.ask()
        return job

    def told(self, job: Job) -> dict[str, Any]:
        """JSON-ready."""
        with self._changed:
            jobs = list(self._jobs.values())
        before = jobs[: jobs.index(job)] if job in jobs else []
        return job.to_dict(
            before=sum(other.state in ("waiting", "working") for other in before) if job.state == "waiting" else 0,
            kept_s=self._patience_s(job),
        )

    def dismiss(self, job: Job) -> None:
        """Nobody wants it any more; its thread deletes what there is of it."""
        with self._changed:
            self._jobs.pop(job.id, None)
            job.dropped.set()
            self._changed.notify_all()

    def drop(self, job: Job) -> None:
        """Delete it and all that there is of it."""
        self.dismiss(job)
        shutil.rmtree(job.folder, ignore_errors=True)

    def _check_open(self) -> None:
        """Clips are deleted when the server stops, which answers a last request or two all the same."""
        if self._closing.is_set():
            raise Problem(
                HTTPStatus.SERVICE_UNAVAILABLE,
                got="a request about clips while the server stops",
                remedy="start it again, and send the clip again",
            )

    def _made(self, size_bytes: int) -> Job:
        try:
            root = self.folder.make()
            free_bytes = shutil.disk_usage(root).free
            if free_bytes < 2 * size_bytes + _KEEP_FREE_BYTES:  # what is made of a clip may be as large
                raise OSError(f"only {free_bytes / 1e6:,.0f} MB are left in {root}")
            folder = root / secrets.token_hex(8)
            folder.mkdir(mode=0o700)
        except OSError as error:
            _LOG.error("no room for a clip: %s", error)
            raise no_room() from error
        return Job(folder=folder)

    def _see_through(self, job: Job) -> None:
        try:
            if self._has_turn(job):
                self._work(job)
                while not self._is_over(job):
                    self._closing.wait(_LOOK_S)
        finally:
            self.drop(job)

    def _has_turn(self, job: Job) -> bool:
        """Waits for it; False where the job is over before."""
        with self._changed:
            while not self._is_over(job):
                waiting = (other for other in self._jobs.values() if other.state == "waiting")
                working = sum(other.state == "working" for other in self._jobs.values())
                if working < self._settings.videos and next(waiting, None) is job:
                    job.state = "working"
                    return True
                self._changed.wait(_LOOK_S)
        self._metrics.clips.labels("cancelled").inc()
        return False

    def _work(self, job: Job) -> None:
        assert job.order is not None
        try:
            with Process(job.order) as process, stopwatch(self._metrics.clip_s):
                while not process.wait(_LOOK_S):
                    job.progress = process.progress
                    if self._is_over(job):
                        self._metrics.clips.labels("cancelled").inc()
                        return
                job.progress, job.problem = process.progress, process.problem()
        except OSError as error:
            _LOG.error("no process for a clip: %s", error)
            job.problem = NOT_NOW
        finally:
            job.order.source.unlink(missing_ok=True)
        job.ask()
        with self._changed:
            job.state = "done" if job.problem is None else "failed"
            self._changed.notify_all()
        self._metrics.clips.labels(job.state).inc()
        self._metrics.clip_frames.inc(job.progress.frames)

    def _is_over(self, job: Job) -> bool:
        if job.dropped.is_set() or self._closing.is_set():
            return True
        return time.monotonic() - job.asked_s > self._patience_s(job)

    def _patience_s(self, job: Job) -> float:
        return self._settings.video_abandoned_s if job.state in BUSY else self._settings.video_keep_s


def no_room() -> Problem:
    """The disk is full."""
    return Problem(
        HTTPStatus.INSUFFICIENT_STORAGE,
        got="a clip for which there is no room on the server's disk",
        remedy="send a smaller one, or try again later",
    )
