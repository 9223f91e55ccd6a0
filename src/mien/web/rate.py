"""`RateLimit`: how often each client may do something."""

from __future__ import annotations

import ipaddress
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from typing import Final

_CLIENTS: Final = 4096  # remembered at once; the one not seen for longest is forgotten
_IPV6_PREFIX: Final = 64  # bits; whoever has one address of such a network has them all


class RateLimit:
    """A token bucket a client: `burst` at once, then `per_s` a second.

    Args:
        per_s: how fast a bucket fills.
        burst: what a full bucket holds.
        clock: seconds that never go back.
    """

    def __init__(self, *, per_s: float, burst: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._per_s, self._burst, self._clock = per_s, burst, clock
        self._lock = threading.Lock()
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()  # client → what is in it, when

    def wait_s(self, client: str) -> float:
        """Seconds until the client may again; 0 where it may now. Nothing is taken."""
        with self._lock:
            return self._missing_s(self._level(client, self._clock()))

    def take(self, client: str) -> float:
        """The same, and where it may now, that is counted."""
        with self._lock:
            now = self._clock()
            level = self._level(client, now)
            wait_s = self._missing_s(level)
            self._buckets[client] = (level if wait_s else level - 1, now)
            self._buckets.move_to_end(client)
            if len(self._buckets) > _CLIENTS:
                self._buckets.popitem(last=False)
            return wait_s

    def _level(self, client: str, now: float) -> float:
        level, then = self._buckets.get(client, (float(self._burst), now))
        return min(self._burst, level + (now - then) * self._per_s)

    def _missing_s(self, level: float) -> float:
        return max(1 - level, 0) / self._per_s


def client_of(address: str | None) -> str:
    """What a client is counted by: its IPv4 address, or the network of its IPv6 address.

    >>> client_of("192.0.2.7"), client_of("2001:db8::7"), client_of(None)
    ('192.0.2.7', '2001:db8::/64', 'unknown')
    """
    if address is None:
        return "unknown"
    try:
        ip = ipaddress.ip_address(address)
    except ValueError:
        return address
    if ip.version == 4:
        return str(ip)
    return str(ip.ipv4_mapped or ipaddress.ip_network((ip, _IPV6_PREFIX), strict=False))
