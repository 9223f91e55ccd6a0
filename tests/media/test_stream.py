"""Streams over the network, from real servers on this machine."""

from __future__ import annotations

import http.server
import socket
import threading
import time
from contextlib import contextmanager

import cv2
import numpy as np
import pytest

from mien.errors import SourceLostError, VideoError
from mien.live.backoff import Backoff
from mien.live.capture import Capture
from mien.live.capture_event import EventKind
from mien.media.sources import open_source
from mien.media.video_writer import VideoWriter

PATIENCE_S = 60  # reached only where a test fails
LEVELS = (30, 80, 130, 180, 230)


def jpeg(level):
    return cv2.imencode(".jpg", np.full((48, 64, 3), level, np.uint8))[1].tobytes()


class Camera(http.server.BaseHTTPRequestHandler):
    """Pictures after pictures, as network cameras send them; then what `server.ending` says."""

    def do_GET(self):
        server = self.server
        if self.path != "/live":
            self.send_error(404)
            return
        self.send_response(200)
        self.send_header("Content-Type", "multipart/x-mixed-replace;boundary=b")
        self.end_headers()
        try:
            while True:
                for level in LEVELS:
                    data = jpeg(level)
                    self.wfile.write(b"--b\r\nContent-Type: image/jpeg\r\nContent-Length: %d\r\n\r\n" % len(data))
                    self.wfile.write(data + b"\r\n")
                    self.wfile.flush()
                    time.sleep(0.02)
                if server.ending == "ends":
                    return
                if server.ending == "goes silent":
                    server.over.wait(PATIENCE_S)
                    return
        except OSError:
            return  # nobody listens any more

    def log_message(self, *_):
        pass


class Files(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_):
        pass


@contextmanager
def served(handler, ending="", **keywords):
    """Address of a server, and the server."""
    make = lambda *args: handler(*args, **keywords)  # noqa: E731
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), make) as server:
        server.daemon_threads, server.ending, server.over = True, ending, threading.Event()
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield f"http://127.0.0.1:{server.server_port}", server
        finally:
            server.over.set()
            server.shutdown()


def read_on(source):
    for _ in range(100):
        source.read()


def test_a_live_stream():
    with served(Camera) as (address, _), open_source(f"{address}/live") as source:
        frames = [source.read() for _ in range(12)]
        assert (source.is_live, source.fps, source.size, source.frame_count) == (True, None, (64, 48), None)
    assert [frame.index for frame in frames] == list(range(12))
    levels = [int(frame.image.mean()) for frame in frames]
    assert levels == pytest.approx([LEVELS[index % 5] for index in range(12)], abs=3)
    times = [frame.time_s for frame in frames]
    assert times == sorted(times)
    assert frames[0].source == f"{address}/live"


def test_a_stream_that_ends_is_lost():
    with served(Camera, "ends") as (address, _), open_source(f"{address}/live") as source:
        with pytest.raises(SourceLostError, match="the connection or the stream ended; check the camera"):
            read_on(source)
        source.open()
        assert source.read().index >= 5  # frames are counted on
    with pytest.raises(VideoError, match="not open"):
        source.read()


def test_a_stream_that_stops_answering_is_lost():
    with (
        served(Camera, "goes silent") as (address, _),
        open_source(f"{address}/live", read_timeout_s=0.5) as source,
        pytest.raises(SourceLostError, match=r"no frame for 0\.5 s"),
    ):
        read_on(source)


def test_a_lost_stream_is_opened_again():
    with served(Camera, "ends") as (address, _):
        source = open_source(f"{address}/live", read_timeout_s=1)
        events, count = [], 0
        with Capture(source, latest=False, backoff=Backoff(first_s=0.01, longest_s=0.02)) as capture:
            end = time.monotonic() + PATIENCE_S
            while EventKind.BACK not in [event.kind for event in events] or count < 8:
                count += capture.get(0.1) is not None
                events += capture.events()
                assert time.monotonic() < end, "waited in vain"
    kinds = [event.kind for event in events]
    assert kinds[:3] == [EventKind.LOST, EventKind.RECONNECTING, EventKind.BACK]


def test_a_video_on_a_server_is_no_live_source(tmp_path, monkeypatch):
    with VideoWriter(tmp_path / "film.mp4", fps=10) as video:
        for index in range(12):
            video.write(np.full((48, 64, 3), 20 * index, np.uint8), index / 10)
    with served(Files, directory=str(tmp_path)) as (address, _), open_source(f"{address}/film.mp4") as source:
        frames = list(source)
        assert (source.is_live, source.frame_count, source.fps, source.problems) == (False, 12, 10.0, ())
    assert [frame.time_s for frame in frames] == pytest.approx([index / 10 for index in range(12)])


def test_why_a_stream_cannot_be_opened():
    with served(Camera) as (address, _), pytest.raises(VideoError, match="it answers, but not with a video; check the"):
        open_source(f"{address}/elsewhere")
    with pytest.raises(VideoError, match=r"nothing answers at port \d+ of 127\.0\.0\.1"):
        open_source(f"{address}/live")
    with pytest.raises(VideoError, match=r"no host of the name nowhere\.invalid is known"):
        open_source("http://nowhere.invalid/live", open_timeout_s=2)


def test_an_address_that_never_answers():
    with socket.create_server(("127.0.0.1", 0)) as server:
        address = f"rtsp://ada:secret@127.0.0.1:{server.getsockname()[1]}/live"
        with pytest.raises(VideoError, match=r"^rtsp://127\.0\.0\.1:\d+/live: no answer within 0\.5 s") as caught:
            open_source(address, open_timeout_s=0.5)
    assert "secret" not in str(caught.value)
