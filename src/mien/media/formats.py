"""Which picture format some bytes are in, and Pillow's reader for it.

`PIL.Image.open` is not used: it warns of pictures over 89 megapixels whatever limit is set, and tries forty formats,
some of which start other programs.
"""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Callable
from typing import Final

from PIL import Image
from PIL.BmpImagePlugin import BmpImageFile
from PIL.GifImagePlugin import GifImageFile
from PIL.ImageFile import ImageFile
from PIL.JpegImagePlugin import JpegImageFile
from PIL.PngImagePlugin import PngImageFile
from PIL.TiffImagePlugin import TiffImageFile
from PIL.WebPImagePlugin import WebPImageFile

ENDINGS: Final = (".jpg", ".jpeg", ".jpe", ".jfif", ".png", ".webp", ".bmp", ".tif", ".tiff", ".gif")
"""Of picture files, in lower case; a folder's other files are passed over."""

FORMATS: Final = "JPEG, PNG, WebP, BMP, TIFF and GIF"

DAMAGED: Final = (
    OSError,
    SyntaxError,
    ValueError,
    TypeError,
    KeyError,
    IndexError,
    EOFError,
    OverflowError,
    struct.error,
    zlib.error,
    Image.DecompressionBombError,
    Warning,
)
"""What Pillow raises on damaged files, found by flipping and cutting bytes of every format; `Warning` for those who
turn warnings into errors."""

_OPENERS: Final[tuple[tuple[bytes, Callable[[io.BytesIO], ImageFile]], ...]] = (
    (b"\xff\xd8\xff", JpegImageFile),
    (b"\x89PNG\r\n\x1a\n", PngImageFile),
    (b"RIFF", WebPImageFile),
    (b"BM", BmpImageFile),
    (b"II*\0", TiffImageFile),
    (b"MM\0*", TiffImageFile),
    (b"II+\0", TiffImageFile),
    (b"MM\0+", TiffImageFile),
    (b"GIF87a", GifImageFile),
    (b"GIF89a", GifImageFile),
)


def find_opener(data: bytes) -> Callable[[io.BytesIO], ImageFile] | None:
    """Pillow's reader for the format whose signature `data` begins with, or None."""
    opener = next((opener for signature, opener in _OPENERS if data.startswith(signature)), None)
    if opener is WebPImageFile and data[8:12] != b"WEBP":
        return None  # another RIFF file, such as a WAV or AVI
    return opener


def header_size(data: bytes) -> tuple[int, int] | None:
    """Width and height of a PNG, GIF or WebP from its first bytes; None for others, of which Pillow tells it.

    Raises:
        struct.error, IndexError: the header is cut off.
    """
    if data.startswith(b"\x89PNG"):
        width, height = struct.unpack_from(">II", data, 16)  # IHDR, always the first chunk
        return width, height
    if data.startswith(b"GIF8"):
        return _gif_size(data)
    if data.startswith(b"RIFF"):
        return _webp_size(data)
    return None


def _gif_size(data: bytes) -> tuple[int, int]:
    """The screen, widened by a first frame that reaches beyond it (GIF89a specification, sec. 18 and 20)."""
    width, height, flags = struct.unpack_from("<HHB", data, 6)
    at = 13 + (3 << (flags & 7) + 1 if flags & 0x80 else 0)
    while data[at] != ord(","):
        at += 1
        if data[at - 1] == ord("!"):  # an extension: its label, then blocks up to an empty one
            at += 1
            while data[at]:
                at += data[at] + 1
            at += 1
    x, y, frame_width, frame_height = struct.unpack_from("<4H", data, at + 1)
    return max(width, x + frame_width), max(height, y + frame_height)


def _webp_size(data: bytes) -> tuple[int, int] | None:
    """From the first chunk (WebP container specification; RFC 6386, sec. 9.1; RFC 9649, sec. 3.4)."""
    chunk = data[12:16]
    if chunk == b"VP8X":
        low, high = struct.unpack_from("<IH", data, 24)
        return (low & 0xFFFFFF) + 1, (low >> 24 | high << 8) + 1
    if chunk == b"VP8L":
        (bits,) = struct.unpack_from("<I", data, 21)
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    width, height = struct.unpack_from("<HH", data, 26)
    return width & 0x3FFF, height & 0x3FFF
