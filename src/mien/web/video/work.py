"""`profile_clip`: a clip to an annotated video, and to tables of the people in it."""

from __future__ import annotations

import contextlib
import csv
import json
import time
from collections.abc import Callable, Iterator
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

import mien
from mien.errors import VideoError
from mien.faces import row_names
from mien.live.engine import Engine
from mien.live.networks import load_networks
from mien.live.watched_frame import WatchedFrame
from mien.media.source import FALLBACK_FPS, Source
from mien.media.video_file import VideoFile
from mien.media.video_writer import VideoWriter
from mien.web.video.order import EVENTS, FRAMES, PEOPLE, VIDEO, Order
from mien.web.video.progress import Progress
from mien.web.video.summary import Summary

LONGEST_SIDE_PX: Final = 960
"""Of the annotated video. Browsers play VP8 from every OpenCV; it takes 28 ms of one core for a frame of 960 × 540, and
50 ms at 1280 × 720, as much as everything else."""
FASTEST_FPS: Final = 30.0
"""Of the annotated video, for the same reason; every frame is looked at all the same."""
_TELL_S: Final = 0.25


def profile_clip(order: Order, tell: Callable[[Progress], None]) -> None:
    """Do it; the files of `mien.web.video.order.RESULTS` are in the folder then.

    Args:
        order: the clip, and what is wanted.
        tell: called a few times a second.

    Raises:
        VideoError: the clip is no video, too long, or its frames are too large.
        InputError: the profile does not tell an attribute.
        ModelError: a network's weights are missing or wrong.
        OutputError: the disk is full.
    """
    began_s, told_s = time.monotonic(), -np.inf
    source = _opened(order)
    duration_s = _duration_s(source)
    progress = Progress(duration_s=duration_s)
    tell(progress)
    networks = load_networks(order.attributes, detector=order.detector, profile=order.profile)
    summary, cut = Summary(), None
    with Engine(source, networks) as engine, _Outputs(order, source.fps).opened() as outputs:
        for frame in engine:
            if frame.time_s > order.max_s:
                cut = f"only the first {order.max_s:g} seconds were looked at"
                break
            summary.note(frame)
            outputs.write(frame)
            time_s = max(frame.time_s, 0.0)
            progress = Progress(time_s=time_s, duration_s=duration_s, frames=progress.frames + 1, people=len(summary))
            if time.monotonic() - told_s >= _TELL_S:
                told_s = time.monotonic()
                tell(progress)
            if time.monotonic() - began_s > order.timeout_s:
                cut = f"only the first {time_s:.0f} seconds were looked at; that took {order.timeout_s:g} seconds"
                break
    problems = [problem.removeprefix(f"{source.name}: ") for problem in source.problems]
    told = {
        "version": mien.__version__,
        "name": order.name,
        "attributes": order.attributes,
        "detector": order.detector,
        "width": source.size[0] if source.size else None,
        "height": source.size[1] if source.size else None,
        "fps": source.fps,
        "frames": progress.frames,
        "duration_s": round(progress.time_s, 3),
        "remarks": [*problems, *([cut] if cut else [])],
        "people": summary.to_dicts(),
    }
    (order.folder / PEOPLE).write_text(json.dumps(told, ensure_ascii=False, allow_nan=False), encoding="utf-8")
    tell(progress)


class _Outputs:
    """The video and the tables."""

    def __init__(self, order: Order, fps: float | None) -> None:
        self._order = order
        self._fps = min(fps or FALLBACK_FPS, FASTEST_FPS)

    @contextlib.contextmanager
    def opened(self) -> Iterator[_Outputs]:
        """Files are closed whole at the end."""
        folder = self._order.folder
        with (
            VideoWriter(folder / VIDEO, fps=self._fps) as self._video,
            (folder / FRAMES).open("w", encoding="utf-8", newline="") as frames,
            (folder / EVENTS).open("w", encoding="utf-8") as self._events,
        ):
            self._table = csv.DictWriter(frames, ("frame", "time_s", *row_names()), lineterminator="\n")
            self._table.writeheader()
            yield self

    def write(self, frame: WatchedFrame) -> None:
        """Write what is seen in a frame."""
        self._video.write(_shrunk(frame.draw(blur=self._order.blur)), frame.time_s)
        at = {"frame": frame.index, "time_s": round(frame.time_s, 3)}
        self._table.writerows(at | person.to_row() for person in frame.people)
        for event in frame.events:
            self._events.write(json.dumps(event.to_dict(), ensure_ascii=False, allow_nan=False) + "\n")


def _opened(order: Order) -> Source:
    """The clip, once it is clear that it is one and not too large."""
    try:
        source = VideoFile(order.source)
    except VideoError as error:
        raise VideoError(str(error).removeprefix(f"{order.source}: ")) from error
    width, height = source.size or (0, 0)
    duration_s = _duration_s(source)
    problem = None
    if width * height > order.max_pixels:
        wanted = f"at most {order.max_pixels / 1e6:g} megapixels"
        problem = f"frames of {width} × {height} pixels, wanted {wanted}; send it in a smaller size"
    elif duration_s is not None and duration_s > order.max_s:
        problem = f"{_minutes(duration_s)} long, wanted at most {_minutes(order.max_s)}; cut out the part that matters"
    if problem is not None:
        source.close()
        raise VideoError(problem)
    return source


def _duration_s(source: Source) -> float | None:
    """As the file states it."""
    return None if source.frame_count is None or source.fps is None else source.frame_count / source.fps


def _shrunk(image: NDArray[np.uint8]) -> NDArray[np.uint8]:
    scale = LONGEST_SIDE_PX / max(image.shape[:2])
    if scale >= 1:
        return image
    size = (max(round(image.shape[1] * scale), 2), max(round(image.shape[0] * scale), 2))
    return np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), np.uint8)


def _minutes(seconds: float) -> str:
    """In the unit that reads best.

    >>> _minutes(45), _minutes(300), _minutes(3725)
    ('45 seconds', '5 minutes', '1 hour 2 minutes')
    """
    if seconds < 60:
        return f"{seconds:.3g} seconds"
    hours, minutes = divmod(round(seconds / 60), 60)
    parts = [(hours, "hour"), (minutes, "minute")]
    return " ".join(f"{count} {unit}{'' if count == 1 else 's'}" for count, unit in parts if count)
