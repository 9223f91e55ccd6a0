"""gunicorn with one process and many threads, for POSIX: networks are loaded once and shared."""

from __future__ import annotations

import contextlib
import logging
import socket
import ssl
import struct
from pathlib import Path
from typing import Any, Final

from flask import Flask
from gunicorn.app.base import BaseApplication
from gunicorn.arbiter import Arbiter
from gunicorn.workers.gthread import ThreadWorker

from mien.web.services import services_of
from mien.web.warm_up import warm_up

_STOP_S: Final = 2  # what requests under way are given when the server stops
_KEEP_S: Final = 10  # and what is kept in a store, to be written


def run(app: Flask, listener: socket.socket, tls: ssl.SSLContext | None, certificate: Path | None) -> None:
    """Serve until SIGINT or SIGTERM; raises `SystemExit`.

    Args:
        app: made by `create_app`.
        listener: to take connections from; it is given away.
        tls: for HTTPS.
        certificate: that `tls` was made of; None without TLS.
    """
    settings, folder = services_of(app).settings, services_of(app).videos.folder
    with contextlib.suppress(OSError):  # told to whoever sends a clip
        folder.make()  # here, so that this process removes it, however the worker ends

    def begin(worker: object) -> None:
        folder.empty()
        warm_up(app)

    options: dict[str, Any] = {
        "bind": f"fd://{listener.detach()}",  # gunicorn closes it
        "workers": 1,
        "threads": settings.threads,
        "worker_class": _Worker,
        "worker_connections": max(1000, settings.threads * 4),
        "graceful_timeout": _STOP_S,
        "preload_app": True,  # its errors come before the first request; networks are loaded after the fork
        "loglevel": "error",  # warnings quote what clients send
        "control_socket_disable": True,
        "proc_name": "mien serve",
        "post_worker_init": begin,
    }
    if tls is not None:
        options |= {"certfile": str(certificate), "ssl_context": lambda config, default: tls}
    logging.getLogger("gunicorn.error").addFilter(_is_news)
    _Application(app, options).run()


class _Application(BaseApplication):  # type: ignore[misc] # gunicorn has no types
    """gunicorn, told its settings by us alone: neither the command line nor a file has a say."""

    def __init__(self, app: Flask, options: dict[str, Any]) -> None:
        self._app, self._options = app, options
        super().__init__()

    def load_config(self) -> None:
        for name, value in self._options.items():
            self.cfg.set(name, value)

    def load(self) -> Flask:
        return self._app

    def run(self) -> None:
        _Arbiter(self).run()

    @property
    def keeps(self) -> bool:
        """Whether there is a store."""
        return services_of(self._app).recordings.are_kept


class _Arbiter(Arbiter):  # type: ignore[misc]
    """Ends the worker without a word, even where it has to be forced."""

    def stop(self, graceful: bool = True) -> None:
        self.log.error_log.setLevel(logging.CRITICAL)
        if self.app.keeps:
            self.cfg.set("graceful_timeout", _KEEP_S)  # of this process; the worker's requests have what they had
        super().stop(graceful)


class _Worker(ThreadWorker):  # type: ignore[misc]
    """Gives up connections that stand still, and tells live sessions when to end."""

    def enqueue_req(self, conn: Any) -> None:
        limit_waiting(conn.sock, services_of(self.app.wsgi()).settings.receive_timeout_s)
        super().enqueue_req(conn)

    def handle_exit(self, sig: int, frame: Any) -> None:
        services_of(self.app.wsgi()).closing.set()
        super().handle_exit(sig, frame)

    def handle_quit(self, sig: int, frame: Any) -> None:
        self.handle_exit(sig, frame)  # sessions are told after Ctrl-C, too


def limit_waiting(connection: socket.socket, seconds: float) -> None:
    """Let the system end reads and writes in which nothing moves, whatever mode Python has the socket in."""
    interval = struct.pack("ll", int(seconds), int(seconds % 1 * 1e6))  # struct timeval
    for option in (socket.SO_RCVTIMEO, socket.SO_SNDTIMEO):
        connection.setsockopt(socket.SOL_SOCKET, option, interval)


def _is_news(record: logging.LogRecord) -> bool:
    """Clients that stand still or go away are none."""
    error = record.exc_info[1] if record.exc_info else None
    return not isinstance(error, (BlockingIOError, TimeoutError, ConnectionError))
