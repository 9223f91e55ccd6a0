"""The real server: starting, stopping, tokens, TLS, and clients that behave badly."""

from __future__ import annotations

import http.client
import io
import json
import signal
import socket
import ssl
import subprocess
import sys
import threading
import urllib.error
import urllib.request

import numpy as np
import pytest
from PIL import Image

TIMEOUT_S = 120
POST = b"POST /api/v1/analyze HTTP/1.1\r\nHost: localhost\r\nContent-Type: image/png\r\n"
SERVE = (sys.executable, "-m", "mien", "serve")


@pytest.fixture(scope="module")
def photo(drawn_face):
    stream = io.BytesIO()
    Image.fromarray(drawn_face).save(stream, "PNG")
    return stream.getvalue()


def get(url, data=None, context=None, **headers):
    """Status, headers and body, whatever the status."""
    request = urllib.request.Request(url, data, {name.replace("_", "-"): value for name, value in headers.items()})
    try:
        with urllib.request.urlopen(request, timeout=TIMEOUT_S, context=context) as answer:
            return answer.status, answer.headers, answer.read()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.headers, error.read()


def analyze(url, photo, **options):
    return get(f"{url}/api/v1/analyze", photo, Content_Type="image/png", **options)


def connection(server):
    host, port = server.url.partition("://")[2].split(":")
    return socket.create_connection((host, int(port)), timeout=TIMEOUT_S)


def test_a_photo_over_a_real_connection(server, photo):
    status, _, body = analyze(server.url, photo)
    assert status == 200
    assert len(json.loads(body)["images"][0]["faces"]) == 1


def test_many_clients_at_once_are_all_answered(server, photo):
    answers = []
    threads = [threading.Thread(target=lambda: answers.append(analyze(server.url, photo))) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [status for status, _, _ in answers] == [200] * 6
    assert len({json.dumps(json.loads(body)["images"]) for _, _, body in answers}) == 1


def test_200_megapixels(server):
    stream = io.BytesIO()
    Image.fromarray(np.zeros((10_000, 20_000, 3), np.uint8)).save(stream, "PNG", compress_level=1)
    status, _, body = analyze(server.url, stream.getvalue())
    assert (status, json.loads(body)["remedy"]) == (413, "make it smaller")
    assert get(f"{server.url}/healthz")[0] == 200


def test_a_body_far_too_large_is_refused_unread(server):
    with connection(server) as client:
        client.sendall(POST + b"Content-Length: 9999999999\r\n\r\n")
        assert b" 413 " in client.recv(4096)


@pytest.mark.parametrize(
    "garbage", [b"\x16\x03\x01\x02\x00\x01\x00", b"GET\r\n\r\n", b"\0" * 5000, b"GET / HTTP/9.9\r\n\r\n"]
)
def test_garbage_hurts_nobody_else(server, garbage):
    with connection(server) as client:
        client.sendall(garbage)
        client.shutdown(socket.SHUT_WR)
        client.recv(4096)
    assert get(f"{server.url}/healthz")[0] == 200


def test_another_origin_and_another_host(server, photo):
    assert analyze(server.url, photo, Origin="http://evil.example")[0] == 403
    assert analyze(server.url, photo, Origin=server.url)[0] == 200
    assert get(f"{server.url}/photo", Host="evil.example")[0] == 403


def test_a_hundred_wrong_tokens_lock_out_nobody_who_is_in(serve, photo):
    with serve("--token", "the right token, long enough") as server:
        assert b"Enter the token" in get(f"{server.url}/photo", Accept="text/html")[2]
        client = http.client.HTTPConnection(server.url.removeprefix("http://"), timeout=TIMEOUT_S)
        form = f"token={server.token}".replace(" ", "+")
        client.request("POST", "/enter", form, {"Content-Type": "application/x-www-form-urlencoded"})
        answer = client.getresponse()
        answer.read()
        client.close()
        cookie = answer.headers["Set-Cookie"].partition(";")[0]
        codes = [get(f"{server.url}/metrics", Authorization=f"Bearer wrong {n}")[0] for n in range(100)]
        assert codes[:10] == [401] * 10
        assert codes.count(429) >= 50  # a slow machine gives the limit time to recover
        assert analyze(server.url, photo, Cookie=cookie)[0] == 200
        told = server.stop()
    assert "right token" not in told
    assert "wrong 99" not in told


def test_beyond_this_machine_a_token_is_made_and_told_once(serve):
    with serve("--host", "0.0.0.0") as server:
        assert len(server.token) >= 32
        url = f"http://127.0.0.1:{server.url.rpartition(':')[2]}"
        assert get(f"{url}/metrics")[0] == 401
        assert get(f"{url}/metrics", Authorization=f"Bearer {server.token}")[0] == 200
        told = server.stop()
    assert "without HTTPS everyone on the network can read along" in told
    assert server.token not in told


def test_https_with_a_certificate_of_its_own(serve, photo, tmp_path):
    with serve("--self-signed", env={"MIEN_CACHE": str(tmp_path)}) as server:
        assert server.url.startswith("https://127.0.0.1:")
        trusting = ssl.create_default_context(cafile=tmp_path / "tls" / "self-signed.pem")
        assert analyze(server.url, photo, context=trusting)[0] == 200
        with pytest.raises(urllib.error.URLError, match="certificate verify failed"):
            get(f"{server.url}/healthz", context=ssl.create_default_context())
        with connection(server) as plain:  # a browser that was not told of HTTPS
            plain.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
            plain.recv(4096)
        assert get(f"{server.url}/healthz", context=trusting)[0] == 200
        told = server.stop()
    assert "SHA-256 fingerprint: " in told


def test_two_servers_on_one_cache_folder(serve, photo, tmp_path):
    env = {"MIEN_CACHE": str(tmp_path)}
    with serve("--self-signed", env=env) as one, serve("--self-signed", env=env) as other:
        trusting = ssl.create_default_context(cafile=tmp_path / "tls" / "self-signed.pem")
        assert one.url != other.url
        assert [analyze(server.url, photo, context=trusting)[0] for server in (one, other)] == [200, 200]


def test_the_port_is_taken(server):
    port = server.url.rpartition(":")[2]
    done = subprocess.run([*SERVE, "--port", port], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (2, "")
    told = "taken by another program; choose another with --port, or 0 for any that is free"
    assert done.stderr == f"mien: error: port {port} of 127.0.0.1 {told}\n"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_stops_with_connections_open_and_without_a_word(serve, number):
    with serve() as server:
        assert get(f"{server.url}/healthz")[0] == 200
        kept = http.client.HTTPConnection(server.url.removeprefix("http://"), timeout=TIMEOUT_S)
        kept.request("GET", "/healthz")
        kept.getresponse().read()
        with connection(server) as slow:
            slow.sendall(POST + b"Content-Length: 100\r\n\r\nx")
            told = server.stop(number)
        kept.close()
        assert (server.process.returncode, told) == (0, "Ctrl-C stops the server.\n")
    with pytest.raises(urllib.error.URLError, match="refused"):
        get(f"{server.url}/healthz")


def test_without_gunicorn(photo):
    """What serves on Windows, run here."""
    script = """
from mien.web import werkzeug_server
from mien.web.app import create_app
from mien.web.listen import listen
from mien.web.settings import Settings

with listen("127.0.0.1", 0) as listener:
    port = listener.getsockname()[1]
    print(port, flush=True)
    werkzeug_server.run(create_app(Settings(port=port)), listener, None)
"""
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    with subprocess.Popen([sys.executable, "-c", script], **pipes) as process:
        url = f"http://127.0.0.1:{process.stdout.readline().strip()}"
        try:
            assert analyze(url, photo)[0] == 200
            assert get(f"{url}/photo")[0] == 200
        finally:
            process.terminate()
            _, told = process.communicate(timeout=TIMEOUT_S)
    assert (process.returncode, told) == (0, "")


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (["--token", "short"], "a token needs 16 ASCII characters or more"),
        (["--host", "0.0.0.0", "--token", ""], "a token needs 16 ASCII characters or more"),
        (["--cert", "cert.pem"], "--cert and --key belong together"),
        (["--cert", "a", "--key", "b", "--self-signed"], "leave out --cert and --key"),
        (["--cert", "missing.pem", "--key", "missing.pem"], "--cert missing.pem: No such file"),
        (["--host", "no-such-host.invalid"], "--host no-such-host.invalid: "),
        (["--port", "65536"], "65536 is not in the range"),
        (["--threads", "1"], "1 is not in the range"),
        (["--keep", "30d"], "--keep belongs to --store"),
        (["--deepface-images", "."], "--deepface-images belongs to --deepface-api"),
    ],
)
def test_wrong_use_is_one_line(options, told):
    done = subprocess.run(
        [*SERVE, "--port", "0", *options], capture_output=True, text=True, check=False, timeout=TIMEOUT_S
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert told in done.stderr
    assert "Traceback" not in done.stderr
