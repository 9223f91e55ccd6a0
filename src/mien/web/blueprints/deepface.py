"""`/represent`, `/verify` and `/analyze`: DeepFace's REST API, for programs that were written for it."""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus
from typing import Any

from flask import Blueprint, Response, jsonify, request

from mien.errors import ImageError, InputError
from mien.web.deepface_call import Call, read_call
from mien.web.services import services

blueprint = Blueprint("deepface", __name__)


@blueprint.post("/represent")
def represent() -> tuple[Response, int]:
    """Embeddings."""

    def run(call: Call) -> dict[str, Any]:
        from mien.compat import deepface

        settings = services().settings
        found = deepface.represent(
            call.image("img", settings),
            model_name=call.text("model_name", "VGG-Face"),
            max_faces=call.number("max_faces"),
            **_finding(call),
        )
        return {"results": found}

    return _answer("representing", run)


@blueprint.post("/verify")
def verify() -> tuple[Response, int]:
    """Whether two pictures show one person."""

    def run(call: Call) -> dict[str, Any]:
        from mien.compat import deepface

        settings = services().settings
        return deepface.verify(
            call.image("img1", settings),
            call.image("img2", settings),
            model_name=call.text("model_name", "VGG-Face"),
            distance_metric=call.text("distance_metric", "cosine"),
            **_finding(call),
        )

    return _answer("verifying", run)


@blueprint.post("/analyze")
def analyze() -> tuple[Response, int]:
    """Age, gender, race and expression."""

    def run(call: Call) -> dict[str, Any]:
        from mien.compat import deepface
        from mien.compat.analyze import ACTIONS

        settings = services().settings
        found = deepface.analyze(call.image("img", settings), actions=call.words("actions", ACTIONS), **_finding(call))
        return {"results": found}

    return _answer("analyzing", run)


def _finding(call: Call) -> dict[str, Any]:
    """The arguments that all three have."""
    return {
        "detector_backend": call.text("detector_backend", "opencv"),
        "enforce_detection": call.flag("enforce_detection", True),
        "align": call.flag("align", True),
        "anti_spoofing": call.flag("anti_spoofing", False),
    }


def _answer(doing: str, run: Callable[[Call], dict[str, Any]]) -> tuple[Response, int]:
    """What a call gives; or, with status 400, what is wrong with it, under the keys that DeepFace has for that."""
    shared = services()
    with shared.uploads.turn():
        call = read_call(request)
        with shared.analyses.turn(), shared.metrics.busy.track_inprogress():
            try:
                return jsonify(run(call)), HTTPStatus.OK
            except ImageError as error:
                return jsonify(exception=str(error)), HTTPStatus.BAD_REQUEST
            except InputError as error:
                return jsonify(error=f"Exception while {doing}: {error}"), HTTPStatus.BAD_REQUEST
