"""RTSP, from a server of our own: MPEG-4 in RTP (RFC 6416) over the RTSP connection (RFC 2326, sec. 10.12)."""

from __future__ import annotations

import base64
import itertools
import socketserver
import struct
import threading
import time

import cv2
import numpy as np
import pytest

from mien.errors import VideoError
from mien.live.backoff import Backoff
from mien.live.capture import Capture
from mien.live.capture_event import EventKind
from mien.media.sources import open_source

FPS = 25
PATIENCE_S = 60  # for a machine that is busy with other things; reached only where a test fails
PAYLOAD = 96  # the first number for payloads without one of their own
CLOCK_HZ = 90_000


@pytest.fixture(scope="module")
def stream(tmp_path_factory):
    """The packets of a video of 100 frames in grey, and the headers that a decoder needs before them."""
    path = tmp_path_factory.mktemp("rtsp") / "a.mp4"
    writer = cv2.VideoWriter(str(path), cv2.CAP_FFMPEG, cv2.VideoWriter.fourcc(*"mp4v"), FPS, (64, 48))
    for number in range(100):
        writer.write(np.full((48, 64, 3), 20 + 10 * (number % 20), np.uint8))
    writer.release()
    raw = cv2.VideoCapture(str(path), cv2.CAP_FFMPEG, [cv2.CAP_PROP_FORMAT, -1])
    packets = [raw.retrieve()[1].tobytes() for _ in iter(raw.grab, False)]
    headers = raw.retrieve(flag=int(raw.get(cv2.CAP_PROP_CODEC_EXTRADATA_INDEX)))[1].tobytes()
    raw.release()
    assert len(packets) == 100
    return headers, packets


class Server(socketserver.ThreadingTCPServer):
    """A camera that wants a password; it answers while `answering` is set, and pictures flow while `flowing` is."""

    allow_reuse_address = daemon_threads = True
    block_on_close = False

    def __init__(self, stream):
        super().__init__(("127.0.0.1", 0), _Session)
        self.headers, self.packets = stream
        self.flowing, self.answering = threading.Event(), threading.Event()
        self.flowing.set()
        self.answering.set()
        self.transports = []
        threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()

    def address(self, password="Zq9Secret"):
        return f"rtsp://admin:{password}@127.0.0.1:{self.server_address[1]}/live"


class _Session(socketserver.StreamRequestHandler):
    def handle(self):
        try:
            while request := self._request():
                self.server.answering.wait()
                self._answer(*request)
        except ConnectionError:
            pass  # the reader has gone

    def _request(self):
        line = self.rfile.readline().decode()
        headers = {}
        while (header := self.rfile.readline().decode().strip()) != "":
            name, _, value = header.partition(":")
            headers[name.lower()] = value.strip()
        return (line.split()[0], headers) if line else None

    def _answer(self, method, headers):
        password = base64.b64encode(b"admin:Zq9Secret").decode()
        if method != "OPTIONS" and headers.get("authorization") != f"Basic {password}":
            self._send(headers, "401 Unauthorized", {"WWW-Authenticate": 'Basic realm="camera"'})
        elif method == "DESCRIBE":
            config = self.server.headers.hex()
            description = (
                "v=0\r\no=- 0 0 IN IP4 127.0.0.1\r\ns=test\r\nt=0 0\r\n"
                f"m=video 0 RTP/AVP {PAYLOAD}\r\na=rtpmap:{PAYLOAD} MP4V-ES/{CLOCK_HZ}\r\n"
                f"a=fmtp:{PAYLOAD} profile-level-id=1;config={config}\r\na=control:track1\r\n"
            )
            self._send(headers, "200 OK", {"Content-Type": "application/sdp"}, description)
        elif method == "SETUP":
            self.server.transports.append(headers["transport"])
            self._send(headers, "200 OK", {"Transport": "RTP/AVP/TCP;unicast;interleaved=0-1", "Session": "1"})
        elif method == "PLAY":
            self._send(headers, "200 OK", {"Session": "1"})
            self._play()
        else:
            self._send(headers, "200 OK", {"Public": "OPTIONS, DESCRIBE, SETUP, PLAY, TEARDOWN"})

    def _send(self, request, status, headers, body=""):
        lines = [f"RTSP/1.0 {status}", f"CSeq: {request.get('cseq')}", f"Content-Length: {len(body)}"]
        lines += [f"{name}: {value}" for name, value in headers.items()]
        self.wfile.write("\r\n".join([*lines, "", body]).encode())

    def _play(self):
        for number, packet in enumerate(itertools.cycle(self.server.packets)):
            self.server.flowing.wait()
            head = struct.pack(">BBHII", 0x80, 0x80 | PAYLOAD, number & 0xFFFF, number * CLOCK_HZ // FPS, 1)
            self.wfile.write(struct.pack(">cBH", b"$", 0, len(head) + len(packet)) + head + packet)
            time.sleep(1 / FPS)


@pytest.fixture
def server(stream):
    camera = Server(stream)
    yield camera
    camera.flowing.set()
    camera.answering.set()
    camera.shutdown()
    camera.server_close()


def gather(capture, kind):
    """Events up to the first of this kind."""
    events, end = [], time.monotonic() + PATIENCE_S
    while not any(event.kind is kind for event in events):
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.01)
        events += capture.events()
    return events


def test_an_rtsp_stream_over_tcp(server):
    with open_source(server.address()) as source:
        frames = list(itertools.islice(source, 10))
        assert (source.is_live, source.size, source.frame_count) == (True, (64, 48), None)
        assert source.fps == pytest.approx(FPS, rel=0.05)
        assert source.name == f"rtsp://127.0.0.1:{server.server_address[1]}/live"
    assert server.transports
    assert all("TCP" in transport for transport in server.transports)
    greys = [round((float(frame.image.mean()) - 20) / 10) for frame in frames]
    assert [later - earlier for earlier, later in itertools.pairwise(greys)] in (
        [1] * 9,
        *([1] * place + [-19] + [1] * (8 - place) for place in range(9)),
    )
    assert [frame.index for frame in frames] == list(range(10))


def test_a_wrong_password(server):
    with pytest.raises(VideoError, match="it answers, but not with a video; check the path, and the user and") as told:
        open_source(server.address("wrong-Zq9"))
    assert "Zq9" not in str(told.value)


def test_a_camera_that_accepts_and_never_describes(server):
    server.answering.clear()
    with pytest.raises(VideoError, match=r"no answer within 0\.5 s"):
        open_source(server.address(), open_timeout_s=0.5)


def test_a_camera_that_stops_answering_and_comes_back(server):
    source = open_source(server.address(), open_timeout_s=20.0, read_timeout_s=0.5)
    backoff = Backoff(first_s=0.05, longest_s=0.2)
    with Capture(source, backoff=backoff) as capture:
        before = list(itertools.islice(capture, 5))
        server.flowing.clear()
        lost, *_ = gather(capture, EventKind.RECONNECTING)
        assert (lost.kind, "no frame for 0.5 s" in lost.detail) == (EventKind.LOST, True)
        server.flowing.set()
        back = gather(capture, EventKind.BACK)[-1]
        after = list(itertools.islice(capture, 5))
    assert back.wait_s >= 0.02
    times = [frame.time_s for frame in before + after]
    assert times == sorted(times)
    assert after[0].index > before[-1].index
