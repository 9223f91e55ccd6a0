"""The socket that the server listens on: opened before anything slow, so that an early browser waits and gets in."""

from __future__ import annotations

import errno
import os
import socket
from typing import Final

from mien.errors import InputError

_BACKLOG: Final = 128
_REASONS: Final = {
    errno.EADDRINUSE: "taken by another program; choose another with --port, or 0 for any that is free",
    errno.EACCES: "may not be opened by you; choose one of 1024 or more with --port",
    errno.EADDRNOTAVAIL: "is no address of this machine; --host takes 127.0.0.1, 0.0.0.0 or one of its own addresses",
}


def listen(host: str, port: int) -> socket.socket:
    """A socket that takes connections.

    Args:
        host: IPv4 or IPv6 address, or a name of this machine.
        port: 0 for any that is free; `getsockname()` tells which.

    Raises:
        InputError: the host is unknown, or the port taken.
    """
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except socket.gaierror as error:
        raise InputError(f"--host {host}: {error.strerror}; give an address of this machine") from error
    # Names may have several addresses; browsers try IPv4 and IPv6, so one will do.
    family, kind, protocol, _, address = min(found, key=lambda info: info[0] != socket.AF_INET)
    listener = socket.socket(family, kind, protocol)
    try:
        if os.name == "posix":  # a port that was in use a moment ago; on Windows this would let two servers share it
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        listener.bind(address)
        listener.listen(_BACKLOG)
    except OSError as error:
        listener.close()
        reason = _REASONS.get(error.errno or 0, f"cannot be opened: {error.strerror}")
        raise InputError(f"port {port} of {host} {reason}") from error
    return listener
