"""Where `mien watch` shows and writes what it sees."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterable
from contextlib import ExitStack
from types import TracebackType
from typing import Self

import click

from mien.cli._console import output_console
from mien.cli._event_lines import EventLines
from mien.cli._people_table import PeopleSeen, PeopleTable
from mien.live.event import Event
from mien.live.figures import LiveFigures
from mien.live.watched_frame import WatchedFrame
from mien.media.sinks import STDOUT
from mien.media.source import FALLBACK_FPS, Source
from mien.media.video_writer import VideoWriter


class WatchOutputs:
    """The table, the events, the video and the window; files are closed whole however the run ends.

    Args:
        source: that is watched.
        events: file for the events, `-` for standard output, or None.
        video: file for the annotated video, or None.
        blur: whether pictures are to show no face.
        window: whether to open a window.
        overwrite: whether files that are there may be replaced.

    Raises:
        MienError: a file cannot be written, or there can be no window.
    """

    def __init__(
        self, source: Source, *, events: str | None, video: str | None, blur: bool, window: bool, overwrite: bool
    ) -> None:
        self._source, self._blur = source, blur
        self._seen = PeopleSeen()
        self._began_s = time.monotonic()
        self._print_people = events is None
        with ExitStack() as stack:
            self._window = None
            if window:
                from mien.cli._window import Window

                self._window = stack.enter_context(Window())
            self._video: VideoWriter | None = None
            if video is not None:
                fps = source.fps or FALLBACK_FPS
                self._video = stack.enter_context(VideoWriter(video, fps=fps, overwrite=overwrite))
            self._lines: EventLines | None = None
            if events is not None:
                self._lines = stack.enter_context(EventLines(events, overwrite=overwrite))
            # On one terminal the table would run into the lines.
            self._table = stack.enter_context(PeopleTable(shown=events != STDOUT or not sys.stdout.isatty()))
            self._stack = stack.pop_all()

    def show(self, frame: WatchedFrame) -> bool:
        """Show and write a frame; False once the window was closed.

        Raises:
            OutputError: a file cannot be written.
            BrokenPipeError: the reader of standard output has gone, and nothing else is wanted.
        """
        self.tell(frame.events)
        self._table.show(frame)
        if self._video is None and self._window is None:
            return True
        picture = frame.draw(blur=self._blur)
        if self._video is not None:
            self._video.write(picture, frame.time_s)
        return self._window is None or self._window.show(picture)

    def tell(self, events: Iterable[Event]) -> None:
        """Write events; raises as `show`."""
        events = tuple(events)
        self._seen.note(events)
        self._table.tell(events)
        lines = self._lines
        if lines is None:
            return
        try:
            lines.write(events, source=self._source.name, live=self._source.is_live)
        except BrokenPipeError:
            self._lines = None
            if self._video is None and self._window is None:
                raise

    def summarise(self, figures: LiveFigures) -> None:
        """All who were seen, on standard output if no events are written, and how it went, on standard error."""
        if self._print_people and self._seen.count:
            output_console().print(self._seen.table())
        took_s = time.monotonic() - self._began_s
        people = f"{self._seen.count} {'person' if self._seen.count == 1 else 'people'}"
        parts = [f"{figures.processed} frames", f"{people} seen", f"{figures.processed / took_s:.1f} frames/s"]
        if figures.latency_p95_ms is not None:
            parts.append(f"latency p95 {figures.latency_p95_ms:.0f} ms")
        if lost := figures.dropped + figures.skipped:
            parts.append(f"{lost} frames dropped")
        click.echo(f"mien: {', '.join(parts)}", err=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.__exit__(kind, error, trace)
