"""`POST /api/v1/analyze`: profiles of everyone in the pictures sent."""

from __future__ import annotations

import time

from flask import Blueprint, Response, jsonify, request

import mien
from mien.web.analysis import analyze_uploads
from mien.web.choice import Choice
from mien.web.services import services
from mien.web.uploads import read_uploads

blueprint = Blueprint("analyze", __name__)


@blueprint.post("/api/v1/analyze")
def analyze() -> Response:
    """One entry a picture; a picture that cannot be read has the reason and spoils no other."""
    start = time.perf_counter()
    shared = services()
    with shared.uploads.turn():
        uploads, parameters = read_uploads(request, max_images=shared.settings.max_images)
        choice = Choice.of(parameters, shared.settings.profile)
        images = analyze_uploads(uploads, choice, shared)
    return jsonify(
        version=mien.__version__,
        attributes=choice.attributes,
        detector=choice.detector,
        elapsed_ms=round((time.perf_counter() - start) * 1000, 1),
        images=images,
    )
