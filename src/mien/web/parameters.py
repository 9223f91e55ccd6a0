"""Parameters of a request that are no names: yes or no, and numbers; as text, or as JSON has them."""

from __future__ import annotations

import math
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, Final

from mien.web.problems import Problem

_YES: Final = ("1", "true", "yes", "on")
_NO: Final = ("0", "false", "no", "off", "")


def flag(given: Mapping[str, Any], name: str) -> bool:
    """Whether that is asked for; what is not given is not.

    Raises:
        Problem: 422, it is neither true nor false.
    """
    value = given.get(name, False)
    word = str(value).lower() if isinstance(value, (bool, str)) else None
    if word not in (*_YES, *_NO):
        raise _wrong(name, value, "true or false", f"leave {name} out for false")
    return word in _YES


def number(given: Mapping[str, Any], name: str) -> float | None:
    """A finite number; None where it is not given.

    Raises:
        Problem: 422, it is none.
    """
    value = given.get(name)
    if value is None:
        return None
    try:
        found = math.nan if isinstance(value, bool) else float(value)
    except (TypeError, ValueError, OverflowError):
        found = math.nan
    if not math.isfinite(found):
        raise _wrong(name, value, "a number", f"leave {name} out for the default")
    return found


def whole(given: Mapping[str, Any], name: str, *, least: int, most: int) -> int | None:
    """A whole number within these limits; None where it is not given.

    Raises:
        Problem: 422, it is none.
    """
    found = number(given, name)
    if found is None:
        return None
    if not (found == int(found) and least <= found <= most):
        raise _wrong(name, given[name], f"a whole number from {least} to {most}", f"leave {name} out for the default")
    return int(found)


def written(given: Mapping[str, Any], name: str) -> str | None:
    """A text in which something is written; None where it is not given, or nothing is.

    Raises:
        Problem: 422, it is no text.
    """
    value = given.get(name)
    if value is not None and not isinstance(value, str):
        raise _wrong(name, value, "text", f"write {name} in quotes")
    return value if value and value.strip() else None


def _wrong(name: str, value: Any, wanted: str, remedy: str) -> Problem:
    return Problem(HTTPStatus.UNPROCESSABLE_ENTITY, got=f"{name}={str(value)[:100]!r}", wanted=wanted, remedy=remedy)
