"""A tiny ONNX file, a card for it, and a web server that misbehaves as told."""

from __future__ import annotations

import hashlib
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from mien.models.card import ModelCard


def _varint(value):
    out = bytearray()
    while value >= 0x80:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*out, value])


def _field(number, value):
    """A protocol buffer field: an int as varint, text and bytes with their length."""
    if isinstance(value, int):
        return _varint(number << 3) + _varint(value)
    payload = value.encode() if isinstance(value, str) else value
    return _varint(number << 3 | 2) + _varint(len(payload)) + payload


def _tensor(name, dims):
    """A ValueInfoProto of a float tensor; an int is a fixed dimension, a string a free one."""
    shape = b"".join(_field(1, _field(1 if isinstance(dim, int) else 2, dim)) for dim in dims)
    return _field(1, name) + _field(2, _field(1, _field(1, 1) + _field(2, shape)))


def onnx_bytes(dims, *, operator="Softmax", declared=None):
    """A model y = operator(x); `declared` are the dimensions stated for y, where they differ."""
    node = _field(1, "x") + _field(2, "y") + _field(4, operator)
    graph = _field(1, node) + _field(2, "tiny") + _field(11, _tensor("x", dims))
    graph += _field(12, _tensor("y", dims if declared is None else declared))
    return _field(1, 8) + _field(7, graph) + _field(8, _field(1, "") + _field(2, 13))


@pytest.fixture
def make_onnx():
    return onnx_bytes


@pytest.fixture
def tiny_onnx():
    return onnx_bytes((1, 2))


@pytest.fixture
def make_card(tiny_onnx):
    """A card of the tiny model with the sources given."""

    def make(*sources, data=tiny_onnx, **changed):
        values = {
            "name": "tiny",
            "task": "emotion",
            "version": "1",
            "file": "tiny.onnx",
            "sha256": hashlib.sha256(data).hexdigest(),
            "bytes": len(data),
            "sources": sources,
            "licence": "MIT",
            "reference": "none",
            "description": "Softmax of two numbers.",
            "limits": "Of no use.",
            "input": {"size": 2},
            "outputs": {"y": "probabilities (1, 2)"},
        }
        return ModelCard(**(values | changed))

    return make


class Server:
    """A web server on 127.0.0.1 whose paths behave as their names say; `requests` lists the paths asked for.

    Attributes:
        body: what `/good` answers.
        together: `/together` answers only when two clients have asked.
    """

    def __init__(self, body):
        self.body = body
        self.requests = []
        self.together = threading.Barrier(2)
        self.released = threading.Event()
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                outer.requests.append(self.path)
                outer.answer(self, self.path.rpartition("/")[2])

            def log_message(self, *args):
                pass

        self._http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._http.serve_forever, args=(0.01,))
        self._thread.start()
        self.address = f"http://127.0.0.1:{self._http.server_port}"

    def answer(self, request, what):
        body = self.body
        if what == "missing":
            request.send_error(404)
            return
        if what == "moved":
            request.send_response(302)
            request.send_header("Location", "/good")
            request.end_headers()
            return
        if what == "hanging":
            self.released.wait()
            return
        if what == "together":
            self.together.wait(30)
        if what == "wrong":
            body = bytes(reversed(body))
        if what == "long":
            body = body * 3
        request.send_response(200)
        if what != "unannounced":
            request.send_header("Content-Length", "many" if what == "misannounced" else str(len(body)))
        request.end_headers()
        request.wfile.write(body[: len(body) // 2])
        request.wfile.flush()
        if what == "stalling":
            self.released.wait()
        elif what not in ("truncated", "unannounced"):
            request.wfile.write(body[len(body) // 2 :])

    def close(self):
        self.released.set()
        self._http.shutdown()
        self._thread.join()
        self._http.server_close()


@pytest.fixture
def server(tiny_onnx, monkeypatch):
    """Serves the tiny model; no proxy stands between."""
    for name in ("http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    server = Server(tiny_onnx)
    yield server
    server.close()
