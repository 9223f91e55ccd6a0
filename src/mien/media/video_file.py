"""`VideoFile`: frames of a video file, in order, at the times that the file gives them."""

from __future__ import annotations

import os
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from mien.errors import VideoError
from mien.frames import Frame
from mien.media.container import missing_bytes
from mien.media.result import printable
from mien.media.source import ended_early
from mien.media.timeline import Timeline
from mien.media.video_reader import FFMPEG, VideoReader
from mien.media.video_source import VideoSource

DECODE_THREADS: Final = 1
"""Cheapest in all: a second one takes an eighth off the time at 720p and adds a seventh to the work, while the other
core has networks to run. It would hold frames back too, which a live stream shows as delay."""


class VideoFile(VideoSource):
    """A file of any kind that FFmpeg reads; opened when made.

    A file that is cut off gives the frames before the cut, and `problems` then says so.

    Args:
        path: of the file.
        threads: that decode it.

    Raises:
        VideoError: not there, not a video, or without a single frame.
    """

    def __init__(self, path: str | os.PathLike[str], *, threads: int = DECODE_THREADS) -> None:
        super().__init__(printable(path), is_live=False)
        self._path = os.path.abspath(path)  # noqa: PTH100 (an absolute path is never taken for an address by FFmpeg)
        self._threads = threads
        self._next: tuple[NDArray[np.uint8], float] | None = None
        self._timeline = Timeline(None)
        self.open()

    def open(self) -> None:
        """Open it; where it was read already, from the start again.

        Raises:
            VideoError: not there, not a video, or without a single frame.
        """
        self.close()
        reader = VideoReader(self._path, FFMPEG, {cv2.CAP_PROP_N_THREADS: self._threads})
        if not reader.is_open:
            reader.close()
            raise VideoError(self._why_not())
        self._next = self._decode(reader)  # one ahead, so that a file without frames is told at once
        if self._next is None:
            reader.close()
            raise VideoError(f"{self.name}: a video without a single frame that can be read; record or copy it again")
        self._opened(reader)
        self.frame_count = reader.frame_count
        self._timeline = Timeline(self.fps)
        self._index = 0

    def read(self) -> Frame | None:
        """The next frame; None at the end."""
        reader, found = self._reader, self._next
        if found is None:
            return None
        image, stamp_s = found
        frame = self._frame(image, self._timeline.place(stamp_s))
        self._next = self._decode(reader)
        if self._next is None:
            self._check_end()
        return frame

    def close(self) -> None:
        """Let go of the file; may be called twice."""
        super().close()
        self._next = None

    @staticmethod
    def _decode(reader: VideoReader) -> tuple[NDArray[np.uint8], float] | None:
        """The next frame and its time stamp; None at the end."""
        image = reader.retrieve() if reader.grab() else None
        return None if image is None else (image, reader.position_s)

    def _check_end(self) -> None:
        if missing := self._missing_bytes():
            self._problems.append(
                f"{self.name}: cut off, {missing:,} bytes are missing at the end; "
                f"the {self._index} frames up to there are read"
            )
        elif ended_early(self._index, self.frame_count):
            self._problems.append(
                f"{self.name}: ended after {self._index} of {self.frame_count} frames; the rest is damaged or missing"
            )

    def _why_not(self) -> str:
        if missing := self._missing_bytes():
            return (
                f"{self.name}: cut off, {missing:,} bytes are missing at the end, among them what is needed to read "
                "the rest; copy or download it again"
            )
        return f"{self.name}: not a video that can be read; copy it again, or convert it to MP4 with FFmpeg"

    def _missing_bytes(self) -> int:
        try:
            return missing_bytes(self._path)
        except OSError:
            return 0  # deleted or locked while it was read
