"""`Choice`: what a request wants to know of the people in its pictures."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Self

from mien.errors import UnknownNameError
from mien.web.problems import Problem


@dataclass(frozen=True, kw_only=True)
class Choice:
    """Parameters of an analysis.

    Attributes:
        attributes: in the order of `mien.pipeline.ATTRIBUTES`, each once.
        detector: its name.
    """

    attributes: tuple[str, ...]
    detector: str

    @classmethod
    def of(cls, given: Mapping[str, Any], profile: str) -> Self:
        """From a request's parameters; what is not given is the default, what the profile does not tell is left out.

        Args:
            given: the parameters.
            profile: name of the networks, out of `mien.profiles.PROFILES`.

        Raises:
            Problem: 422, a name that there is not, or no name.
        """
        from mien.models import detectors
        from mien.profiles import ATTRIBUTES, find_profile

        way = find_profile(profile)
        asked = _names(given.get("attributes"), ATTRIBUTES)
        detector = given.get("detector", way.detector)
        known = detectors.names()
        if detector not in known:
            raise _unknown("detector", detector, known)
        attributes = way.usual if asked is None else asked
        return cls(attributes=tuple(name for name in attributes if name in way.attributes), detector=detector)


def _names(value: Any, known: tuple[str, ...]) -> tuple[str, ...] | None:
    """Names as a list, or as one text with commas; an empty one asks for boxes alone."""
    if value is None:
        return None
    names = [name.strip() for name in value.split(",") if name.strip()] if isinstance(value, str) else value
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise Problem(
            HTTPStatus.UNPROCESSABLE_ENTITY,
            got=f"attributes={str(value)[:100]}",
            wanted=f"names out of {', '.join(known)}",
            remedy="write them with commas between, or in JSON as a list",
        )
    for name in names:
        if name not in known:
            raise _unknown("attribute", name, known)
    return tuple(name for name in known if name in names)


def _unknown(kind: str, name: Any, known: tuple[str, ...]) -> Problem:
    hint = str(UnknownNameError(kind, str(name)[:100], known)).partition("; ")[2]
    return Problem(
        HTTPStatus.UNPROCESSABLE_ENTITY,
        got=f"{kind} {str(name)[:100]!r}",
        wanted=f"one of {', '.join(known)}",
        remedy=hint if hint.startswith("did") else f"leave {kind} out for the default",
    )
