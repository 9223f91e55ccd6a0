"""`/metrics`: what the server counts, for Prometheus."""

from __future__ import annotations

from flask import Blueprint, Response
from prometheus_client import CONTENT_TYPE_PLAIN_0_0_4

from mien.web.services import services

blueprint = Blueprint("metrics", __name__)


@blueprint.get("/metrics")
def metrics() -> Response:
    """In Prometheus's text format."""
    shared = services()
    shared.metrics.models_ready.set(shared.profilers.state == "ready")
    return Response(shared.metrics.exposition(), content_type=CONTENT_TYPE_PLAIN_0_0_4)
