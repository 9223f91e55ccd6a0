"""`/api`: the description of the API, as OpenAPI for programs and as a page for people."""

from __future__ import annotations

from flask import Blueprint, Response, jsonify, render_template, request

from mien.web.openapi import description
from mien.web.services import services

blueprint = Blueprint("api", __name__)


@blueprint.get("/api/v1/openapi.json")
def openapi() -> Response:
    """OpenAPI 3.1."""
    return jsonify(description(services().settings))


@blueprint.get("/api")
def page() -> str:
    """The same, to be read."""
    shared = services()
    return render_template(
        "api.html",
        api=description(shared.settings),
        root=request.host_url.rstrip("/"),
        has_people=shared.gallery is not None,
    )
