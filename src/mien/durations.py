"""Lengths of time as people write them."""

from __future__ import annotations

import re
from typing import Final

from mien.errors import InputError

_UNITS_S: Final = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 7 * 86400}
_DURATION = re.compile(r"(\d+(?:\.\d+)?) ?([smhdw])")


def parse_duration(text: str) -> float:
    """Seconds of a duration such as `30d`.

    Raises:
        InputError: it is none.

    >>> parse_duration("30d"), parse_duration("1.5h")
    (2592000.0, 5400.0)
    """
    match = _DURATION.fullmatch(text.strip().lower())
    if match is None or not float(match[1]):
        raise InputError(f"{text!r} is no duration; write it as 90s, 15m, 12h, 30d or 8w")
    return float(match[1]) * _UNITS_S[match[2]]
