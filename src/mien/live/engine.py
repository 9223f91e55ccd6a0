"""`Engine`: a stream watched by three threads that never wait longer than they must.

    source ─capture─ latest frame, or all in order ─search─ faces ─follow─ people ─ whoever takes them

The capture decodes, the search seeks faces in the next frame while the last one's are followed and read. Every line
between them holds a frame or two, so that memory does not grow, and every thread ends with the one before it: what goes
wrong anywhere is raised where frames are taken.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from types import TracebackType
from typing import TYPE_CHECKING, Final, Self

from mien.errors import InputError
from mien.live.backoff import Backoff
from mien.live.capture import STOP_WAIT_S, Capture
from mien.live.event import Event
from mien.live.figures import LiveFigures
from mien.live.follow import Follow, Followed
from mien.live.handover import Handover
from mien.live.latency import LatencyClock
from mien.live.load import UNLIMITED_MS, Load
from mien.live.meter import Meter
from mien.live.networks import Networks
from mien.live.search import Search, Searched
from mien.live.settings import LiveSettings
from mien.live.watched_frame import WatchedFrame
from mien.media.source import Source

if TYPE_CHECKING:
    from mien.gallery.stream_names import StreamNames

FIGURES_EVERY_S: Final = 0.25
MOST_EVENTS: Final = 1000  # kept of frames that nobody took
_AHEAD: Final = 2  # frames between two threads of a stream that is read in order
_POLL_S: Final = 0.5  # Windows does not interrupt a wait without end on Ctrl-C


class Engine:
    """The people of a stream: `with Engine(source, networks) as engine: for frame in engine: …`.

    Of a live source the latest frame is searched and the latest result is given; what is dropped on the way is counted,
    and the events of results that nobody took come with the next. Of a file all frames come in order, and reading waits
    for those who take them.

    Work begins when the engine is made, and ends with `close`. The source belongs to the engine, and is closed by it.

    Args:
        source: open; or, where a live one is not, it is opened as if it had been lost.
        networks: that find and read faces; may be shared with other engines.
        settings: None for the defaults.
        latest: whether only the latest frame counts; None: of live sources.
        seconds: of the stream, after which it is over; None for all of it.
        backoff: how to go about a live source that is lost.
        names: of people whom a gallery knows; None to name nobody.

    Raises:
        InputError: `seconds` is not above 0, or the networks do not make the embeddings that `names` compares.
    """

    def __init__(
        self,
        source: Source,
        networks: Networks,
        *,
        settings: LiveSettings | None = None,
        latest: bool | None = None,
        seconds: float | None = None,
        backoff: Backoff | None = None,
        names: StreamNames | None = None,
    ) -> None:
        if seconds is not None and not seconds > 0:
            raise InputError(f"seconds must be above 0, got {seconds!r}")
        settings = settings or LiveSettings()
        self._latest = latest
        self._meter, self._load = Meter(), Load(settings)
        self._follow = Follow(networks, settings, load=self._load, meter=self._meter, names=names)
        self._capture = Capture(source, latest=latest, ahead=_AHEAD, backoff=backoff)
        search = Search(
            self._capture,
            networks.detect,
            load=self._load,
            meter=self._meter,
            camera_motion=settings.camera_motion,
            seconds=seconds,
            is_live=self._is_live,
        )
        self._searched: Handover[Searched] = Handover(room=_AHEAD)
        self._results: Handover[WatchedFrame] = Handover(room=_AHEAD, replace=_with_events_of)
        self._clock = LatencyClock()
        self._figures: LiveFigures | None = None
        self._figures_s = 0.0
        self._untold: tuple[Event, ...] = ()  # of frames that nobody takes any more
        self._farewell: tuple[Event, ...] = ()
        self._threads = (
            threading.Thread(target=self._run_search, args=(search,), name="mien-search", daemon=True),
            threading.Thread(target=self._run_follow, name="mien-follow", daemon=True),
        )
        for thread in self._threads:
            thread.start()

    @property
    def source(self) -> Source:
        """What frames come from; its facts may be read, frames are the engine's."""
        return self._capture.source

    def get(self, timeout_s: float | None = None) -> WatchedFrame | None:
        """The next frame with its people, or the latest; each is given once.

        Args:
            timeout_s: how long to wait for one; None for ever.

        Returns:
            None where none came in time, and where none will come: then `ended` is true.

        Raises:
            MienError: what ended the stream, once all frames are taken; and whatever else went wrong in a thread.
        """
        frame = self._results.get(timeout_s)
        if frame is None:
            return None
        self._meter.display()
        told = self._told_of_camera()
        return replace(frame, events=told + frame.events) if told else frame

    def __iter__(self) -> Iterator[WatchedFrame]:
        while not self.ended:
            frame = self.get(_POLL_S)
            if frame is not None:
                yield frame

    @property
    def ended(self) -> bool:
        """Whether all frames that there will be are taken, and nothing is left to be raised."""
        return self._results.ended

    def events(self) -> tuple[Event, ...]:
        """What befell the camera since frames were taken or this was asked last; after `close`, who left with it."""
        told, self._farewell = self._farewell, ()
        return self._told_of_camera() + told

    def figures(self) -> LiveFigures:
        """How it goes."""
        capture, meter = self._capture.figures(), self._meter
        processed_fps, displayed_fps = meter.rates()
        latencies = meter.latencies_ms()
        return LiveFigures(
            captured=capture.captured,
            dropped=capture.dropped,
            processed=meter.processed,
            skipped=self._results.replaced,
            displayed=meter.displayed,
            captured_fps=capture.fps,
            processed_fps=processed_fps,
            displayed_fps=displayed_fps,
            latency_p50_ms=None if latencies is None else latencies[0],
            latency_p95_ms=None if latencies is None else latencies[1],
            every=self._load.every,
            budget_ms=None if self._load.budget_ms == UNLIMITED_MS else self._load.budget_ms,
            stages=meter.stages(),
        )

    def close(self, wait_s: float = STOP_WAIT_S) -> None:
        """End the stream; may be called twice. Who was in view leaves by it, which `events` then tells.

        Args:
            wait_s: how long to wait for a read of the source that is under way; see `Capture.stop`.
        """
        left = self._results.abandon()
        self._searched.abandon()
        self._capture.stop(wait_s)
        for thread in self._threads:
            thread.join()
        told = tuple(event for frame in left for event in frame.events)
        self._farewell += (told + self._untold + self._follow.end())[-MOST_EVENTS:]
        self._untold = ()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _is_live(self) -> bool:
        return self.source.is_live if self._latest is None else self._latest

    def _run_search(self, search: Search) -> None:
        with self._searched:
            search.run(self._searched)

    def _run_follow(self) -> None:
        with self._results:
            last: WatchedFrame | None = None  # of a file, held back until it is known whether it is the last
            while not self._searched.ended:
                searched = self._searched.get()
                if searched is None:
                    continue
                frame = self._watched(searched)
                if self._is_live():
                    self._give(frame, latest=True)
                    continue
                if last is not None:
                    self._give(last)
                last = frame
            if last is not None:
                self._give(replace(last, events=last.events + self._follow.end()))

    def _give(self, frame: WatchedFrame, *, latest: bool = False) -> None:
        if not self._results.put(frame, latest=latest):
            self._untold += frame.events

    def _watched(self, searched: Searched) -> WatchedFrame:
        frame, began_s = searched.frame, time.perf_counter()
        followed = self._follow.frame(searched)
        events = followed.events + (self._follow.end() if searched.last else ())
        self._note(searched, followed, (time.perf_counter() - began_s) * 1000)
        return WatchedFrame(
            image=frame.image,
            index=frame.index,
            time_s=frame.time_s,
            source=frame.source,
            people=followed.people,
            events=events,
            stats=self._recent_figures(),
            boxes=followed.boxes,
            looks=followed.looks,
        )

    def _note(self, searched: Searched, followed: Followed, wall_ms: float) -> None:
        """Latency and load of a frame."""
        live = self._is_live()
        began_s = self._clock.came_s(searched) if self.source.is_live else searched.taken_s
        self._meter.process(time.monotonic() - began_s)
        self._load.followed(wall_ms - followed.read_ms, fps=self._capture.figures().fps, live=live)

    def _recent_figures(self) -> LiveFigures:
        now_s = time.monotonic()
        if self._figures is None or now_s - self._figures_s >= FIGURES_EVERY_S:
            self._figures, self._figures_s = self.figures(), now_s
        return self._figures

    def _told_of_camera(self) -> tuple[Event, ...]:
        return tuple(Event.of_capture(event) for event in self._capture.events())


def _with_events_of(earlier: WatchedFrame, later: WatchedFrame) -> WatchedFrame:
    """The later frame, with the events and looks of an earlier one that nobody took."""
    events = (earlier.events + later.events)[-MOST_EVENTS:]
    return replace(later, events=events, looks={**earlier.looks, **later.looks})
