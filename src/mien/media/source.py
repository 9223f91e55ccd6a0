"""`Source`: what frames come from. `mien.media.sources.open_source` makes one."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from types import TracebackType
from typing import Final, Self

from mien.frames import Frame

FALLBACK_FPS: Final = 25.0
"""Frames a second where nothing states a rate; FFmpeg's own choice for raw video."""
_COUNT_TOLERANCE: Final = 0.05
"""Share of the stated frames that may be lacking at the end: the statement may be an estimate from length and rate."""
_SLOWEST_FPS: Final = 0.01  # a time lapse
_FASTEST_FPS: Final = 1000.0  # beyond it a time base was written for a rate, 90,000 mostly


class Source(ABC):
    """Frames, one after the other: `with open_source(…) as source: for frame in source: …`.

    Used by one thread at a time.

    Attributes:
        name: as it may be shown; an address comes without its password.
        is_live: whether frames come at their own pace, so that those not taken in time are gone.
        fps: frames a second as the source states it; None where it states none that can be believed.
        size: width and height of the first frame in pixels, set upright; None where not known yet.
        frame_count: frames there will be, as the source states it; None where it does not.
    """

    def __init__(self, name: str, *, is_live: bool) -> None:
        self.name = name
        self.is_live = is_live
        self.fps: float | None = None
        self.size: tuple[int, int] | None = None
        self.frame_count: int | None = None
        self._problems: list[str] = []

    @property
    @abstractmethod
    def is_open(self) -> bool:
        """Whether `read` can be called."""

    @property
    def problems(self) -> tuple[str, ...]:
        """What went wrong while reading and was lived with, in the order it was met."""
        return tuple(self._problems)

    @abstractmethod
    def open(self) -> None:
        """Open it, or open it again after it was lost; frames are counted on.

        Raises:
            VideoError: it cannot be opened.
        """

    @abstractmethod
    def read(self) -> Frame | None:
        """The next frame; None at the end.

        Raises:
            SourceLostError: a live source gives no more frames; `open` it again.
            VideoError: it is not open.
        """

    @abstractmethod
    def close(self) -> None:
        """Let go of the file, camera or connection; may be called twice."""

    def __iter__(self) -> Iterator[Frame]:
        while (frame := self.read()) is not None:
            yield frame

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def believable_fps(fps: float | None) -> float | None:
    """The rate, or None where it is no frame rate: 0, infinite, or a time base such as 90,000."""
    return fps if fps is not None and _SLOWEST_FPS <= fps <= _FASTEST_FPS else None


def ended_early(frames: int, stated: int | None) -> bool:
    """Whether there were fewer frames than stated, beyond what an estimate may be wrong by."""
    return stated is not None and frames < stated * (1 - _COUNT_TOLERANCE)
