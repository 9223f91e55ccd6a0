"""`ImageSequence`: pictures, such as those of a folder, one frame each."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final

from mien.errors import ImageError, VideoError
from mien.frames import Frame
from mien.media.find import find_images
from mien.media.images import read_image
from mien.media.result import printable
from mien.media.source import Source

IMAGES_FPS: Final = 25.0  # what FFmpeg takes picture files for


class ImageSequence(Source):
    """One picture file after the other.

    Those that cannot be read are passed over and told in `problems`; the others keep their place in time.

    Args:
        name: of the folder or picture.
        paths: of the pictures, in order.
        fps: pictures a second; sets their times.
        problems: what went wrong already.
    """

    def __init__(
        self, name: str, paths: Sequence[Path], *, fps: float = IMAGES_FPS, problems: Iterable[str] = ()
    ) -> None:
        super().__init__(name, is_live=False)
        self._paths, self._interval_s = paths, 1 / fps
        self.fps, self.frame_count = fps, len(paths)
        self._problems += problems
        self.open()

    @property
    def is_open(self) -> bool:
        """Whether `read` can be called."""
        return self._next is not None

    def open(self) -> None:
        """Start, or start again, with the first."""
        self._next: int | None = 0
        self._index = 0

    def read(self) -> Frame | None:
        """The next picture that can be read; None at the end.

        Raises:
            VideoError: none of them can be read.
        """
        if self._next is None:
            raise VideoError(f"{self.name}: not open; call open() before read()")
        while self._next < len(self._paths):
            place = self._next
            self._next += 1
            try:
                image = read_image(self._paths[place])
            except ImageError as error:
                self._problems.append(printable(str(error)))
                continue
            frame = Frame(image=image, index=self._index, time_s=place * self._interval_s, source=self.name)
            self._index += 1
            return frame
        if self._index == 0:
            raise VideoError(f"{self.name}: no picture can be read; {self._problems[-1]}")
        return None

    def close(self) -> None:
        """Nothing is held; `read` takes an `open` first."""
        self._next = None


def image_folder(folder: str | os.PathLike[str], *, fps: float = IMAGES_FPS) -> ImageSequence:
    """The pictures in a folder and its subfolders, numbers in their names taken as numbers: 2.png before 10.png.

    Raises:
        VideoError: no picture is there, or the folder cannot be searched.
    """
    problems: list[str] = []
    try:
        paths = find_images([folder], unreadable=lambda _, error: problems.append(printable(str(error))))
    except ImageError as error:
        raise VideoError(printable(str(error))) from error
    if not paths:
        raise VideoError(f"{printable(folder)}: no picture in this folder can be read; {problems[0]}")
    return ImageSequence(printable(folder), sorted(paths, key=_natural), fps=fps, problems=problems)


def _natural(path: Path) -> list[str | int]:
    """Text and numbers in turn."""
    parts = re.split(r"([0-9]+)", os.fspath(path).casefold())
    return [int(part) if place % 2 else part for place, part in enumerate(parts)]
