"""What to type into a browser to get to the server."""

from __future__ import annotations

import ipaddress
import socket
from typing import Final
from urllib.parse import quote

_ELSEWHERE: Final = ("192.0.2.1", 9)  # documentation's network (RFC 5737); connecting a datagram socket sends nothing


def addresses(host: str, port: int, *, tls: bool, token: str | None) -> list[str]:
    """The addresses of the first page, the best first.

    Args:
        host: that the server is bound to; 0.0.0.0 and :: stand for all of this machine's.
        port: that it listens on.
        tls: whether it speaks HTTPS.
        token: that browsers have to give; None where there is none.
    """
    scheme = "https" if tls else "http"
    # What comes after # is not sent to servers, so it gets into no log.
    path = "/" if token is None else f"/enter#{quote(token)}"
    return [f"{scheme}://{_bracketed(name)}:{port}{path}" for name in _names(host)]


def machine_addresses() -> list[str]:
    """This machine's IP addresses toward other machines; empty where it has no network."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(_ELSEWHERE)
        except OSError:
            return []
        return [str(probe.getsockname()[0])]


def _names(host: str) -> list[str]:
    try:
        everywhere = ipaddress.ip_address(host).is_unspecified
    except ValueError:
        everywhere = False
    return [*machine_addresses(), "localhost"] if everywhere else [host]


def _bracketed(name: str) -> str:
    return f"[{name}]" if ":" in name else name
