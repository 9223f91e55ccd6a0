"""`stream`: the people in front of a camera, in a window, a video or frame by frame; never frozen."""

from __future__ import annotations

import itertools
import logging
import os
from collections.abc import Generator
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Final

from mien.cli._window import Window
from mien.compat import distances, names
from mien.compat.folder import folder_faces
from mien.compat.folder_names import FolderNames
from mien.compat.looked import FaceOptions
from mien.compat.notes import note
from mien.errors import InputError, MienError
from mien.live.engine import Engine
from mien.live.networks import load_networks
from mien.live.watched_frame import WatchedFrame
from mien.media.source import FALLBACK_FPS, Source
from mien.media.sources import open_source
from mien.media.video_writer import VideoWriter

FILE: Final = "mien-stream.mp4"
"""The video, where there is no window and none was named."""
_ATTRIBUTES: Final = ("age", "gender", "emotion", "quality")
_LOG: Final = logging.getLogger("mien.compat")


def stream(
    db_path: str | os.PathLike[str] = "",
    model_name: str = "VGG-Face",
    detector_backend: str = "opencv",
    distance_metric: str = "cosine",
    enable_face_analysis: bool = True,
    source: int | str | os.PathLike[str] = 0,
    time_threshold: int = 5,
    frame_threshold: int = 5,
    anti_spoofing: bool = False,
    output_path: str | os.PathLike[str] | None = None,
    debug: bool = False,
    *,
    seconds: float | None = None,
    strict: bool = False,
) -> None:
    """Shows the people in front of a camera, each with a name of the folder, age, gender and expression.

    In a window, until it is closed or q is pressed; or in the video `output_path`; or, where no window can be opened,
    in the video `mien-stream.mp4` in the working folder. Ctrl-C ends the stream and leaves a video that is whole.

    Args:
        db_path: folder of photos, as of `find`; empty for no names.
        model_name: see `mien.compat.names`.
        detector_backend: see `mien.compat.names`.
        distance_metric: one of `mien.compat.distances.METRICS`.
        enable_face_analysis: whether age, gender and expression are wanted.
        source: a camera's number, a video, a folder of pictures, or the address of a stream.
        time_threshold: of no effect, nothing is held still.
        frame_threshold: of no effect, everybody is followed from the first frame on.
        anti_spoofing: refused.
        output_path: of the video; one that is there is replaced.
        debug: of no effect, `stream_frames` gives every frame.
        seconds: of the stream, after which it is over; `None` for all of it.
        strict: whether to refuse models and detectors that we don't have.

    Raises:
        VideoError: the source is not there or gives no frames.
        InputError: an argument cannot be used.
        OutputError: the video cannot be written.
    """
    distances.check_metric(distance_metric, None)  # what is refused is refused before the camera is opened
    FaceOptions(detector_backend=detector_backend, anti_spoofing=anti_spoofing, strict=strict)
    for name, value, usual in (
        ("time_threshold", time_threshold, 5),
        ("frame_threshold", frame_threshold, 5),
        ("debug", debug, False),
    ):
        if value != usual:
            note(f"{name} has no effect: nothing is held still, and stream_frames() gives every frame")
    with ExitStack() as stack:
        opened = stack.enter_context(open_source(source))
        frames = stack.enter_context(
            closing(
                stream_frames(
                    db_path,
                    model_name,
                    detector_backend,
                    distance_metric,
                    enable_face_analysis,
                    opened,
                    anti_spoofing,
                    seconds=seconds,
                    strict=strict,
                )
            )
        )
        show: Window | None = None
        if output_path is None:
            try:
                show = stack.enter_context(Window())
            except MienError:
                output_path = _free(Path(FILE))
                _LOG.warning("no window can be opened here: the video %s is written; Ctrl-C ends it", output_path)
        video: VideoWriter | None = None
        if output_path is not None:
            video = stack.enter_context(VideoWriter(output_path, fps=opened.fps or FALLBACK_FPS, overwrite=True))
        for frame in frames:
            picture = frame.draw()
            if video is not None:
                video.write(picture, frame.time_s)
            if show is not None and not show.show(picture):
                return


def stream_frames(
    db_path: str | os.PathLike[str] = "",
    model_name: str = "VGG-Face",
    detector_backend: str = "opencv",
    distance_metric: str = "cosine",
    enable_face_analysis: bool = True,
    source: int | str | os.PathLike[str] | Source = 0,
    anti_spoofing: bool = False,
    *,
    seconds: float | None = None,
    strict: bool = False,
) -> Generator[WatchedFrame, None, None]:
    """The same frame by frame, for those who show or send them themselves; not one of DeepFace's functions.

    Args:
        db_path: as of `stream`, as are all below.
        model_name: likewise.
        detector_backend: likewise.
        distance_metric: likewise.
        enable_face_analysis: likewise.
        source: likewise; or an open one.
        anti_spoofing: likewise.
        seconds: likewise.
        strict: likewise.

    Yields:
        Frames as of `mien.watch`; whoever is known has an `identity`.

    Raises:
        VideoError: the source is not there or gives no frames.
        InputError: an argument cannot be used.
    """
    distances.check_metric(distance_metric, None)
    options = FaceOptions(detector_backend=detector_backend, anti_spoofing=anti_spoofing, strict=strict)
    network = names.network(model_name, strict=strict)
    if options.detector is None:
        raise InputError(f"detector_backend={names.SKIP!r} is for pictures of one face; take another for a stream")
    people = None
    if os.fspath(db_path):
        faces = folder_faces(db_path, options, network, refresh=True)
        threshold = distances.threshold_of(network, distance_metric)
        people = FolderNames(db_path, faces, metric=distance_metric, threshold=threshold)
    networks = load_networks(
        _ATTRIBUTES if enable_face_analysis else ("quality",), detector=options.detector, embedding=network
    )
    opened = source if isinstance(source, Source) else open_source(source)
    with Engine(opened, networks, seconds=seconds) as engine:
        for frame in engine:
            yield frame if people is None else people.name(frame)


def _free(path: Path) -> Path:
    """The path, with the first number behind its stem that makes it a new file."""
    numbered = (path.with_stem(f"{path.stem}-{number}") for number in itertools.count(2))
    return next(one for one in itertools.chain([path], numbered) if not os.path.lexists(one))
