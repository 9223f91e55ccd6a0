"""`websocket`: a route for live sessions.

The handshake passes `mien.web.guard` like every request: Host, Origin and token are checked before a session begins.
"""

from __future__ import annotations

import contextlib
import functools
import socket
import threading
from collections.abc import Callable, Iterator
from typing import Any, Final

from flask import Blueprint, Flask, request
from flask_sock import Sock
from simple_websocket import ConnectionClosed, Server

from mien.web.problems import Problem
from mien.web.services import Services, services
from mien.web.settings import Settings

# Close codes: RFC 6455, sec. 7.4.1, and IANA's registry.
GOING_AWAY: Final = 1001
"""The server stops."""
INVALID: Final = 1007
"""What came cannot be understood."""
POLICY: Final = 1008
"""What came, or did not come, is against the rules."""
UNEXPECTED: Final = 1011
"""The server cannot go on."""
TRY_AGAIN_LATER: Final = 1013
"""The server has too many sessions."""
_REASON_CHARACTERS: Final = 120  # a close frame holds 123 bytes
_PING_S: Final = 10  # a client that answers no ping for that long is gone
# A TLS record holds at most this (RFC 8446, sec. 5.1). Reading less leaves the rest inside the TLS layer, where the
# wait for more does not see it.
_RECEIVE_BYTES: Final = 16384


class Ending(Exception):  # noqa: N818 - not always an error
    """The server ends a session.

    Args:
        code: close code.
        message: a sentence for the client.
        reason: one word for the metrics.
    """

    def __init__(self, code: int, message: str, *, reason: str) -> None:
        super().__init__(message)
        self.code, self.message, self.reason = code, message[:_REASON_CHARACTERS], reason


class WholeSocket:
    """A connection that takes every message whole, and from one thread at a time.

    `socket.send` may take a part only, and the pings of simple-websocket come from a thread of their own.
    """

    def __init__(self, connection: socket.socket) -> None:
        self._connection, self._lock = connection, threading.Lock()

    def send(self, data: bytes) -> int:
        """Send all of it.

        Raises:
            OSError: the client takes nothing, or is gone.
        """
        with self._lock:
            self._connection.sendall(data)
        return len(data)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._connection, name)


def install(app: Flask, settings: Settings) -> None:
    """Set what all WebSockets of `app` share."""
    app.config["SOCK_SERVER_OPTIONS"] = {
        "ping_interval": _PING_S,
        "max_message_size": settings.max_message_bytes,
        "receive_bytes": _RECEIVE_BYTES,
        # Each waits for its client's next ping; the end of the process need not.
        "thread_class": functools.partial(threading.Thread, daemon=True),
    }
    app.before_request(_refuse_compression)


def websocket(blueprint: Blueprint, path: str) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """A route whose view is called with an open WebSocket, and closes it by returning or by raising `Ending`.

    The view must look at `services().closing` at least twice a second and return when it is set. Where there are too
    many sessions already, the socket is closed with `TRY_AGAIN_LATER` before the view is called.

    Args:
        blueprint: that the route belongs to.
        path: of the route.

    The view's name is what the metrics call its sessions.
    """

    def decorate(view: Callable[..., None]) -> Callable[..., None]:
        def session(connection: Server, **values: Any) -> None:
            connection.sock = WholeSocket(connection.sock)
            shared = services()
            open_now = shared.metrics.live_sessions.labels(view.__name__)
            with _told(connection, shared), _place(shared), open_now.track_inprogress():
                view(connection, **values)
                if shared.closing.is_set():
                    raise Ending(GOING_AWAY, "the server stops", reason="stopped")

        session.__name__ = view.__name__
        Sock().route(path, bp=blueprint)(session)
        return view

    return decorate


@contextlib.contextmanager
def _place(shared: Services) -> Iterator[None]:
    """One of the places for sessions."""
    with contextlib.ExitStack() as stack:
        try:
            stack.enter_context(shared.sessions.turn())
        except Problem as problem:
            raise Ending(TRY_AGAIN_LATER, problem.detail, reason="full") from problem
        yield


@contextlib.contextmanager
def _told(connection: Server, shared: Services) -> Iterator[None]:
    """Tell the client and the metrics how the session ends."""
    ended = shared.metrics.live_ended
    try:
        yield
    except Ending as ending:
        ended.labels(ending.reason).inc()
        with contextlib.suppress(OSError, ConnectionClosed):
            connection.close(ending.code, ending.message)
    except ConnectionClosed:
        ended.labels("left").inc()
    except OSError:  # it took nothing for as long as Settings.receive_timeout_s
        ended.labels("stuck").inc()
    else:
        ended.labels("done").inc()


def _refuse_compression() -> None:
    """Pictures do not shrink further, and a small compressed message may grow to any size."""
    request.environ.pop("HTTP_SEC_WEBSOCKET_EXTENSIONS", None)
