"""`VideoSource`: what video files, streams and cameras have in common."""

from __future__ import annotations

import time

import numpy as np
from numpy.typing import NDArray

from mien.errors import VideoError
from mien.frames import Frame
from mien.media.source import Source
from mien.media.video_reader import VideoReader


class VideoSource(Source):
    """A source with OpenCV's reader behind it, whose frames are counted from the first time it was opened."""

    def __init__(self, name: str, *, is_live: bool) -> None:
        super().__init__(name, is_live=is_live)
        self._open_reader: VideoReader | None = None
        self._started_s: float | None = None
        self._index = 0

    @property
    def is_open(self) -> bool:
        """Whether `read` can be called."""
        return self._open_reader is not None

    def close(self) -> None:
        """Let go of the file, camera or connection; may be called twice."""
        if self._open_reader is not None:
            self._open_reader.close()
        self._open_reader = None

    @property
    def _reader(self) -> VideoReader:
        """Of the open source.

        Raises:
            VideoError: it is not open.
        """
        if self._open_reader is None:
            raise VideoError(f"{self.name}: not open; call open() before read()")
        return self._open_reader

    def _opened(self, reader: VideoReader) -> None:
        self._open_reader, self.fps, self.size = reader, reader.fps, reader.size
        if self._started_s is None:
            self._started_s = time.monotonic()

    def _elapsed_s(self) -> float:
        """Seconds since it was opened first."""
        return 0.0 if self._started_s is None else time.monotonic() - self._started_s

    def _frame(self, image: NDArray[np.uint8], time_s: float) -> Frame:
        """The next frame; counts it."""
        frame = Frame(image=image, index=self._index, time_s=time_s, source=self.name)
        self._index += 1
        return frame
