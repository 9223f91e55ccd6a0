"""Addresses of streams: telling them from paths, and showing them without passwords."""

from __future__ import annotations

import re
from typing import Final

SCHEMES: Final = ("rtsp", "rtsps", "http", "https")
"""Of streams that are read."""

_SCHEME = re.compile(r"([a-z][a-z0-9+.-]+)://", re.IGNORECASE)
_SURELY_HOST = re.compile(r"(\[[^]@]*\]|localhost|[^:@]*\.[^:@]*)(:\d*)?")
_SECRET = re.compile(
    r"(?P<name>(?:user(?:name)?|usr|login|pass(?:word|wd|phrase)?|pwd|psw|token|access_token|(?:api_?)?key|secret|"
    r"auth\w*?|sig(?:nature)?|session\w*?|jwt|credentials?)=)[^&;#/?]*",
    re.IGNORECASE,
)
"""A parameter that may hold a secret; cameras have them in paths too, as in `/user=admin&password=…`."""


def scheme_of(text: str) -> str | None:
    """The scheme of an address in lower case, None for what is none, such as a path.

    >>> scheme_of("RTSP://camera/1"), scheme_of("C:/video.mp4")
    ('rtsp', None)
    """
    match = _SCHEME.match(text)
    return match[1].lower() if match else None


def without_secrets(address: str) -> str:
    """The address without user and password, and with `***` for parameters that may be secret.

    >>> without_secrets("rtsp://admin:12345@10.0.0.7:554/live?channel=1&token=8f1c")
    'rtsp://10.0.0.7:554/live?channel=1&token=***'
    """
    match = _SCHEME.match(address)
    if match is None:
        return address
    scheme, rest = match[0], address[match.end() :]
    host = re.split(r"[/?#]", rest, maxsplit=1)[0]
    if not _SURELY_HOST.fullmatch(host):
        # Up to the last @ wherever it is: a password may hold / and @, which should be written %2F and %40.
        rest = rest[rest.rfind("@") + 1 :]
    return scheme + _SECRET.sub(r"\g<name>***", rest)
