"""What the operations of the API have in common, in OpenAPI's words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from mien.web.schema_parts import Schema, reference
from mien.web.settings import Settings

PROBLEM_TYPE: Final = "application/problem+json"


def choices(settings: Settings) -> tuple[Schema, Schema]:
    """The schemas of `attributes` and `detector`."""
    from mien.models import detectors
    from mien.profiles import ATTRIBUTES, find_profile

    way = find_profile(settings.profile)
    attributes = {"type": "array", "items": {"type": "string", "enum": list(ATTRIBUTES)}, "default": list(way.usual)}
    return attributes, {"type": "string", "enum": list(detectors.names()), "default": way.detector}


def parameters(settings: Settings) -> list[dict[str, Any]]:
    """The same in an address."""
    attributes, detector = choices(settings)
    return [
        {
            "name": "attributes",
            "in": "query",
            "description": "What to compute, with commas between; an empty list finds faces only.",
            "style": "form",
            "explode": False,
            "allowEmptyValue": True,
            "schema": attributes,
        },
        {"name": "detector", "in": "query", "description": "What finds the faces.", "schema": detector},
    ]


def response(told: str, media_type: str, schema: str) -> dict[str, Any]:
    """An answer of that kind."""
    return {"description": told, "content": {media_type: {"schema": reference(schema)}}}


def problems(told: Mapping[str, str], settings: Settings) -> dict[str, Any]:
    """Answers by status, with those that every operation may give."""
    everywhere = {"403": "Another page's request, or one for a name that is not this server's."}
    if settings.token is not None:
        everywhere["401"] = "No token, or a wrong one."
    answers = {
        status: response(text, PROBLEM_TYPE, "Problem") for status, text in sorted({**everywhere, **told}.items())
    }
    for status in {"429", "503"} & answers.keys():
        answers[status]["headers"] = {
            "Retry-After": {"description": "Seconds to wait.", "schema": {"type": "integer", "minimum": 1}}
        }
    return answers
