"""The operations on clips, in OpenAPI's words."""

from __future__ import annotations

from typing import Any, Final

from mien.web.openapi_parts import choices, parameters, problems, response
from mien.web.settings import Settings
from mien.web.video.containers import KINDS
from mien.web.video.order import RESULTS

_JSON: Final = "application/json"
_RAW: Final = (
    "video/mp4",
    "video/webm",
    "video/quicktime",
    "video/x-matroska",
    "image/gif",
    "application/octet-stream",
)
_ID: Final = {"name": "id", "in": "path", "required": True, "description": "Of the clip.", "schema": {"type": "string"}}
_STOPS: Final = "The server stops."
_GONE: Final = {"404": "No such clip, or it was deleted.", "503": _STOPS}


def video_paths(settings: Settings) -> dict[str, Any]:
    """By path."""
    name = {
        "name": "name",
        "in": "path",
        "required": True,
        "description": "Of the result.",
        "schema": {"type": "string", "enum": list(RESULTS)},
    }
    look = {
        "operationId": "look",
        "summary": "How far a clip is",
        "description": "Asking keeps it: it is deleted when nobody has asked for kept_s seconds.",
        "parameters": [_ID],
        "responses": {"200": response("Of this moment.", _JSON, "Clip"), **problems(_GONE, settings)},
    }
    fetch = {
        "operationId": "fetch",
        "summary": "A result",
        "parameters": [_ID, name],
        "description": " ".join(f"{name}: {told}" for name, told in RESULTS.items()),
        "responses": {
            "200": {
                "description": "The file; a part of it where a Range was asked for (206).",
                "content": {
                    "video/webm": {},
                    _JSON: {"schema": {"$ref": "#/components/schemas/ClipResult"}},
                    "text/csv": {},
                    "application/x-ndjson": {},
                },
            },
            **problems({"404": "No such clip or result, or the clip is not done.", "503": _STOPS}, settings),
        },
    }
    delete = {
        "operationId": "delete",
        "summary": "Cancel a clip, and delete what there is of it",
        "parameters": [_ID],
        "responses": {"204": {"description": "It is deleted."}, **problems(_GONE, settings)},
    }
    return {
        "/api/v1/videos": {"post": _submit(settings)},
        "/api/v1/videos/{id}": {"get": look, "delete": delete},
        "/api/v1/videos/{id}/{name}": {"get": fetch},
    }


def _submit(settings: Settings) -> dict[str, Any]:
    _, detector = choices(settings)
    text, yes = {"type": "string"}, {"type": "boolean", "default": False}
    blur = {"name": "blur", "in": "query", "description": "Whether faces are blurred in the video.", "schema": yes}
    name = {"name": "name", "in": "query", "description": "Of the clip, to be told back.", "schema": text}
    answers = {
        "202": response("It waits or is looked at; Location says where to ask.", _JSON, "Clip")
        | {"headers": {"Location": {"description": "Where to ask how far it is.", "schema": text}}},
        **problems(
            {
                "400": "The clip did not come whole.",
                "408": f"It took longer than {settings.video_upload_timeout_s:g} s to come.",
                "413": "The clip is too large.",
                "415": "A content type that no clip has.",
                "422": "Not a video, or a parameter is unknown.",
                "429": f"More than {settings.requests_per_s:g} requests a second from one client.",
                "503": "There are too many clips already.",
                "507": "The server's disk is full.",
            },
            settings,
        ),
    }
    form = {
        "type": "object",
        "properties": {
            "video": {"type": "string", "format": "binary"},
            "attributes": text | {"description": "With commas between."},
            "detector": detector,
            "blur": yes,
            "name": text,
        },
        "required": ["video"],
    }
    return {
        "operationId": "submit",
        "summary": "Profile everyone in a clip",
        "description": (
            f"{KINDS}; at most {settings.max_video_bytes / 1e6:g} MB, {settings.max_video_s:g} seconds and "
            f"{settings.max_video_pixels / 1e6:g} megapixels. It is looked at by itself: ask for it until its status "
            f"is done or failed, at least every {settings.video_abandoned_s:g} seconds. The clip is deleted then, the "
            f"results {settings.video_keep_s / 60:g} minutes after they were asked for last."
        ),
        "parameters": [*parameters(settings), blur, name],
        "requestBody": {
            "required": True,
            "content": {"multipart/form-data": {"schema": form}, **{kind: {"schema": {}} for kind in _RAW}},
        },
        "responses": answers,
    }
