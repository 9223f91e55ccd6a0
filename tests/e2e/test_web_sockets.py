"""WebSockets under both servers, with a route made for the test: the checks, the number of sessions, the end."""

from __future__ import annotations

import http.client
import json
import signal
import subprocess
import sys
import time
import urllib.request

import pytest
from simple_websocket import Client, ConnectionClosed

TIMEOUT_S = 120
TOKEN = "the right token, long enough"
SCRIPT = """
import sys
from flask import Blueprint
from mien.web.app import create_app
from mien.web.listen import listen
from mien.web.services import services
from mien.web.settings import Settings
from mien.web.sockets import websocket

blueprint = Blueprint("echo", __name__)

@websocket(blueprint, "/echo")
def echo(socket):
    while not services().closing.is_set():
        if (message := socket.receive(timeout=0.2)) is not None:
            socket.send(message)

with listen("127.0.0.1", 0) as listener:
    port = listener.getsockname()[1]
    app = create_app(Settings(port=port, sessions=2, threads=8, max_message_bytes=100_000, token=sys.argv[2] or None))
    app.register_blueprint(blueprint)
    print(port, flush=True)
    if sys.argv[1] == "gunicorn":
        from mien.web import gunicorn_server

        gunicorn_server.run(app, listener, None, None)
    else:
        from mien.web import werkzeug_server

        werkzeug_server.run(app, listener, None)
"""


@pytest.fixture(params=["gunicorn", "werkzeug"])
def start(request, serve):
    """`start(token)`: (address of the WebSocket, process)."""
    processes = []

    def run(token=""):
        pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
        process = subprocess.Popen([sys.executable, "-c", SCRIPT, request.param, token], **pipes)
        processes.append(process)
        port = process.stdout.readline().strip()
        while (state := health(port)) != "ready":  # loading takes a slow machine longer than stopping may take
            assert state != "failed"
            time.sleep(0.1)
        return f"ws://127.0.0.1:{port}/echo", process

    yield run
    for process in processes:
        process.terminate()
        process.communicate(timeout=TIMEOUT_S)


def health(port):
    """What the server says of its networks."""
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=TIMEOUT_S) as answer:
        return json.load(answer)["models"]


def end(client):
    """The code and message that the server closes the socket with."""
    with pytest.raises(ConnectionClosed) as told:
        client.receive(timeout=TIMEOUT_S)
    return told.value.reason, told.value.message


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_messages_sessions_and_the_end(start, number):
    url, process = start()
    first, second = Client.connect(url), Client.connect(url)
    for message in ("text", b"bytes", b"x" * 99_000):
        # Both clients: who is answered has a place, and who is only connected may yet be overtaken by the next one.
        for client in (first, second):
            client.send(message)
            assert client.receive(timeout=TIMEOUT_S) == message
    assert end(Client.connect(url)) == (1013, "more live sessions than this server takes at once")
    second.close()
    process.send_signal(number)
    assert end(first) == (1001, "the server stops")
    assert process.communicate(timeout=TIMEOUT_S) == ("", "")
    assert process.returncode == 0


def test_a_message_too_large_ends_its_own_session_only(start):
    url, _ = start()
    first, second = Client.connect(url), Client.connect(url)
    first.send(b"x" * 200_000)
    assert end(first)[0] == 1009
    second.send("still there")
    assert second.receive(timeout=TIMEOUT_S) == "still there"
    second.close()


def handshake(url, **headers):
    """The status that a handshake is answered with."""
    connection = http.client.HTTPConnection(url.removeprefix("ws://").removesuffix("/echo"), timeout=TIMEOUT_S)
    upgrade = {"Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "13"}
    connection.request("GET", "/echo", headers=upgrade | {"Sec-WebSocket-Key": "MDEyMzQ1Njc4OWFiY2RlZg=="} | headers)
    with connection.getresponse() as answer:
        connection.close()
        return answer.status


def test_who_is_let_in(start):
    url, _ = start(TOKEN)
    own = url.replace("ws://", "http://").removesuffix("/echo")
    right = {"Authorization": f"Bearer {TOKEN}"}
    assert handshake(url) == 401
    assert handshake(url, Authorization="Bearer wrong") == 401
    assert handshake(url, **right, Origin="http://evil.example") == 403
    assert handshake(url, **right, Origin=own) == 101
    assert handshake(url, **right) == 101
