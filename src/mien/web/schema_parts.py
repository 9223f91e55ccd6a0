"""The words that JSON Schemas are written in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

Schema = dict[str, Any]
UNIT: Final = (0, 1)
"""Limits of probabilities and scores."""


def reference(name: str) -> Schema:
    """A schema of `mien.web.schemas`, by its name."""
    return {"$ref": f"#/components/schemas/{name}"}


def record(properties: Mapping[str, Schema], description: str, *, optional: Sequence[str] = ()) -> Schema:
    """An object whose members are all told; all are required but the optional ones."""
    return {
        "type": "object",
        "description": description,
        "properties": dict(properties),
        "required": [name for name in properties if name not in optional],
        "additionalProperties": False,
    }


def array(items: Schema, description: str = "", *, size: int | None = None, optional: bool = False) -> Schema:
    """A list; one of a fixed length where a size is given."""
    schema = _typed("array", description, optional) | {"items": items}
    return schema if size is None else schema | {"minItems": size, "maxItems": size}


def number(
    description: str = "", minimum: float | None = None, maximum: float | None = None, *, optional: bool = False
) -> Schema:
    """A number within these limits."""
    limits = {"minimum": minimum, "maximum": maximum}
    return _typed("number", description, optional) | {k: v for k, v in limits.items() if v is not None}


def whole(description: str, *, optional: bool = False) -> Schema:
    """A whole number."""
    return _typed("integer", description, optional)


def text(description: str, *, optional: bool = False) -> Schema:
    """Text."""
    return _typed("string", description, optional)


def choice(values: Sequence[str], description: str = "") -> Schema:
    """One of these values."""
    return _typed("string", description, optional=False) | {"enum": list(values)}


def or_null(schema: Schema) -> Schema:
    """That, or null."""
    return {"anyOf": [schema, {"type": "null"}]}


def _typed(name: str, description: str, optional: bool) -> Schema:
    schema: Schema = {"type": [name, "null"] if optional else name}
    return schema | {"description": description} if description else schema
