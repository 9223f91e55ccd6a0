"""Werkzeug's server with threads, where there is no gunicorn: Windows."""

from __future__ import annotations

import signal
import socket
import ssl
import threading
import time
from typing import Any, Final, NoReturn

from flask import Flask
from werkzeug.serving import ThreadedWSGIServer, WSGIRequestHandler

from mien.web.services import services_of
from mien.web.warm_up import warm_up

_STOP_S: Final = 2.0  # what requests under way are given when the server stops


def run(app: Flask, listener: socket.socket, tls: ssl.SSLContext | None) -> None:
    """Serve until SIGINT or SIGTERM.

    Args:
        app: made by `create_app`.
        listener: to take connections from.
        tls: for HTTPS.
    """
    shared = services_of(app)
    host, port = listener.getsockname()[:2]
    handler = type("Handler", (_Handler,), {"timeout": shared.settings.receive_timeout_s})
    with _Server(host, port, app, handler=handler, ssl_context=tls, fd=listener.fileno()) as server:
        server.places = threading.BoundedSemaphore(shared.settings.threads)
        signal.signal(signal.SIGTERM, _interrupt)
        warm_up(app)
        server.serve_forever()  # returns on KeyboardInterrupt
        shared.closing.set()
        server.wait(shared.settings.threads, _STOP_S)


class _Server(ThreadedWSGIServer):
    """One thread a connection, as long as there are any left; they do not hold up the end."""

    daemon_threads = True
    places: threading.BoundedSemaphore

    def wait(self, threads: int, seconds: float) -> None:
        """Until all connections are closed, or the time is up."""
        deadline = time.monotonic() + seconds
        for _ in range(threads):
            if not self.places.acquire(timeout=max(deadline - time.monotonic(), 0)):
                return

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        with self.places:
            super().process_request_thread(request, client_address)


class _Handler(WSGIRequestHandler):
    """Answers connections without a word on the terminal."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def log(self, type: str, message: str, *args: Any) -> None:
        """Requests are counted at /metrics; what fails in the app is in the app's log."""


def _interrupt(number: int, frame: Any) -> NoReturn:
    raise KeyboardInterrupt
