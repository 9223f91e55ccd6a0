"""`description`: the API in OpenAPI 3.1, made from the constants that the code runs on, so that it cannot go stale."""

from __future__ import annotations

from typing import Any

import mien
from mien.web.openapi_parts import choices, parameters, picture_bodies, problems, response, upload_problems
from mien.web.openapi_people import people_paths
from mien.web.openapi_videos import video_paths
from mien.web.schemas import schemas
from mien.web.settings import Settings


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
            "summary": "Profiles of the people in pictures and clips, and who they are.",
            "description": (
                "Estimates of appearance: apparent age, perceived gender, race and expression. "
                "Pictures are kept in memory while they are profiled, and stored nowhere. Clips lie in a private file "
                "while they are looked at, and their results until they are deleted or forgotten. The gallery keeps "
                "templates of people who are enrolled, and crops of their faces where asked to, until they are "
                "forgotten."
            ),
            "license": {"name": "MIT", "identifier": "MIT"},
        },
        "servers": [{"url": "/"}],
        "paths": {
            "/api/v1/analyze": {"post": _analyze(settings)},
            **video_paths(settings),
            **people_paths(settings),
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
    told = {**upload_problems(settings), "422": "Not one picture could be read, or a parameter is unknown."}
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
            **problems(told, settings),
        },
    }


def _bodies(settings: Settings) -> dict[str, Any]:
    attributes, detector = choices(settings)
    names: dict[str, Any] = {"type": "string", "description": "With commas between."}
    in_form = {"attributes": names, "detector": detector}
    return picture_bodies(settings, {"attributes": attributes, "detector": detector}, in_form=in_form)


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
