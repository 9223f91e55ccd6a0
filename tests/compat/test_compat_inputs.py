import base64
import io
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from mien.compat.inputs import read, split
from mien.errors import ImageError, ImageTooLargeError, InputError, ShapeError


@pytest.fixture(scope="module")
def picture():
    """(40, 50, 3) uint8 RGB."""
    return np.random.default_rng(0).integers(0, 256, (40, 50, 3)).astype(np.uint8)


@pytest.fixture(scope="module")
def png(picture):
    return cv2.imencode(".png", picture[:, :, ::-1])[1].tobytes()


def test_ways_to_give_a_picture(picture, png, tmp_path, monkeypatch):
    path = tmp_path / "Übung ✓.png"
    path.write_bytes(png)
    text = base64.b64encode(png).decode()
    stream = io.BytesIO(png)
    stream.seek = None  # one that cannot be rewound
    for source in (path, str(path), png, stream, text, f"data:image/png;base64,{text}", f"data:image/png,{text}"):
        assert np.array_equal(read(source), picture)
    with path.open("rb") as file:
        assert np.array_equal(read(file), picture)
    monkeypatch.chdir(tmp_path)
    long_name = "A" * 64  # could be base64, and is a path
    Path(long_name).write_bytes(png)
    assert np.array_equal(read(long_name), picture)


def test_arrays_are_bgr(picture):
    assert np.array_equal(read(picture[:, :, ::-1]), picture)


@pytest.mark.parametrize(
    "change",
    [
        lambda bgr: bgr / 255,
        lambda bgr: (bgr / 255).astype(np.float32) * np.float32(1.0001),
        lambda bgr: bgr.astype(np.float64),
        lambda bgr: bgr.astype(np.float32),
        lambda bgr: bgr.astype(np.int64),
        lambda bgr: bgr.astype(np.uint16) * 257,
        lambda bgr: np.dstack([bgr, np.full(bgr.shape[:2], 255, np.uint8)]),
        lambda bgr: np.dstack([bgr / 255, np.ones(bgr.shape[:2])]),
        np.asfortranarray,
    ],
    ids=["0-1", "0-1.0001", "0-255", "float32", "int64", "uint16", "BGRA", "BGRA 0-1", "columns first"],
)
def test_kinds_of_numbers(picture, change):
    assert np.array_equal(read(change(picture[:, :, ::-1])), picture)


def test_grey(picture):
    grey = picture[:, :, 0]
    for array in (grey, grey[:, :, None], grey / 255, grey.astype(float)):
        assert np.array_equal(read(array), np.repeat(grey[:, :, None], 3, axis=2))


@given(arrays(np.uint8, (3, 4, 3), elements=st.integers(0, 255)))
def test_floats_of_both_ranges_are_the_same_picture(image):
    if image.max() > 1:  # darker ones are told apart by nothing
        assert np.array_equal(read(image.astype(np.float64)), read(image))
    assert np.array_equal(read(image / 255), read(image))


@pytest.mark.parametrize(
    ("source", "error", "message"),
    [
        (None, ImageError, "None is no picture; cv2.imread gives it"),
        (np.empty(0), ShapeError, r"got shape \(0,\)"),
        (np.empty((0, 5, 3)), ShapeError, r"got shape \(0, 5, 3\)"),
        (np.array(None), ShapeError, "an array of numbers, got object"),
        (np.full((4, 4, 3), -1.0), ShapeError, "got -1 to -1"),
        (np.full((4, 4, 3), 256.0), ShapeError, "got 256 to 256"),
        (np.full((4, 4, 3), np.nan), ShapeError, "got nan to nan"),
        (np.full((4, 4, 3), 300), ShapeError, "got 300 to 300"),
        (np.zeros((3, 40, 50)), ShapeError, "transpose"),
        ("", ImageError, "an empty path names nothing"),
        ("no/such.jpg", ImageError, "no such file"),
        ("x" * 5000, ImageError, "cannot be opened|no such file"),
        ("https://example.org/a.jpg", ImageError, "fetched only with allow_urls=True"),
        ("data:image/png;base64,%%%", ImageError, "the data URL: not base64"),
        ("data:image/png;base64,", ImageError, "empty"),
        (io.StringIO("text"), ImageError, "opened as text"),
        (7, ImageError, "cannot read a picture from int"),
        ([], ImageError, "cannot read a picture from list"),
    ],
)
def test_what_is_no_picture(source, error, message):
    with pytest.raises(error, match=message) as raised:
        read(source)
    assert isinstance(raised.value, ValueError)


def test_one_and_many():
    one, two = np.zeros((4, 5, 3)), np.ones((4, 5, 3))
    assert split("a.jpg") == (["a.jpg"], False)
    assert split(["a.jpg"]) == (["a.jpg"], True)
    assert split(("a.jpg", "b.jpg")) == (["a.jpg", "b.jpg"], True)
    pictures, many = split(np.stack([one, two]))
    assert (len(pictures), many) == (2, True)
    assert np.array_equal(pictures[1], two)
    assert split(one)[1] is False
    with pytest.raises(InputError, match="empty list"):
        split([])


@pytest.fixture
def server(png):
    """An address on this machine: `/a.png` is the picture, `/huge` never ends, `/away` leads to a file."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            if self.path == "/away":
                self.send_response(302)
                self.send_header("Location", "file:///etc/passwd")
                self.end_headers()
                return
            self.send_response(200 if self.path in ("/a.png", "/huge") else 404)
            self.end_headers()
            self.wfile.write(png if self.path == "/a.png" else b"\x89PNG\r\n\x1a\n" * 50_000)

        def log_message(self, *_):
            pass

    with HTTPServer(("127.0.0.1", 0), Handler) as httpd:
        thread = threading.Thread(target=httpd.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{httpd.server_port}"
        finally:
            httpd.shutdown()
            thread.join()


def test_an_address_where_the_caller_allows_it(server, picture, monkeypatch):
    from mien.compat.addresses import fetch

    monkeypatch.setenv("no_proxy", "127.0.0.1")
    assert np.array_equal(read(f"{server}/a.png", allow_urls=True), picture)
    with pytest.raises(ImageError, match=r"cannot be fetched .*404"):
        read(f"{server}/b.png", allow_urls=True)
    with pytest.raises(ImageError, match="cannot be fetched"):
        read(f"{server}/away", allow_urls=True)
    with pytest.raises(ImageTooLargeError, match="more than 100,000 bytes"):
        fetch(f"{server}/huge", max_bytes=100_000)
    with pytest.raises(ImageError, match="cannot be fetched"):
        read("http://user:secret@127.0.0.1:1/a.png", allow_urls=True)
    monkeypatch.setenv("MIEN_OFFLINE", "1")
    with pytest.raises(ImageError, match="MIEN_OFFLINE"):
        read(f"{server}/a.png", allow_urls=True)
