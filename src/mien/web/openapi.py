"""`description`: the API in OpenAPI 3.1, made from the constants that the code runs on, so that it cannot go stale."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import mien
from mien.web.openapi_parts import choices, parameters, problems, response
from mien.web.openapi_videos import video_paths
from mien.web.schemas import schemas
from mien.web.settings import Settings

_IMAGE_TYPES: Final = ("image/jpeg", "image/png", "image/webp", "image/bmp", "image/tiff", "image/gif")


def description(settings: Settings) -> dict[str, Any]:
    """The document.

    Args:
        settings: of the server, for the limits that it tells.
    """
    document: dict[str, Any] = {
        "openapi": "3.1.0",
        "info": {
            "title": "Mien",
            "version": mien.__version__,
            "summary": "Profiles of the people in pictures and clips.",
            "description": (
                "Estimates of appearance: apparent age, perceived gender, race and expression. "
                "Pictures are kept in memory while they are profiled, and stored nowhere. Clips lie in a private file "
                "while they are looked at, and their results until they are deleted or forgotten."
            ),
            "license": {"name": "MIT", "identifier": "MIT"},
        },
        "servers": [{"url": "/"}],
        "paths": {
            "/api/v1/analyze": {"post": _analyze(settings)},
            **video_paths(settings),
            "/api/v1/openapi.json": {"get": _get("openapi", "This document", "application/json", "OpenAPI 3.1.")},
            "/healthz": {"get": _healthz()},
            "/metrics": {"get": _get("metrics", "Counters for Prometheus", "text/plain", "Prometheus's text format.")},
        },
        "components": {"schemas": schemas()},
    }
    if settings.token is not None:
        document["components"]["securitySchemes"] = {
            "token": {"type": "http", "scheme": "bearer", "description": "Printed when the server was started."}
        }
        document["security"] = [{"token": []}]
        document["paths"]["/healthz"]["get"]["security"] = []
    return document


def _analyze(settings: Settings) -> dict[str, Any]:
    return {
        "operationId": "analyze",
        "summary": "Profile everyone in pictures",
        "description": (
            f"JPEG, PNG, WebP, BMP, TIFF (first page) or GIF (first frame); at most {settings.max_images} pictures of "
            f"{settings.max_pixels / 1e6:g} megapixels and {settings.max_image_bytes / 1e6:g} MB each, and "
            f"{settings.max_request_bytes / 1e6:g} MB in all. A picture that cannot be read has the status error "
            "and spoils no other."
        ),
        "parameters": parameters(settings),
        "requestBody": {"required": True, "content": _bodies(settings)},
        "responses": {
            "200": response("One entry a picture, in order; at least one could be read.", "application/json", "Answer"),
            **problems(_problems(settings), settings),
        },
    }


def _bodies(settings: Settings) -> dict[str, Any]:
    attributes, detector = choices(settings)
    binary = {"type": "string", "format": "binary"}
    base64 = {"type": "string", "contentEncoding": "base64", "description": "The file's bytes; a data URL will do."}
    named = {
        "type": "object",
        "properties": {"name": {"type": "string"}, "data": base64},
        "required": ["data"],
    }
    count = {"minItems": 1, "maxItems": settings.max_images}
    bodies: dict[str, Any] = {
        "multipart/form-data": {
            "schema": {
                "type": "object",
                "properties": {
                    "images": {"type": "array", "items": binary, **count},
                    "attributes": {"type": "string", "description": "With commas between."},
                    "detector": detector,
                },
                "required": ["images"],
            }
        },
        "application/json": {
            "schema": {
                "type": "object",
                "properties": {
                    "images": {"type": "array", "items": {"anyOf": [base64, named]}, **count},
                    "attributes": attributes,
                    "detector": detector,
                },
                "required": ["images"],
                "additionalProperties": False,
            }
        },
    }
    return bodies | {name: {"schema": {}} for name in (*_IMAGE_TYPES, "application/octet-stream")}


def _problems(settings: Settings) -> Mapping[str, str]:
    return {
        "400": "The body is not what its content type says, or was cut off.",
        "408": f"The body took longer than {settings.upload_timeout_s:g} s.",
        "413": "The request, or every picture in it, is too large.",
        "415": "A content type that is not read.",
        "422": "Not one picture could be read, or a parameter is unknown.",
        "429": f"More than {settings.requests_per_s:g} requests a second from one client.",
        "503": "Too much to do, or a network is missing.",
    }


def _healthz() -> dict[str, Any]:
    text = {"type": "string"}
    states = {"type": "string", "enum": ["not loaded", "loading", "ready", "failed"]}
    schema = {
        "type": "object",
        "properties": {"status": {"type": "string", "enum": ["ok", "failed"]}, "version": text, "models": states},
        "required": ["status", "version", "models"],
    }
    content = {"application/json": {"schema": schema}}
    return {
        "operationId": "healthz",
        "summary": "Whether the server is well",
        "responses": {
            "200": {"description": "Requests are answered.", "content": content},
            "503": {"description": "The networks cannot be loaded.", "content": content},
        },
    }


def _get(name: str, summary: str, media_type: str, told: str) -> dict[str, Any]:
    return {
        "operationId": name,
        "summary": summary,
        "responses": {"200": {"description": told, "content": {media_type: {}}}},
    }
