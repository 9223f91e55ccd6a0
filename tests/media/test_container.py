import struct

import pytest

from mien.media.container import missing_bytes

FILES = [("mp4", "mp4v"), ("mov", "mp4v"), ("mkv", "MJPG"), ("avi", "MJPG"), ("webm", "VP80")]


@pytest.mark.parametrize(("ending", "codec"), FILES)
def test_whole_files_lack_nothing_and_cut_ones_what_was_cut(tmp_path, write_video, ending, codec):
    path = write_video(tmp_path / f"a.{ending}", codec=codec, frames=5, noise=True)
    assert missing_bytes(path) == 0
    data = path.read_bytes()
    path.write_bytes(data[:-100])
    assert missing_bytes(path) == 100


def box(kind, body):
    return struct.pack(">I4s", 8 + len(body), kind) + body


@pytest.mark.parametrize(
    ("data", "missing"),
    [
        (b"", 0),
        (b"short", 0),
        (b"a text that is no video at all", 0),
        (box(b"ftyp", b"isom") + struct.pack(">I4sQ", 1, b"mdat", 1000) + bytes(10), 1000 - 26),  # 64 bits long
        (box(b"ftyp", b"isom") + struct.pack(">I4s", 0, b"mdat") + bytes(10), 0),  # up to the end of the file
        (box(b"ftyp", b"isom") + bytes(32), 0),  # padding
        (box(b"ftyp", b"isom") + b"\xff" * 32, 0),  # something else behind
        (box(b"ftyp", b"isom") + b"\0\0", 0),
        (b"\x1a\x45\xdf\xa3\x80\x18\x53\x80\x67\x01\xff\xff\xff\xff\xff\xff\xff", 0),  # a live recording: length open
        (b"\x1a\x45\xdf\xa3\x80\x18\x53\x80\x67\x41\x00", 256),
        (b"\x1a\x45\xdf\xa3\x80\x18\x53\x80\x67", 0),
        (b"\x1a\x45\xdf\xa3", 0),
        (b"RIFF\x64\0\0\0WAVE", 0),
        (b"RIFF\x05\0\0\0AVI \0\0", 0),  # an odd length is padded
        (b"RIFF\x04\0\0\0AVI " + b"RIFF\x0a\0\0\0AVIX", 6),  # a long file has several parts
    ],
)
def test_lengths_that_are_stated(tmp_path, data, missing):
    (tmp_path / "a").write_bytes(data)
    assert missing_bytes(tmp_path / "a") == missing
