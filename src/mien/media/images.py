"""`read_image`: a picture from wherever it is, as (h, w, 3) uint8 RGB."""

from __future__ import annotations

import io
import os
import re
import stat
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, TypeVar

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from PIL.ImageFile import ImageFile
from PIL.PngImagePlugin import PngImageFile

from mien.errors import ImageError, ImageTooLargeError, InputError
from mien.media.convert import array_to_rgb, pil_to_rgb
from mien.media.formats import DAMAGED, FORMATS, find_opener, header_size

ImageSource = str | os.PathLike[str] | bytes | bytearray | memoryview | IO[bytes] | NDArray[Any] | Image.Image
"""A path, a picture file's bytes, a file opened for reading bytes, an array or a Pillow picture."""

T = TypeVar("T")

_ADDRESS = re.compile(r"(https?|ftp|file|data|rtsp|s3|gs):", re.IGNORECASE)


@dataclass(frozen=True, kw_only=True)
class ImageLimits:
    """What is still read; checked before a picture is decoded, so that a small file cannot fill the memory.

    Attributes:
        max_pixels: width times height; 100 megapixels take 300 MB as an array.
        max_bytes: size of the file.

    Raises:
        InputError: a limit is no whole number of one or more.
    """

    max_pixels: int = 100_000_000
    max_bytes: int = 100_000_000

    def __post_init__(self) -> None:
        for name, limit in (("max_pixels", self.max_pixels), ("max_bytes", self.max_bytes)):
            if not isinstance(limit, int) or limit < 1:
                raise InputError(f"limits.{name} must be a whole number of 1 or more, got {limit!r}")


DEFAULT_LIMITS = ImageLimits()


def read_image(source: ImageSource, *, limits: ImageLimits = DEFAULT_LIMITS) -> NDArray[np.uint8]:
    """A picture as RGB, set upright by its EXIF orientation, its transparent parts laid over white.

    Args:
        source: a path, the bytes of a picture file, a file opened for reading bytes, a Pillow picture, or an array:
            (h, w), (h, w, 1), (h, w, 3) RGB or (h, w, 4) RGBA of uint8, uint16, bool, or floats from 0 to 1. Files are
            JPEG, PNG, WebP, BMP, TIFF (first page) or GIF (first frame).
        limits: how large the picture may be.

    Returns:
        (h, w, 3) uint8 RGB, C-contiguous. May share memory with `source` and may be read-only: copy it to write on it.

    Raises:
        ImageTooLargeError: more pixels or bytes than `limits` allows.
        ImageError: not there, not a picture, or damaged.
        ShapeError: an array of another shape, type or range.
    """
    if isinstance(source, np.ndarray):
        if source.ndim >= 2:
            _check_pixels("the array", source.shape[1], source.shape[0], limits.max_pixels)
        return array_to_rgb(source)
    if isinstance(source, Image.Image):
        _check_pixels("the picture", *source.size, limits.max_pixels)
        return _decoded("the picture", lambda: pil_to_rgb(source))
    name, data = _name_and_bytes(source, limits.max_bytes)
    return _decode_file(name, data, limits.max_pixels)


def refuse_address(text: str) -> None:
    """Refuse a web address where a path is wanted.

    Raises:
        ImageError: `text` is one.
    """
    if _ADDRESS.match(text):
        raise ImageError(f"{text}: an address, not a file; download it first and give the path of the file")


def _name_and_bytes(source: Any, max_bytes: int) -> tuple[str, bytes]:
    """What to call the picture in messages, and its file's bytes."""
    if isinstance(source, (bytes, bytearray, memoryview)):
        name, size, data = "the bytes", memoryview(source).nbytes, b""
        if size <= max_bytes:
            data = bytes(source)
    elif isinstance(source, (str, os.PathLike)):
        name = os.fspath(source)
        data = _file_bytes(name, max_bytes)
        size = len(data)
    elif callable(getattr(source, "read", None)):
        name = str(getattr(source, "name", "the file object"))
        data = _stream_bytes(source, name, max_bytes)
        size = len(data)
    else:
        raise ImageError(
            f"cannot read a picture from {type(source).__name__}; "
            "give a path, bytes, a file opened with mode 'rb', a NumPy array or a Pillow picture"
        )
    if size > max_bytes:
        raise ImageTooLargeError(
            f"{name}: more than {max_bytes:,} bytes, the limit; raise max_bytes if you trust the file"
        )
    return name, data


def _stream_bytes(stream: Any, name: str, max_bytes: int) -> bytes:
    """At most one byte more than the limit."""
    if isinstance(stream, io.TextIOBase):  # told before reading: the bytes of a picture are hardly ever UTF-8
        raise ImageError(f"{name}: opened as text; open the file with mode 'rb'")
    try:
        data = stream.read(max_bytes + 1)
    except (OSError, ValueError) as error:  # ValueError: a closed file
        raise ImageError(f"{name}: cannot be read: {_reason(error)}; open the file with mode 'rb'") from error
    if not isinstance(data, bytes):
        raise ImageError(f"{name}: reading gave {type(data).__name__}, not bytes; open the file with mode 'rb'")
    if not data and _position(stream) > 0:
        raise ImageError(f"{name}: at its end already; call .seek(0) first")
    return data


def _position(stream: Any) -> int:
    try:
        return int(stream.tell())
    except (AttributeError, OSError):
        return 0  # not every stream has one, such as a pipe


def _file_bytes(name: str, max_bytes: int) -> bytes:
    """At most one byte more than the limit."""
    refuse_address(name)
    try:
        mode = Path(name).stat().st_mode
        if stat.S_ISREG(mode) or stat.S_ISDIR(mode):
            with Path(name).open("rb") as stream:
                return stream.read(max_bytes + 1)
    except FileNotFoundError as error:
        raise ImageError(f"{name}: no such file") from error
    except IsADirectoryError as error:
        raise ImageError(f"{name}: a folder, not a picture; find_images() lists the pictures in it") from error
    except (OSError, ValueError) as error:  # ValueError: a null character in the path
        raise ImageError(f"{name!r}: cannot be opened: {_reason(error)}") from error
    raise ImageError(f"{name}: a pipe or device, not a file; copy what comes out of it to a file")  # it might block


def _decode_file(name: str, data: bytes, max_pixels: int) -> NDArray[np.uint8]:
    if not data:
        raise ImageError(f"{name}: empty (0 bytes); copy or download it again")
    opener = find_opener(data)
    if opener is None:
        raise ImageError(f"{name}: not a picture; it begins with {data[:8]!r}, and {FORMATS} are read")
    size = _decoded(name, lambda: header_size(data))
    if size is not None:
        _check_pixels(name, *size, max_pixels)
        if opener is not PngImageFile:
            _check_fixed_limit(name, *size)
    image: ImageFile = _decoded(name, lambda: opener(io.BytesIO(data)))
    _check_pixels(name, *image.size, max_pixels)
    return _decoded(name, lambda: pil_to_rgb(image))


def _decoded(name: str, decode: Callable[[], T]) -> T:
    try:
        return decode()
    except ImageError as error:
        raise ImageError(f"{name}: {error}") from error
    except DAMAGED as error:
        raise ImageError(f"{name}: damaged or cut off: {_reason(error)}; copy or download it again") from error


def _check_pixels(name: str, width: int, height: int, max_pixels: int) -> None:
    if width * height > max_pixels:
        raise ImageTooLargeError(
            f"{name}: {width:,} × {height:,} = {width * height:,} pixels, and the limit is {max_pixels:,}; "
            "shrink it, or raise max_pixels if you trust it"
        )


def _check_fixed_limit(name: str, width: int, height: int) -> None:
    """Pillow warns of larger GIFs and refuses larger WebPs whatever limit is set."""
    if Image.MAX_IMAGE_PIXELS is not None and width * height > Image.MAX_IMAGE_PIXELS:
        raise ImageTooLargeError(
            f"{name}: {width:,} × {height:,} = {width * height:,} pixels, and of GIF and WebP only "
            f"{Image.MAX_IMAGE_PIXELS:,} can be read; convert it to PNG"
        )


def _reason(error: BaseException) -> str:
    """Pillow's words, or the exception's kind where it gives none."""
    text = getattr(error, "strerror", None) or str(error)
    return text.strip() or type(error).__name__
