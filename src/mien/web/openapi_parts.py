"""What the operations of the API have in common, in OpenAPI's words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from mien.web.schema_parts import Schema, reference
from mien.web.settings import Settings

PROBLEM_TYPE: Final = "application/problem+json"
_IMAGE_TYPES: Final = ("image/jpeg", "image/png", "image/webp", "image/bmp", "image/tiff", "image/gif")


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


def picture_bodies(
    settings: Settings,
    options: Mapping[str, Schema],
    *,
    in_form: Mapping[str, Schema] | None = None,
    required: Sequence[str] = (),
    images: tuple[int, int] | None = None,
    raw: bool = True,
) -> dict[str, Any]:
    """What a request with pictures may hold, by content type.

    Args:
        settings: of the server.
        options: the parameters beside the pictures, as JSON has them.
        in_form: the same in a form, where they differ.
        required: of them.
        images: how many pictures there are, at least and at most; None for one or more.
        raw: whether one picture may be sent by itself.
    """
    binary = {"type": "string", "format": "binary"}
    base64 = {"type": "string", "contentEncoding": "base64", "description": "The file's bytes; a data URL will do."}
    named = {"type": "object", "properties": {"name": {"type": "string"}, "data": base64}, "required": ["data"]}
    least, most = images or (1, settings.max_images)
    count = {"minItems": least, "maxItems": most}

    def body(items: Schema, members: Mapping[str, Schema]) -> Schema:
        listed = {"images": {"type": "array", "items": items, **count}, **members}
        return {"type": "object", "properties": listed, "required": ["images", *required]}

    bodies: dict[str, Any] = {
        "multipart/form-data": {"schema": body(binary, in_form or options)},
        "application/json": {
            "schema": body({"anyOf": [base64, named]}, options) | {"additionalProperties": False},
        },
    }
    return bodies | {name: {"schema": {}} for name in (*_IMAGE_TYPES, "application/octet-stream") if raw}


def upload_problems(settings: Settings) -> dict[str, str]:
    """What may be wrong with any request that holds pictures."""
    return {
        "400": "The body is not what its content type says, or was cut off.",
        "408": f"The body took longer than {settings.upload_timeout_s:g} s.",
        "413": "The request, or every picture in it, is too large.",
        "415": "A content type that is not read.",
        "429": f"More than {settings.requests_per_s:g} requests a second from one client.",
        "503": "Too much to do, or a network or a database is missing.",
    }


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
