"""A picture behind a web address, for callers who allow that."""

from __future__ import annotations

import http.client
import time
import urllib.error
import urllib.request
from typing import Final

import mien
from mien.errors import ImageError, ImageTooLargeError
from mien.media.address import without_secrets
from mien.media.images import DEFAULT_LIMITS
from mien.models.weights import is_offline

SCHEMES: Final = ("http://", "https://")
_SILENT_S: Final = 10.0  # a server may be, before it counts as gone
_WHOLE_S: Final = 60.0  # for the picture to come
_CHUNK: Final = 1 << 16


def is_address(text: str) -> bool:
    """Whether a text is a web address rather than a path.

    >>> is_address("HTTPS://example.org/a.jpg"), is_address("photos/a.jpg")
    (True, False)
    """
    return text.lower().startswith(SCHEMES)


def fetch(address: str, *, max_bytes: int = DEFAULT_LIMITS.max_bytes) -> bytes:
    """What is there; through the proxies of the environment, and redirected only to other web addresses.

    Raises:
        ImageTooLargeError: more than `max_bytes`.
        ImageError: it cannot be fetched, or downloads are forbidden.
    """
    told = without_secrets(address)
    if is_offline():
        raise ImageError(f"{told}: downloads are forbidden (MIEN_OFFLINE); allow them, or give the path of a file")
    request = urllib.request.Request(address, headers={"User-Agent": f"mien/{mien.__version__}"})
    parts, size, until = [], 0, time.monotonic() + _WHOLE_S
    try:
        # Not urlopen: it keeps the proxies that the environment named when it was first called.
        with urllib.request.build_opener().open(request, timeout=_SILENT_S) as response:
            while chunk := response.read1(_CHUNK):
                parts.append(chunk)
                size += len(chunk)
                if size > max_bytes:
                    raise ImageTooLargeError(f"{told}: more than {max_bytes:,} bytes, the limit; shrink it")
                if time.monotonic() > until:
                    raise ImageError(f"{told}: did not come whole in {_WHOLE_S:g} s; download it yourself")
    except (urllib.error.URLError, OSError, http.client.HTTPException, ValueError) as error:
        if isinstance(error, ImageError):
            raise
        raise ImageError(f"{told}: cannot be fetched ({error}); download it, and give the path of the file") from error
    return b"".join(parts)
