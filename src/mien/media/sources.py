"""`open_source`: frames from a camera, video file, stream, folder of pictures or single picture."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from mien.errors import InputError, UnknownNameError, VideoError
from mien.media.address import SCHEMES, scheme_of
from mien.media.camera import Camera
from mien.media.formats import find_opener
from mien.media.image_sequence import IMAGES_FPS, ImageSequence, image_folder
from mien.media.result import printable
from mien.media.source import Source, believable_fps
from mien.media.stream import OPEN_TIMEOUT_S, READ_TIMEOUT_S, Stream
from mien.media.video_file import DECODE_THREADS, VideoFile

_SIGNATURE_BYTES = 12
_GIF = b"GIF8"
_JPEG_FILMS = (".mjpeg", ".mjpg")  # begin as a picture does


def open_source(
    source: int | str | os.PathLike[str],
    *,
    connect: bool = True,
    live: bool | None = None,
    open_timeout_s: float = OPEN_TIMEOUT_S,
    read_timeout_s: float = READ_TIMEOUT_S,
    camera_size: tuple[int, int] | None = None,
    images_fps: float = IMAGES_FPS,
    threads: int = DECODE_THREADS,
) -> Source:
    """A source of frames, open.

    Args:
        source: the number of a camera (`0`, also as text, or on Linux its device, `/dev/video0`); the address of a
            stream (`rtsp://`, `rtsps://`, `http://`, `https://`); or the path of a video file, a picture, or a folder
            of pictures.
        connect: False leaves a camera or stream closed, for a `Capture` that keeps trying until it is there.
        live: of a stream, whether it is live; None: it is where it states no length.
        open_timeout_s: of a stream, seconds for the server to answer.
        read_timeout_s: of a stream, seconds without a frame after which it counts as lost.
        camera_size: width and height in pixels to ask of a camera; None for its default.
        images_fps: pictures a second, for the times of those in a folder.
        threads: that decode a video file or stream.

    Raises:
        VideoError: not there, not a video, without frames, or it does not answer; why, and the remedy.
        InputError: a setting, or what is given for a source, is of the wrong kind.
        UnknownNameError: an address of a kind that is not read.
    """
    _check_settings(open_timeout_s, read_timeout_s, images_fps, threads)
    opened: Source
    if isinstance(source, int) and not isinstance(source, bool) and source >= 0:
        opened = Camera(source, size=camera_size)
    elif isinstance(source, str) and source.isascii() and source.isdigit():
        opened = Camera(int(source), size=camera_size)
    elif isinstance(source, str) and (scheme := scheme_of(source)) is not None:
        if scheme not in SCHEMES:
            raise UnknownNameError("kind of address", f"{scheme}://", [f"{name}://" for name in SCHEMES])
        opened = Stream(
            source, open_timeout_s=open_timeout_s, read_timeout_s=read_timeout_s, live=live, threads=threads
        )
    elif isinstance(source, (str, os.PathLike)):
        opened = _open_path(os.fspath(source), camera_size, images_fps, threads)
    else:
        raise InputError(
            f"a source must be the number of a camera, an address or a path, got {source!r}; "
            "0 is the first camera, and a picture in memory is read by analyze()"
        )
    if connect and not opened.is_open:
        opened.open()
    return opened


def _open_path(path: str, camera_size: tuple[int, int] | None, images_fps: float, threads: int) -> Source:
    name = printable(path)
    if not path:
        raise VideoError("an empty path names nothing; name a file, a folder, a camera or a stream")
    try:
        mode = Path(path).stat().st_mode
        if stat.S_ISDIR(mode):
            return image_folder(path, fps=images_fps)
        if stat.S_ISCHR(mode):
            return Camera(path, size=camera_size)
        if not stat.S_ISREG(mode):  # to open a pipe might wait for ever
            raise VideoError(f"{name}: a pipe or device, not a video; copy what comes out of it to a file")
        with Path(path).open("rb") as stream:
            signature = stream.read(_SIGNATURE_BYTES)
    except (FileNotFoundError, NotADirectoryError) as error:
        raise VideoError(f"{name}: no such file or folder; check the path, or name a camera by its number") from error
    except (OSError, ValueError) as error:  # ValueError: a null character in the path
        raise VideoError(f"{name!r}: cannot be opened: {getattr(error, 'strerror', None) or error}") from error
    if not signature:
        raise VideoError(f"{name}: empty (0 bytes); copy or download it again")
    is_film = signature.startswith(_GIF) or Path(path).suffix.lower() in _JPEG_FILMS
    if find_opener(signature) is not None and not is_film:
        return ImageSequence(name, [Path(path)], fps=images_fps)
    return VideoFile(path, threads=threads)


def _check_settings(open_timeout_s: float, read_timeout_s: float, images_fps: float, threads: int) -> None:
    for name, value in (("open_timeout_s", open_timeout_s), ("read_timeout_s", read_timeout_s)):
        if not 0 < value <= 3600:
            raise InputError(f"{name} must be more than 0 and at most 3600 seconds, got {value!r}")
    if believable_fps(images_fps) is None:
        raise InputError(f"images_fps must be 0.01 to 1000 frames a second, got {images_fps!r}")
    if not isinstance(threads, int) or threads < 1:
        raise InputError(f"threads must be a whole number of 1 or more, got {threads!r}")
