"""`VideoWriter`: frames into a video file that plays at the right speed."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Final, Self

import cv2
import numpy as np
from numpy.typing import NDArray

from mien.errors import InputError, OutputError, ShapeError, UnknownNameError
from mien.media.atomic import PartialFile, output_errors
from mien.media.container import missing_bytes
from mien.media.source import FALLBACK_FPS, believable_fps
from mien.media.video_reader import FFMPEG, VideoReader, opencv_name

_MPEG4: Final = ("avc1", "mp4v") if sys.platform in ("darwin", "win32") else ("mp4v",)
"""H.264 where OpenCV has an encoder for it; its packages for Linux have none."""
CODECS: Final[Mapping[str, tuple[str, ...]]] = {
    ".mp4": _MPEG4,
    ".mov": _MPEG4,
    ".mkv": ("mp4v",),
    ".avi": ("MJPG",),
    ".webm": ("VP80",),
}
"""Ending → codecs, of which the first that there is is taken. A frame of 1280 × 720 takes 3 ms of one core as `mp4v`,
5 ms as `MJPG`, and 50 ms as `VP80`, which browsers play."""
_KEEP_FREE_BYTES: Final = 64_000_000  # room for the index that is written at the end, and for others
_LONGEST_GAP_S: Final = 60.0
_EXACT_FPS: Final = 65.0  # MPEG-4 writes the rate as a fraction of numbers below 65,536; faster ones are rounded


class VideoWriter:
    """A video file: `with VideoWriter(path, fps=25) as video: video.write(image, time_s)`.

    The file has a constant frame rate. Frames are put where their times say: one that comes too early is left out, and
    one that stays is repeated, so that the video plays at the speed of the source. The file stands under its name once
    it is closed, playable, however that comes about: an error or Ctrl-C inside `with` loses none of what was written.
    Without a frame there is no file.

    Args:
        path: ending in `.mp4`, `.mov`, `.mkv`, `.avi` or `.webm`.
        fps: frames a second of the file.
        overwrite: whether it may replace a file.
        longest_gap_s: a longer time without frames, such as of a lost camera, is shortened to this.
        keep_free_bytes: writing ends with an error when the disk has less room left than this.

    Raises:
        OutputError: the file is there already, or cannot be written.
        UnknownNameError: another ending.
        InputError: `fps` is no frame rate.
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        *,
        fps: float = FALLBACK_FPS,
        overwrite: bool = False,
        longest_gap_s: float = _LONGEST_GAP_S,
        keep_free_bytes: int = _KEEP_FREE_BYTES,
    ) -> None:
        self.path = Path(path)
        ending = self.path.suffix.lower()
        if ending not in CODECS:
            raise UnknownNameError("ending of a video file", ending or self.path.name, CODECS)
        if believable_fps(fps) is None:
            raise InputError(f"fps must be 0.01 to 1000 frames a second, got {fps!r}; 25 is usual")
        if os.path.lexists(self.path) and not overwrite:
            raise OutputError(f"{self.path}: is there already; name another file, or allow it with --overwrite")
        self._fps = round(fps, 3) if fps < _EXACT_FPS else float(round(fps))
        self._longest_gap, self._keep_free_bytes = round(longest_gap_s * self._fps), keep_free_bytes
        self._partial = PartialFile(self.path)
        self._video = self._partial.path.with_suffix(ending)  # OpenCV takes the format from the ending
        self._writer: cv2.VideoWriter | None = None
        self._size = (0, 0)
        self._last: NDArray[np.uint8] | None = None
        self._start_s = 0.0
        self._closed = False
        self.frames = 0

    def write(self, image: NDArray[np.uint8], time_s: float) -> None:
        """Put a frame at its time; the first one is at the start of the file.

        Args:
            image: (h, w, 3) uint8 RGB. The file has the size of the first, less one pixel where it is odd; others are
                fitted into it with black bars.
            time_s: later than that of the frame before.

        Raises:
            OutputError: it cannot be written, the disk is full, or the file is closed.
            ShapeError: the image is of another shape or type.
        """
        if image.ndim != 3 or image.shape[2] != 3 or image.dtype != np.uint8:
            raise ShapeError(f"image must be (h, w, 3) uint8, got {image.shape} {image.dtype}")
        if self._closed:
            raise OutputError(f"{self.path}: closed already; make another VideoWriter")
        if self._writer is None:
            self._writer, self._start_s = self._begun(image), time_s
        place = self._place(time_s)
        if place < self.frames:
            return
        if self._last is not None:
            for _ in range(place - self.frames):
                self._append(self._last)
        self._last = _fitted(image, self._size)
        self._append(self._last)

    def close(self) -> None:
        """Finish the file and move it to its name; may be called twice.

        Raises:
            OutputError: what was written is not a whole video.
        """
        if self._closed:
            return
        self._closed = True
        try:
            if self._writer is not None:
                self._writer.release()
            if self.frames:
                self._check_whole()
                with output_errors(self.path):
                    self._video.replace(self._partial.path)
                self._partial.finish()
        finally:
            self._video.unlink(missing_ok=True)
            self._partial.discard()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _place(self, time_s: float) -> int:
        """Number of the frame of the file at this time."""
        place = round((time_s - self._start_s) * self._fps)
        excess = place - self.frames - self._longest_gap
        if excess <= 0:
            return place
        self._start_s += excess / self._fps
        return place - excess

    def _begun(self, image: NDArray[np.uint8]) -> cv2.VideoWriter:
        height, width = image.shape[:2]
        self._size = (max(width & ~1, 2), max(height & ~1, 2))  # colours are written for squares of four pixels
        codecs = CODECS[self._video.suffix]
        for codec in codecs:
            writer = cv2.VideoWriter(opencv_name(self._video), cv2.VideoWriter.fourcc(*codec), self._fps, self._size)
            if writer.isOpened():
                return writer
        raise OutputError(
            f"{self.path}: OpenCV has no encoder {' or '.join(codecs)}, or cannot write this file; try another ending: "
            f"{' '.join(ending for ending in CODECS if ending != self._video.suffix)}"
        )

    def _append(self, image: NDArray[np.uint8]) -> None:
        assert self._writer is not None
        if self.frames % round(max(self._fps, 1)) == 0:
            self._check_room()
        self._writer.write(cv2.cvtColor(image, cv2.COLOR_RGB2BGR))
        self.frames += 1

    def _check_room(self) -> None:
        """About once a second of video: OpenCV does not tell when a disk is full."""
        with output_errors(self.path):
            free_bytes = shutil.disk_usage(self._video.parent).free
        if free_bytes < self._keep_free_bytes:
            raise OutputError(
                f"{self.path}: only {free_bytes / 1e6:,.0f} MB are left on the disk, so the video ends here; make room"
            )

    def _check_whole(self) -> None:
        reader = VideoReader(os.fspath(self._video), FFMPEG, {})
        opened = reader.is_open
        reader.close()
        with output_errors(self.path):
            missing = missing_bytes(self._video)
        if not opened or missing:
            raise OutputError(f"{self.path}: could not be written whole; see whether the disk is full")


def _fitted(image: NDArray[np.uint8], size: tuple[int, int]) -> NDArray[np.uint8]:
    """A picture of this width and height: cut by the odd pixel, or scaled and set in black."""
    width, height = size
    if (image.shape[1] & ~1, image.shape[0] & ~1) == size:
        return np.ascontiguousarray(image[:height, :width])
    scale = min(width / image.shape[1], height / image.shape[0])
    inner = (max(round(image.shape[1] * scale), 1), max(round(image.shape[0] * scale), 1))
    fitted = np.zeros((height, width, 3), np.uint8)
    left, top = (width - inner[0]) // 2, (height - inner[1]) // 2
    fitted[top : top + inner[1], left : left + inner[0]] = cv2.resize(image, inner, interpolation=cv2.INTER_AREA)
    return fitted
