"""Streams over the network, from servers that stall, drop the connection, come back, or never say a word."""

from __future__ import annotations

import http.server
import itertools
import re
import socket
import threading
import time

import cv2
import numpy as np
import pytest

from mien.errors import SourceLostError, VideoError
from mien.live.backoff import Backoff
from mien.live.capture import Capture
from mien.live.capture_event import EventKind
from mien.media.sources import open_source

QUICK = Backoff(first_s=0.05, longest_s=0.2)
FRAME_S = 0.02
PATIENCE_S = 60  # for a machine that is busy with other things; reached only where a test fails


class Camera(http.server.ThreadingHTTPServer):
    """Sends JPEG after JPEG to everyone who asks, as network cameras do.

    Attributes:
        flowing: while set, pictures are sent; cleared, the connection stays and nothing comes.
        dropping: while set, connections are closed, the open ones too.
    """

    daemon_threads = True
    block_on_close = False

    def __init__(self, port=0):
        super().__init__(("127.0.0.1", port), _Pictures)
        self.flowing, self.dropping = threading.Event(), threading.Event()
        self.flowing.set()
        self.asked = 0
        threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()

    @property
    def address(self):
        return f"http://admin:Zq9Secret@127.0.0.1:{self.server_port}/live?token=Zq9Secret"

    def close(self):
        self.dropping.set()
        self.flowing.set()
        self.shutdown()
        self.server_close()


class _Pictures(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.server.asked += 1
        if self.server.dropping.is_set():
            return
        self.send_response(200)
        self.send_header("Content-Type", "multipart/x-mixed-replace; boundary=frame")
        self.end_headers()
        try:
            for number in itertools.count():
                self.server.flowing.wait()
                if self.server.dropping.is_set():
                    return
                picture = cv2.imencode(".jpg", np.full((48, 64, 3), 20 + 10 * (number % 20), np.uint8))[1].tobytes()
                self.wfile.write(b"--frame\r\nContent-Type: image/jpeg\r\nContent-Length: %d\r\n\r\n" % len(picture))
                self.wfile.write(picture + b"\r\n")
                time.sleep(FRAME_S)
        except ConnectionError:
            pass  # the reader has gone

    def log_message(self, *_):
        pass


@pytest.fixture
def camera():
    server = Camera()
    yield server
    server.close()


@pytest.fixture
def silent_port():
    """Takes every connection and never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


@pytest.fixture
def closed_port():
    with socket.create_server(("127.0.0.1", 0)) as server:
        return server.getsockname()[1]  # closed on the way out


def wait_for(condition):
    """The first value of `condition()` that is true."""
    end = time.monotonic() + PATIENCE_S
    while not (value := condition()):
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.01)
    return value


def frames_of(capture, count):
    return list(itertools.islice(capture, count))


def gather(capture, kind):
    """Events up to the first of this kind."""
    events = []

    def found():
        events.extend(capture.events())
        return any(event.kind is kind for event in events)

    wait_for(found)
    return events


def test_a_stream_of_pictures(camera):
    with open_source(camera.address) as source:
        frames = list(itertools.islice(source, 5))
        assert (source.is_live, source.frame_count, source.size) == (True, None, (64, 48))
        assert source.fps is None  # FFmpeg says 25, and no one told it
        assert source.name == f"http://127.0.0.1:{camera.server_port}/live?token=***"
    assert [frame.index for frame in frames] == [0, 1, 2, 3, 4]
    assert all(later.time_s > earlier.time_s for earlier, later in itertools.pairwise(frames))
    assert frames[-1].time_s - frames[0].time_s < PATIENCE_S
    assert {frame.source for frame in frames} == {source.name}


@pytest.mark.parametrize("scheme", ["http", "rtsp"])
def test_an_address_that_never_answers(silent_port, scheme):
    with pytest.raises(VideoError, match=r"no answer within 0\.5 s; check the address") as told:
        open_source(f"{scheme}://admin:Zq9Secret@127.0.0.1:{silent_port}/live", open_timeout_s=0.5)
    assert "Zq9Secret" not in str(told.value)


@pytest.mark.parametrize("scheme", ["http", "rtsp"])
def test_addresses_where_there_is_nothing(closed_port, scheme):
    with pytest.raises(VideoError, match=f"nothing answers at port {closed_port} of 127.0.0.1; check the port"):
        open_source(f"{scheme}://admin:Zq9Secret@127.0.0.1:{closed_port}/live")
    with pytest.raises(VideoError, match="not an address that can be understood"):
        open_source(f"{scheme}://127.0.0.1:99999999/live")


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (socket.gaierror(-2, "Name or service not known"), "no host of the name 127.0.0.1 is known; check the address"),
        (OSError(113, "No route to host"), "127.0.0.1 cannot be reached: No route to host; check the network"),
        (TimeoutError("timed out"), "127.0.0.1 cannot be reached: timed out; check the network"),
    ],
)
def test_hosts_that_are_not_known_or_not_reached(closed_port, monkeypatch, error, told):
    """No test asks beyond this computer, so what the system would say of such hosts is put into its mouth."""

    def fail(*_, **__):
        raise error

    monkeypatch.setattr(socket, "create_connection", fail)
    with pytest.raises(VideoError, match=re.escape(told)):
        open_source(f"rtsp://127.0.0.1:{closed_port}/live")


def test_a_page_is_no_stream():
    class Page(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_error(404)

        def log_message(self, *_):
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Page) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        with pytest.raises(VideoError, match="it answers, but not with a video; check the path, and the user and"):
            open_source(f"http://127.0.0.1:{server.server_port}/live")
        server.shutdown()


def test_a_video_on_a_server_is_read_to_its_end(tmp_path):
    writer = cv2.VideoWriter(str(tmp_path / "a.mp4"), cv2.CAP_FFMPEG, cv2.VideoWriter.fourcc(*"mp4v"), 10.0, (64, 48))
    for number in range(20):
        writer.write(np.full((48, 64, 3), 20 + 10 * number, np.uint8))
    writer.release()
    data = (tmp_path / "a.mp4").read_bytes()

    class File(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *_):
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), File) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        with Capture(open_source(f"http://127.0.0.1:{server.server_port}/a.mp4", connect=False)) as capture:
            frames = list(capture)
            assert (capture.source.is_live, capture.source.fps, capture.source.frame_count) == (False, 10.0, 20)
        server.shutdown()
    assert [frame.time_s for frame in frames] == pytest.approx([number / 10 for number in range(20)])
    assert capture.events() == ()
    assert capture.figures().dropped == 0


@pytest.mark.parametrize("fault", ["stall", "drop"])
def test_a_stream_that_is_lost_comes_back(camera, fault):
    source = open_source(camera.address, open_timeout_s=20.0, read_timeout_s=0.5)
    with Capture(source, backoff=QUICK) as capture:
        before = frames_of(capture, 5)
        camera.flowing.clear() if fault == "stall" else camera.dropping.set()
        lost, *rest = gather(capture, EventKind.RECONNECTING)
        reason = "no frame for 0.5 s" if fault == "stall" else "the connection or the stream ended"
        assert (lost.kind, lost.detail) == (
            EventKind.LOST,
            f"{source.name}: {reason}; check the camera and the network",
        )
        assert lost.time_s > before[-1].time_s
        camera.flowing.set()
        camera.dropping.clear()
        back = gather(capture, EventKind.BACK)[-1]
        after = frames_of(capture, 5)
    assert rest[0].attempt == 1
    assert 0 < rest[0].wait_s <= QUICK.first_s
    assert back.wait_s > 0
    assert back.time_s > lost.time_s
    assert "Zq9Secret" not in repr([lost, *rest, back])
    indices = [frame.index for frame in before + after]
    assert indices == sorted(set(indices))
    times = [frame.time_s for frame in before + after]
    assert times == sorted(times)
    assert camera.asked >= 2


def test_a_stream_that_is_not_there_yet():
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    with Capture(open_source(f"http://127.0.0.1:{port}/live", connect=False), backoff=QUICK) as capture:
        events = gather(capture, EventKind.RECONNECTING)
        assert [event.kind for event in events[:2]] == [EventKind.LOST, EventKind.RECONNECTING]
        assert "nothing answers" in events[0].detail
        assert capture.get(0.0) is None
        assert not capture.ended
        camera = Camera(port)
        assert len(frames_of(capture, 3)) == 3
        assert gather(capture, EventKind.BACK)
    camera.close()


def test_giving_up_after_some_attempts(camera):
    backoff = Backoff(first_s=0.01, longest_s=0.02, attempts=3)
    with Capture(open_source(camera.address, read_timeout_s=0.5), backoff=backoff) as capture:
        frames_of(capture, 3)
        camera.close()
        with pytest.raises(VideoError, match="nothing answers"):
            for _ in capture:
                pass
        with pytest.raises(VideoError, match="nothing answers"):
            capture.get()
        kinds = [event.kind for event in capture.events()]
        assert not capture.ended
    assert capture.ended
    assert kinds == [EventKind.LOST, *[EventKind.RECONNECTING] * 3, EventKind.GIVEN_UP]


def test_without_reconnecting_a_lost_stream_is_an_error(camera):
    with Capture(open_source(camera.address), backoff=Backoff(attempts=0)) as capture:
        frames_of(capture, 3)
        camera.dropping.set()
        with pytest.raises(SourceLostError, match="the connection or the stream ended"):
            for _ in capture:
                pass


def test_the_latest_frame_is_given_and_the_others_are_counted(camera):
    with Capture(open_source(camera.address)) as capture:
        first = capture.get()
        wait_for(lambda: capture.figures().captured >= 20)
        later = capture.get()
        figures = capture.figures()
    assert later.index >= 18
    assert later.index - first.index - 1 <= figures.dropped <= figures.captured - 2
    assert figures.fps > 0


def test_stopping_while_a_stream_is_silent(camera):
    """`stop` does not wait for the read time-out, and the thread then ends by itself."""
    capture = Capture(open_source(camera.address, read_timeout_s=2.0))
    frames_of(capture, 2)
    camera.flowing.clear()
    time.sleep(5 * FRAME_S)
    capture.stop(wait_s=0.0)
    capture.stop(wait_s=0.0)
    assert capture.ended
    assert capture.get() is None
    wait_for(lambda: not capture.source.is_open)


def test_stopping_while_waiting_for_the_next_attempt(closed_port):
    source = open_source(f"http://127.0.0.1:{closed_port}/live", connect=False)
    capture = Capture(source, backoff=Backoff(first_s=1e6, longest_s=1e6))
    gather(capture, EventKind.RECONNECTING)
    capture.stop(wait_s=PATIENCE_S)
    assert capture.ended
    assert list(capture) == []
