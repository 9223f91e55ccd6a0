"""Which names the server goes by, and from which pages it takes requests.

A page of a stranger may point its own name at this machine (DNS rebinding) and then read what we answer; so requests
are taken for names of ours only. IP addresses are nobody's name, so they need no check. And a stranger's page may send
requests here without reading the answer; so what a browser sends from another page is refused.
"""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Iterable
from http import HTTPStatus
from urllib.parse import urlsplit

from mien.web.problems import Problem


def own_names(further: Iterable[str] = ()) -> frozenset[str]:
    """Names of this machine, in lower case."""
    machine = socket.gethostname().lower()
    return frozenset(("localhost", machine, f"{machine}.local", *(name.lower() for name in further)))


def check_host(host: str, names: frozenset[str]) -> None:
    """Whether a request is meant for this server.

    Args:
        host: the header `Host`.
        names: what the server goes by.

    Raises:
        Problem: 403, it is for another name.
    """
    name = _name(host)
    if name is None or not (name in names or _is_address(name)):
        raise Problem(
            HTTPStatus.FORBIDDEN,
            got=f"a request for the host {host[:100]!r}",
            wanted="one of this server's names",
            remedy="if this name is yours, start it with: mien serve --allow-host NAME",
        )


def check_origin(origin: str, host: str) -> None:
    """Whether a request was sent by a page of this server.

    Args:
        origin: the header `Origin`.
        host: the header `Host`.

    Raises:
        Problem: 403, it was sent by another page.
    """
    try:
        address = urlsplit(origin)
    except ValueError:
        address = urlsplit("")
    if address.scheme not in ("http", "https") or address.netloc.lower() != host.lower():
        raise Problem(
            HTTPStatus.FORBIDDEN,
            got=f"a request from a page of {origin[:100]!r}",
            wanted="one from this server's own pages, or from a program",
            remedy="open the page from this server",
        )


def _name(host: str) -> str | None:
    try:
        name = urlsplit(f"//{host}").hostname
    except ValueError:
        return None
    return None if name is None else name.rstrip(".")


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True
