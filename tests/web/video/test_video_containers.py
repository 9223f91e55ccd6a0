import pytest

from mien.web.video.containers import is_video, what_it_is

TS = (b"\x47" + bytes(187)) * 5
M2TS = (bytes(4) + b"\x47" + bytes(187)) * 5


@pytest.mark.parametrize(
    "head",
    [
        b"\0\0\0\x20ftypisom",
        b"\0\0\0\x08wide\0\0\0\0mdat",
        b"\x1a\x45\xdf\xa3\x9f",
        b"RIFF\0\0\0\0AVI LIST",
        b"\0\0\x01\xba\x44",
        b"FLV\x01\x05",
        b"OggS\0\x02",
        b"GIF89a\x01\0\x01\0",
        b"\x30\x26\xb2\x75\x8e\x66\xcf\x11",
        TS,
        M2TS,
    ],
)
def test_videos(head):
    assert is_video(head)


@pytest.mark.parametrize(
    ("head", "told"),
    [
        (b"", "an empty file"),
        (b"#EXTM3U\n#EXTINF:10,\nfile:///etc/passwd\n", "a playlist, which only names videos"),
        (b"ffconcat version 1.0\nfile '/etc/passwd'\n", "a list of other videos"),
        (b"file '/etc/passwd'\n", "text"),
        (b"<?xml version='1.0'?><MPD/>", "text"),
        ("Grüße\n".encode() + "ü".encode()[:1], "text"),  # cut in the middle of a character
        (b"\xff\xd8\xff\xe0\0\x10JFIF", "a picture"),
        (b"\x89PNG\r\n\x1a\n", "a picture"),
        (b"RIFF\0\0\0\0WEBPVP8 ", "a picture"),
        (b"RIFF\0\0\0\0WAVEfmt ", "sound (WAV)"),
        (b"ID3\x04", "music (MP3)"),
        (b"%PDF-1.7", "a PDF document"),
        (b"PK\x03\x04", "a ZIP archive, or an office document"),
        (b"\x7fELF\x02\x01\x01\0", "a file of an unknown kind"),
        (TS[:400], "a file of an unknown kind"),
    ],
)
def test_what_is_no_video(head, told):
    assert not is_video(head)
    assert what_it_is(head) == told
