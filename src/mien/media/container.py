"""`missing_bytes`: how much of a video file is cut off, told from the lengths that its outermost parts state."""

from __future__ import annotations

import os
import struct
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO, Final

_EBML: Final = b"\x1a\x45\xdf\xa3"
_SEGMENT: Final = b"\x18\x53\x80\x67"
_MP4_FIRST: Final = (b"ftyp", b"moov", b"mdat", b"free", b"skip", b"wide")
"""What the first box of an MP4 or QuickTime file may be (QuickTime File Format, "Atoms")."""


def missing_bytes(path: str | os.PathLike[str]) -> int:
    """Bytes that should follow the end of an MP4, QuickTime, Matroska, WebM or AVI file; 0 for whole and other files.

    Raises:
        OSError: the file cannot be read.
    """
    with Path(path).open("rb") as stream:
        length = stream.seek(0, os.SEEK_END)
        stream.seek(0)
        first = stream.read(12)
        if first.startswith(_EBML):
            end = _matroska_end(stream)
        elif first[:4] == b"RIFF" and first[8:] == b"AVI ":
            end = _end_of_parts(stream, length, _riff_length)
        elif first[4:8] in _MP4_FIRST:
            end = _end_of_parts(stream, length, _mp4_length)
        else:
            end = 0
    return max(end - length, 0)


def _end_of_parts(stream: BinaryIO, length: int, part_length: Callable[[bytes], int]) -> int:
    """Where the last part should end; 0 where what is there are no such parts."""
    at = 0
    while at < length:
        stream.seek(at)
        size = part_length(stream.read(16))
        if size < 8:  # shorter than its own header: no part, or one that goes on to the end
            return 0
        at += size
    return at


def _mp4_length(header: bytes) -> int:
    """Of a box: 32 bits, or 64 where those are 1 (ISO/IEC 14496-12, sec. 4.2)."""
    if len(header) < 8 or not header[4:8].isalnum():
        return 0
    (size,) = struct.unpack_from(">I", header)
    if size == 1 and len(header) == 16:
        (size,) = struct.unpack_from(">Q", header, 8)
    return int(size)


def _riff_length(header: bytes) -> int:
    """Of a chunk, padded to an even number; long AVI files have several (OpenDML AVI File Format Extensions)."""
    if len(header) < 8 or header[:4] != b"RIFF":
        return 0
    (size,) = struct.unpack_from("<I", header, 4)
    return 8 + int(size) + int(size) % 2


def _matroska_end(stream: BinaryIO) -> int:
    """Of the segment behind the header; 0 where its length is left open (RFC 8794, sec. 6)."""
    stream.seek(len(_EBML))
    header = _variable_integer(stream)
    if header is None:
        return 0
    stream.seek(header, os.SEEK_CUR)
    if stream.read(4) != _SEGMENT:
        return 0
    size = _variable_integer(stream)
    return 0 if size is None else stream.tell() + size


def _variable_integer(stream: BinaryIO) -> int | None:
    """Of one to eight bytes, as many as the first has leading zeros, and one; None for "unknown" and where none is."""
    first = stream.read(1)
    if not first or not first[0]:
        return None
    extra = 8 - first[0].bit_length()
    bits = 7 * (extra + 1)
    value = int.from_bytes(first + stream.read(extra)) & ((1 << bits) - 1)
    return None if value == (1 << bits) - 1 else value
