"""What a file is, by how it begins: only files of these kinds are given to FFmpeg.

FFmpeg would also open lists of other files and addresses (HLS, concat and more), and so read this machine's files for
whoever sends one.
"""

from __future__ import annotations

from typing import Final

from mien.media.formats import find_opener

HEAD_BYTES: Final = 4096
KINDS: Final = "MP4, MOV, WebM, MKV, AVI, MPEG, FLV, Ogg, WMV or GIF"
"""For people."""
FFMPEG_NAMES: Final = "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,avi,mpegts,mpeg,flv,ogg,asf,gif"
"""The same in FFmpeg's words, which are its readers' names."""
_TS_PACKETS: Final = (188, 192, 204)  # bytes: plain, with time stamps (M2TS), with error correction (ISO/IEC 13818-1)
_TS_SYNC: Final = 0x47
_BOXES: Final = (b"ftyp", b"moov", b"mdat", b"free", b"skip", b"wide", b"pnot")  # QuickTime File Format, "Atoms"
_SIGNATURES: Final = (
    b"\x1a\x45\xdf\xa3",  # Matroska and WebM (RFC 8794)
    b"\x00\x00\x01\xba",  # MPEG program stream
    b"FLV\x01",
    b"OggS",
    b"\x30\x26\xb2\x75\x8e\x66\xcf\x11",  # ASF, of WMV
    b"GIF87a",
    b"GIF89a",
)
_OTHERS: Final = (
    (b"%PDF", "a PDF document"),
    (b"PK\x03\x04", "a ZIP archive, or an office document"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"ID3", "music (MP3)"),
    (b"fLaC", "music (FLAC)"),
    (b"#EXTM3U", "a playlist, which only names videos"),
    (b"ffconcat", "a list of other videos"),
)


def is_video(head: bytes) -> bool:
    r"""Whether a file that begins so is of one of the `KINDS`.

    >>> is_video(b"\0\0\0\x20ftypisom"), is_video(b"#EXTM3U")
    (True, False)
    """
    if head.startswith(_SIGNATURES) or head[4:8] in _BOXES:
        return True
    if head[:4] == b"RIFF":
        return head[8:12] == b"AVI "
    return any(_is_transport_stream(head, size) for size in _TS_PACKETS)


def what_it_is(head: bytes) -> str:
    r"""What a file that is no video seems to be.

    >>> what_it_is(b""), what_it_is(b"\xff\xd8\xff\xe0"), what_it_is(b"Dear Ada,")
    ('an empty file', 'a picture', 'text')
    """
    if not head:
        return "an empty file"
    for signature, name in _OTHERS:
        if head.startswith(signature):
            return name
    if find_opener(head) is not None:
        return "a picture"
    if head[:4] == b"RIFF" and head[8:12] == b"WAVE":
        return "sound (WAV)"
    return "text" if _is_text(head) else "a file of an unknown kind"


def _is_transport_stream(head: bytes, size: int) -> bool:
    """Whether packets of this size follow each other; those with time stamps have four bytes before each."""
    first = 4 if size == _TS_PACKETS[1] else 0
    marks = head[first : first + 4 * size : size]
    return len(marks) == 4 and set(marks) == {_TS_SYNC}


def _is_text(head: bytes) -> bool:
    try:
        head[: head.rfind(b"\n") + 1 or None].decode()  # a cut may go through a character
    except UnicodeDecodeError:
        return False
    return b"\0" not in head
