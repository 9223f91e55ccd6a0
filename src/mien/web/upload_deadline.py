"""`UploadDeadline`: stops waiting for the body of a request that comes drop by drop."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

TIMED_OUT: Final = "mien.upload_timed_out"
"""Key in the WSGI environment: true where the deadline has passed."""
READ: Final = "mien.upload_read"
"""Key in the WSGI environment: a function to call when the body is read."""


class UploadDeadline:
    """WSGI middleware: after `timeout_s` the connection is closed for reading, so that a read that hangs returns.

    Args:
        app: what it is around.
        timeout_s: for the whole body.
    """

    def __init__(self, app: WSGIApplication, timeout_s: float) -> None:
        self._app, self._timeout_s = app, timeout_s

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer a request."""
        connection = environ.get("gunicorn.socket") or environ.get("werkzeug.socket")
        has_body = environ.get("CONTENT_LENGTH") not in (None, "", "0") or "HTTP_TRANSFER_ENCODING" in environ
        if connection is None or not has_body:
            return self._app(environ, start_response)
        timer = threading.Timer(self._timeout_s, _stop_reading, (connection, environ))
        timer.daemon = True
        environ[READ] = timer.cancel
        timer.start()
        try:
            return self._app(environ, start_response)
        finally:
            timer.cancel()


def _stop_reading(connection: socket.socket, environ: dict[str, Any]) -> None:
    environ[TIMED_OUT] = True
    with contextlib.suppress(OSError):  # closed already
        connection.shutdown(socket.SHUT_RD)
