"""`/healthz`: whether the server is up, and whether its networks are loaded."""

from __future__ import annotations

from http import HTTPStatus

from flask import Blueprint, Response, jsonify

import mien
from mien.web.services import services

blueprint = Blueprint("health", __name__)


@blueprint.get("/healthz")
def healthz() -> Response:
    """200 where requests are answered, if the first ones slowly; 503 where the networks cannot be loaded."""
    state = services().profilers.state
    failed = state == "failed"
    response = jsonify(status="failed" if failed else "ok", version=mien.__version__, models=state)
    response.status_code = HTTPStatus.SERVICE_UNAVAILABLE if failed else HTTPStatus.OK
    return response
