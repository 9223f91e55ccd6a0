"""Live sessions over real connections: what is answered, and how each misuse ends without touching the others."""

import contextlib
import json
import re
import runpy
import socket
import struct
import threading
import time
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families
from simple_websocket import Client, ConnectionClosed
from werkzeug.serving import WSGIRequestHandler, make_server

import mien
from mien.gallery.enrolment import Rules
from mien.gallery.records import ModelId
from mien.live import load
from mien.web.app import create_app
from mien.web.services import services_of
from mien.web.settings import Settings

TIMEOUT_S = 120
SMALL_BUFFER = 4096


class Handler(WSGIRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = 2.0

    def log(self, *_):
        """Nothing."""


class Running:
    """An app behind a server of its own."""

    def __init__(self, **settings):
        self.app = create_app(Settings(**settings))
        self._server = make_server("127.0.0.1", 0, self.app, threaded=True, request_handler=Handler)
        self._server.socket.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SMALL_BUFFER)  # accepted ones inherit it
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05})
        self._thread.start()
        self._clients = []

    @property
    def port(self):
        return self._server.port

    def connect(self, path="/live/socket"):
        client = Client.connect(f"ws://127.0.0.1:{self.port}{path}")
        self._clients.append(client)
        return client

    def counted(self, name, **labels):
        """A sample of the metrics, 0 where there is none."""
        families = text_string_to_metric_families(services_of(self.app).metrics.exposition().decode())
        samples = [s for family in families for s in family.samples]
        return sum(s.value for s in samples if s.name == name and labels.items() <= s.labels.items())

    def wait_for(self, amount, name, **labels):
        """Until a counter has reached it."""
        deadline = time.monotonic() + TIMEOUT_S
        while self.counted(name, **labels) < amount:
            assert time.monotonic() < deadline, name
            time.sleep(0.02)

    def stop(self):
        services_of(self.app).closing.set()
        self.wait_for_none_open()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()
        for client in self._clients:
            with contextlib.suppress(ConnectionClosed):
                client.close()
            client.thread.join(TIMEOUT_S)

    def wait_for_none_open(self):
        deadline = time.monotonic() + TIMEOUT_S
        while self.counted("mien_live_sessions"):
            assert time.monotonic() < deadline
            time.sleep(0.02)


@pytest.fixture(autouse=True)
def search_every_frame(monkeypatch):
    """A busy machine would leave some out, and a few frames would not be enough to be sure of somebody."""
    monkeypatch.setattr(load, "MOST_EVERY", 1)


@pytest.fixture
def run():
    """`run(**settings)`: a server, stopped at the end."""
    running = []

    def start(**settings):
        running.append(Running(**settings))
        return running[-1]

    yield start
    for one in running:
        one.stop()


@pytest.fixture(scope="session")
def jpegs(draw_faces, encode):
    """Ten pictures of a face that walks to the right."""
    return [encode(draw_faces(240, 320, [(110 + 4 * step, 120, 140)]), "JPEG") for step in range(10)]


def frame(number, time_s, jpeg):
    return struct.pack("<Id", number, time_s) + jpeg


def heard(client):
    message = client.receive(timeout=TIMEOUT_S)
    assert message is not None
    return json.loads(message)


def begun(server, **wish):
    """A session past its greeting."""
    client = server.connect()
    assert heard(client)["type"] == "ready"
    if wish:
        client.send(json.dumps(wish))
    return client


def ending(client):
    """The code and sentence that a session ends with, after whatever else is told."""
    while True:
        try:
            assert client.receive(timeout=TIMEOUT_S) is not None
        except ConnectionClosed as closed:
            return closed.reason, closed.message


def is_alive(client, jpegs, number=1000):
    client.send(frame(number, float(number), jpegs[0]))
    return heard(client)["id"] == number


def test_the_server_begins(run):
    client = run().connect()
    ready = heard(client)
    assert (ready["type"], ready["window"]) == ("ready", 2)
    assert "embedding" not in ready["attributes"]


def test_one_person_keeps_one_id(run, jpegs):
    server = run()
    client = begun(server)
    results = []
    for number, jpeg in enumerate(jpegs):
        client.send(frame(number + 5, number / 2, jpeg))  # so much time that even a slow machine reads every face
        results.append(heard(client))
    assert [(r["type"], r["id"], r["width"], r["height"]) for r in results] == [
        ("result", number + 5, 320, 240) for number in range(10)
    ]
    assert [[p["track_id"] for p in r["people"]] for r in results] == [[]] + [[1]] * 9
    first, last = results[1]["people"][0], results[-1]["people"][0]
    assert last["box"][0] - first["box"][0] == pytest.approx(32, abs=6)
    assert last["age"]["interval"] is not None
    assert len(last["emotion"]["probabilities"]) == 7
    assert last["landmarks"] is None
    assert server.counted("mien_live_frames_total", status="answered") == 10
    assert server.counted("mien_live_frame_seconds_count") == 10


def test_the_program_in_the_documentation(run, jpegs, tmp_path, monkeypatch, capsys):
    server = run()
    page = Path(__file__).parents[2] / "docs" / "live.md"
    (program,) = re.findall(r"```python\n(.*?)```", page.read_text(encoding="utf-8"), flags=re.DOTALL)
    monkeypatch.chdir(tmp_path)
    for name, jpeg in zip(("one.jpg", "two.jpg"), jpegs, strict=False):
        Path(name).write_bytes(jpeg)
    Path("program.py").write_text(program.replace(":8460", f":{server.port}"), encoding="utf-8")
    runpy.run_path("program.py")["server"].thread.join(TIMEOUT_S)
    ready, person = capsys.readouterr().out.splitlines()
    assert "'type': 'ready'" in ready
    assert person.startswith("1 ")


def test_sessions_count_their_people_apart(run, jpegs):
    server = run()
    clients = [begun(server) for _ in range(2)]
    for number, jpeg in enumerate(jpegs[:3]):
        for client in clients:
            client.send(frame(number, number / 25, jpeg))
        results = [heard(client) for client in clients]
    assert [[person["track_id"] for person in result["people"]] for result in results] == [[1], [1]]


def test_what_is_told_can_be_chosen_at_any_time(run, jpegs):
    client = begun(run(), attributes=["landmarks"])
    for number, jpeg in enumerate(jpegs[:4]):
        client.send(frame(number, number / 2, jpeg))
        (*_, person) = heard(client)["people"] or [None]
    assert len(person["landmarks"]) == 478
    assert (person["age"], person["emotion"]) == (None, None)
    client.send(json.dumps({"attributes": ["age"]}))
    client.send(frame(4, 4 / 2, jpegs[4]))
    (person,) = heard(client)["people"]
    assert person["age"]["years"] > 0
    assert person["landmarks"] is None


def test_of_many_frames_the_newest_is_answered(run, jpegs):
    server = run()
    client = begun(server)
    for number in range(6):
        client.send(frame(number, number / 25, jpegs[number]))
    answered = []
    while not answered or answered[-1] < 5:
        answered.append(heard(client)["id"])
    assert answered == sorted(answered)
    dropped = server.counted("mien_live_frames_total", status="dropped")
    assert len(answered) + dropped == 6


def test_a_picture_that_cannot_be_read_is_told_and_lived_with(run, jpegs):
    client = begun(run())
    client.send(frame(1, 0.1, jpegs[0][:200]))
    told = heard(client)
    assert (told["type"], told["id"]) == ("problem", 1)
    assert told["detail"].startswith("damaged or cut off")
    assert is_alive(client, jpegs)


def test_a_picture_of_many_pixels_is_not_decoded(run, jpegs):
    client = begun(run(max_frame_pixels=1000))
    client.send(frame(1, 0.1, jpegs[0]))
    assert heard(client)["detail"].endswith("the limit is 1,000")


def no_jpegs(jpegs):
    return [frame(number, number / 25, jpegs[0][:100]) for number in range(10)]


@pytest.mark.parametrize(
    ("messages", "code", "sentence"),
    [
        (lambda _: ["hello"], 1007, "a text that is not JSON"),
        (lambda _: [b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03garbage"], 1007, "a frame captured at"),
        (lambda _: [b"x"], 1007, "a frame of 1 bytes; wanted a 12-byte header and a JPEG"),
        (lambda jpegs: [frame(1, 2.0, jpegs[0]), frame(2, 1.0, jpegs[1])], 1007, "a frame captured at 1 s, after"),
        (no_jpegs, 1007, "10 frames in a row that cannot be read"),
    ],
)
def test_garbage_ends_its_own_session_only(run, jpegs, messages, code, sentence):
    server = run()
    other, client = begun(server), begun(server)
    for number, message in enumerate(messages(jpegs)):
        client.send(message)
        if len(messages(jpegs)) > number + 1:
            heard(client)  # one at a time, or only the newest would be looked at
    told = ending(client)
    assert told[0] == code
    assert told[1].startswith(sentence)
    assert is_alive(other, jpegs)
    assert server.counted("mien_live_sessions_ended_total", reason="garbage") == 1


def test_more_than_the_window_holds_is_dropped_and_far_more_ends_the_session(run, jpegs):
    server = run()
    other, client = begun(server), begun(server)
    with contextlib.suppress(ConnectionClosed, OSError):
        for number in range(2000):
            client.send(frame(number, number / 25, jpegs[0]))
    assert ending(client) == (1008, "more than 2 frames on their way at once")
    assert is_alive(other, jpegs)


def test_a_message_far_too_large(run, jpegs):
    server = run()
    other, client = begun(server), begun(server)
    with contextlib.suppress(ConnectionClosed, OSError):
        client.send(frame(1, 0.1, jpegs[0] + bytes(50_000_000)))
    server.wait_for(1, "mien_live_sessions_ended_total", reason="left")
    assert is_alive(other, jpegs)


def test_nothing_for_too_long(run, jpegs):
    server = run(idle_timeout_s=0.6)
    client = begun(server)
    assert ending(client) == (1008, "nothing came for 0.6 s")
    assert server.counted("mien_live_sessions_ended_total", reason="idle") == 1


def test_a_client_that_never_reads(run, jpegs):
    server = run()
    other = begun(server)
    with socket.create_connection(("127.0.0.1", server.port)) as client:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, SMALL_BUFFER)
        client.sendall(
            b"GET /live/socket HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
            b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: MDEyMzQ1Njc4OWFiY2RlZg==\r\n\r\n"
        )
        client.recv(12)
        client.sendall(masked(b'{"attributes": ["landmarks"]}', opcode=1))
        answered = 0
        while not server.counted("mien_live_sessions_ended_total", reason="stuck"):
            with contextlib.suppress(ConnectionError):  # it ends some time after it was counted
                client.sendall(masked(frame(answered, answered / 25, jpegs[answered % 10])))
            answered += 1
            time.sleep(0.02)
            assert answered < 500
    assert is_alive(other, jpegs)


def masked(data, opcode=2):
    """A client's message of less than 64 KiB, masked with zeros."""
    length = struct.pack(">B", 0x80 | len(data)) if len(data) < 126 else struct.pack(">BH", 0x80 | 126, len(data))
    return bytes([0x80 | opcode]) + length + bytes(4) + data


def test_too_many_sessions(run, jpegs):
    server = run(sessions=1)
    first = begun(server)
    assert ending(server.connect()) == (1013, "more live sessions than this server takes at once")
    assert is_alive(first, jpegs)
    first.close()
    server.wait_for(1, "mien_live_sessions_ended_total", reason="left")
    assert is_alive(begun(server), jpegs)


def test_the_server_stops(run):
    server = run()
    client = begun(server)
    assert server.counted("mien_live_sessions", of="camera") == 1
    services_of(server.app).closing.set()
    assert ending(client) == (1001, "the server stops")
    assert server.counted("mien_live_sessions", of="camera") == 0


def test_messages_are_not_compressed(run):
    server = run()
    with socket.create_connection(("127.0.0.1", server.port)) as client:
        client.sendall(
            b"GET /live/socket HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
            b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: MDEyMzQ1Njc4OWFiY2RlZg==\r\n"
            b"Sec-WebSocket-Extensions: permessage-deflate\r\n\r\n"
        )
        answer = client.recv(4096)
    assert b" 101 " in answer
    assert b"permessage-deflate" not in answer


def test_a_network_that_is_missing(run, tmp_path, monkeypatch):
    import importlib.resources

    from mien.live import networks

    networks._load.cache_clear()
    monkeypatch.setattr(importlib.resources, "files", lambda name: tmp_path)
    server = run()
    assert ending(server.connect()) == (1011, "a network cannot be used; the server's log says more")


def shown(client):
    """The next frame of a source with its result, past whatever else is told."""
    while isinstance(message := client.receive(timeout=TIMEOUT_S), str):
        if json.loads(message)["type"] == "result":
            raise AssertionError("a result without its frame")
    assert message is not None
    number, time_s = struct.unpack_from("<Id", message)
    result = heard(client)
    assert (result["type"], result["id"]) == ("result", number)
    assert result["time_s"] == pytest.approx(time_s, abs=1e-3)
    assert message[12:15] == b"\xff\xd8\xff"
    return result


def test_a_source_on_the_server_is_shown_and_begins_anew(run, film):
    server = run(sources=(str(film),))
    client = server.connect("/live/sources/0")
    assert heard(client)["source"] == "walk.mp4"
    numbers, people, times = [], 0, []
    while len(times) < 3 or times[-1] >= times[-2]:
        result = shown(client)
        client.send(json.dumps({"seen": result["id"]}))
        numbers.append(result["id"])
        times.append(result["time_s"])
        people += len(result["people"])
        assert (result["width"], result["height"]) == (320, 240)
    assert numbers == sorted(set(numbers))
    assert people > 0
    assert server.counted("mien_live_sessions", of="source") == 1


def test_a_source_waits_for_those_who_look_on(run, film):
    server = run(sources=(str(film),), idle_timeout_s=1.0)
    client = server.connect("/live/sources/0")
    heard(client)
    assert [shown(client)["id"] > 0 for _ in range(2)] == [True, True]
    assert ending(client) == (1008, "nothing came for 1 s")


@pytest.mark.parametrize(
    ("path", "told"),
    [
        ("/live/sources/0", (1007, "a frame; this session shows those of the server")),
        ("/live/sources/1", (1008, "this server has no such source")),
    ],
)
def test_misuse_of_sources(run, film, path, told):
    client = run(sources=(str(film),)).connect(path)
    with contextlib.suppress(ConnectionClosed):
        client.send(b"a frame")
    assert ending(client) == told


def test_a_source_that_breaks_is_told_without_its_folder(run, tmp_path):
    path = tmp_path / "notes.mp4"
    path.write_bytes(b"no video")
    client = run(sources=(str(path),)).connect("/live/sources/0")
    while (told := heard(client)).get("kind") != "broken":
        pass
    assert told["detail"].startswith("notes.mp4: ")
    assert str(tmp_path) not in told["detail"]


@pytest.mark.parametrize(
    ("source", "name"),
    [("0", "camera 0"), ("rtsp://ada:secret@10.0.0.7/live", "rtsp://10.0.0.7/live")],
)
def test_the_page_names_sources_without_secrets(client, source, name):
    text = client(sources=(source,)).get("/live").text
    assert f">{name}</option>" in text
    assert "secret" not in text


@pytest.mark.parametrize(
    ("source", "told"),
    [("missing.mp4", "missing.mp4: no such file"), ("ftp://10.0.0.7/live", "unknown kind of address")],
)
def test_a_source_that_is_none(source, told):
    with pytest.raises(mien.MienError, match=told):
        create_app(Settings(sources=(source,)))


def test_what_is_seen_is_kept_where_there_is_a_store(run, jpegs, tmp_path):
    from mien.audience.contents import contents_of
    from mien.audience.store import Store

    server = run(store=str(tmp_path / "audience.db"))
    client = begun(server)
    for number, jpeg in enumerate(jpegs):
        client.send(frame(number, number / 2, jpeg))
        assert heard(client)["type"] == "result"
    client.close()
    server.wait_for_none_open()
    with Store(tmp_path / "audience.db") as store:
        kept = contents_of(store).sources["browser"]
    assert (kept.sessions, kept.running, kept.killed, kept.visits) == (1, 0, 0, 1)
    assert kept.watched_s == 4.5


@pytest.fixture
def people(tmp_path, draw_person):
    """Where a gallery is that knows Ada, the drawn person 2."""
    place = str(tmp_path / "people.db")
    with mien.Gallery(place) as gallery:
        gallery.enrol("Ada", draw_person(2))
        gallery.enrol("Eve", draw_person(5), rules=Rules(allow_lookalikes=True))
    return place


def test_who_is_in_the_gallery_is_named(run, people, draw_person, encode):
    server = run(gallery=people)
    client = begun(server)
    jpeg = encode(draw_person(2), "JPEG", quality=95)
    told = []
    while not told or "match" not in told[-1]:
        client.send(frame(len(told), len(told) / 2, jpeg))
        (*_, person) = heard(client)["people"] or [{"identity": None}]
        told.append(person)
        assert len(told) < 20
    assert [person["identity"] for person in told[:-1]] == [None] * (len(told) - 1)
    match = told[-1]["match"]
    assert told[-1]["identity"] == match["identity"] == "Ada"
    assert match["decision"]["similarity"] > match["decision"]["threshold"]
    assert "candidates" not in match  # who else is in the gallery is not for everybody who looks on
    with mien.Gallery(people) as gallery:
        gallery.forget("Ada")
    for number in range(len(told), len(told) + 10):
        client.send(frame(number, number / 2, jpeg))
        (person,) = heard(client)["people"]
    assert person["identity"] != "Ada"
    client.close()


def test_a_source_on_the_server_names_people(run, people, draw_person, encode, tmp_path):
    shots = tmp_path / "shots"
    shots.mkdir()
    (shots / "0000.jpg").write_bytes(encode(draw_person(2), "JPEG", quality=95))
    for number in range(1, 3000):  # two minutes, for machines that are busy
        (shots / f"{number:04}.jpg").hardlink_to(shots / "0000.jpg")
    client = run(gallery=people, sources=(str(shots),)).connect("/live/sources/0")
    heard(client)
    identities = set()
    deadline = time.monotonic() + TIMEOUT_S
    while "Ada" not in identities:
        result = shown(client)
        client.send(json.dumps({"seen": result["id"]}))
        identities |= {person["identity"] for person in result["people"]}
        assert time.monotonic() < deadline
    assert identities == {None, "Ada"}


def test_a_gallery_that_was_brought_over_to_another_network(run, people, monkeypatch):
    server = run(gallery=people)
    monkeypatch.setattr(services_of(server.app).gallery._reader, "model", ModelId("embedding", "f" * 64))
    assert ending(server.connect()) == (1011, "the gallery cannot be used; the server's log says more")
    assert server.counted("mien_live_sessions_ended_total", reason="gallery") == 1


def test_the_page_says_that_faces_are_compared(client, people):
    told = "compared with the people of this server"
    assert told in client(gallery=people).get("/live").text
    assert told not in client().get("/live").text
