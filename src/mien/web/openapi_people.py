"""The operations on people in the gallery, and on pairs of pictures, in OpenAPI's words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from mien.web.blueprints.gallery import MOST_TOLD
from mien.web.openapi_parts import picture_bodies, problems, response, upload_problems
from mien.web.schema_parts import UNIT, Schema, number, text, whole
from mien.web.settings import Settings

_JSON: Final = "application/json"
_FLAG: Final = {"type": "boolean", "default": False}
_WHO: Final = {
    "name": "person",
    "in": "path",
    "required": True,
    "description": "Id; or the name, percent-encoded, which one with / at an end or doubled cannot be.",
    "schema": {"type": "string"},
}
_NEEDS: Final = "Only where the server was started with --gallery."
_NONE: Final = "This server has no gallery."
_GONE: Final = {"404": "Nobody of that name or id, or no gallery.", "422": "No name and no id.", "503": "No database."}
_BODY: Final = {"400": "The body is not JSON.", "413": "It is too large.", "415": "It is of another type."}


def people_paths(settings: Settings) -> dict[str, Any]:
    """By path."""
    show = _plain("show", "Somebody, with all templates", "PersonWithTemplates", settings)
    forget = _plain("forget", "Remove somebody with all templates and crops", "Receipt", settings)
    crop = _plain("crop", "The best picture of somebody's face that was kept", "Person", settings)
    crop["responses"]["200"] = {"description": "JPEG.", "content": {"image/jpeg": {}}}
    return {
        "/api/v1/people": {"get": _everybody(settings), "post": _enrol(settings)},
        "/api/v1/people/{person}": {"get": show, "patch": _change(settings), "delete": forget},
        "/api/v1/people/{person}/merge": {"post": _merge(settings)},
        "/api/v1/people/{person}/crop": {"get": crop},
        "/api/v1/search": {"post": _search(settings)},
        "/api/v1/verify": {"post": _verify(settings)},
    }


def _everybody(settings: Settings) -> dict[str, Any]:
    return {
        "operationId": "people",
        "summary": "Everybody in the gallery",
        "description": _NEEDS,
        "responses": {
            "200": response("By name.", _JSON, "People"),
            **problems({"404": _NONE, "503": "No database."}, settings),
        },
    }


def _plain(name: str, summary: str, schema: str, settings: Settings) -> dict[str, Any]:
    """An operation on somebody, with no body."""
    return {
        "operationId": name,
        "summary": summary,
        "parameters": [_WHO],
        "responses": {"200": response("Done.", _JSON, schema), **problems(_GONE, settings)},
    }


def _change(settings: Settings) -> dict[str, Any]:
    members = {
        "name": text("Another one."),
        "notes": text("New ones."),
        "consent": text("How and when the person agreed."),
    }
    return {
        "operationId": "change",
        "summary": "Rename somebody, or tell notes or consent anew",
        "parameters": [_WHO],
        "requestBody": _object(members, required=()),
        "responses": {
            "200": response("As they are now.", _JSON, "Person"),
            **problems(_GONE | _BODY | {"409": "The name is somebody else's."}, settings),
        },
    }


def _merge(settings: Settings) -> dict[str, Any]:
    return {
        "operationId": "merge",
        "summary": "Make two entries one: all templates go to the one merged into, who keeps name and id",
        "parameters": [_WHO],
        "requestBody": _object({"into": text("Name or id of who stays.")}, required=("into",)),
        "responses": {
            "200": response("Who stays.", _JSON, "Person"),
            **problems(_GONE | _BODY | {"409": "Both are the same already."}, settings),
        },
    }


def _enrol(settings: Settings) -> dict[str, Any]:
    from mien.gallery.enrolment import LEAST_QUALITY

    options: dict[str, Schema] = {
        "name": text("Whom the pictures show; somebody known gets further templates."),
        "consent": text("How and when the person agreed. Without it nothing is kept."),
        "notes": text("Free text."),
        "largest": _FLAG | {"description": "Of several faces in a picture take the largest."},
        "allow_lookalikes": _FLAG | {"description": "Enrol faces much alike somebody else's, such as twins'."},
        "keep_crops": _FLAG | {"description": "Keep the faces' pictures, to be shown and embedded anew."},
        "least_quality": number("Poorer pictures are refused.", *UNIT) | {"default": LEAST_QUALITY},
    }
    created = response("Somebody new was enrolled.", _JSON, "Enrolment") | {
        "headers": {"Location": {"description": "Where the person is.", "schema": {"type": "string"}}}
    }
    told = {
        **upload_problems(settings),
        "404": _NONE,
        "422": "No consent, a name that cannot be used, or no picture that can be enrolled.",
    }
    return {
        "operationId": "enrol",
        "summary": "Enrol somebody, or add templates of somebody who is there",
        "description": (
            f"{_NEEDS} Each picture shows that person alone. Those with no face or several, poor ones, copies, and "
            "faces that are in the gallery under another name are refused, each with its reason. All is added in one "
            "step, or nothing. Nothing is kept without consent."
        ),
        "requestBody": {
            "required": True,
            "content": picture_bodies(settings, options, required=("name", "consent"), raw=False),
        },
        "responses": {
            "200": response("Somebody known has these templates now.", _JSON, "Enrolment"),
            "201": created,
            **problems(told, settings),
        },
    }


def _search(settings: Settings) -> dict[str, Any]:
    from mien.gallery.search import TOP
    from mien.identity.decision import FPIR

    options = {
        "top": whole("People told as evidence.") | {"minimum": 1, "maximum": MOST_TOLD, "default": TOP},
        "fmr": number("The share of strangers that may be named, whatever the gallery's size.", *UNIT)
        | {"default": FPIR},
        "margin": number("By how much the first must lead the second; by default the calibration says.", 0, 2),
    }
    told = {**upload_problems(settings), "404": _NONE, "422": "No picture can be read, or a number is out of range."}
    return {
        "operationId": "search",
        "summary": "Who everybody in pictures is",
        "description": f"{_NEEDS} Somebody unknown is told as such, with the evidence.",
        "parameters": _query(options),
        "requestBody": {"required": True, "content": picture_bodies(settings, options)},
        "responses": {"200": response("One entry a picture, in order.", _JSON, "Found"), **problems(told, settings)},
    }


def _verify(settings: Settings) -> dict[str, Any]:
    from mien.identity.verify import FMR

    options = {
        "largest": _FLAG | {"description": "Compare only the largest face of each picture."},
        "fmr": number("False-match rate: the share of pairs of strangers that may be taken for one person.", *UNIT)
        | {"default": FMR},
    }
    told = {
        **upload_problems(settings),
        "422": "Not two pictures, one that cannot be read or shows nobody, or a number out of range.",
    }
    return {
        "operationId": "verify",
        "summary": "Whether two pictures show one person",
        "description": "Every face of the first against every face of the second. No gallery is needed.",
        "parameters": _query(options),
        "requestBody": {"required": True, "content": picture_bodies(settings, options, images=(2, 2), raw=False)},
        "responses": {"200": response("What was found.", _JSON, "Verification"), **problems(told, settings)},
    }


def _query(options: Mapping[str, Schema]) -> list[dict[str, Any]]:
    """Options as parameters of the address."""
    return [
        {
            "name": name,
            "in": "query",
            "description": schema["description"],
            "schema": {key: value for key, value in schema.items() if key != "description"},
        }
        for name, schema in options.items()
    ]


def _object(members: Mapping[str, Schema], *, required: Sequence[str]) -> dict[str, Any]:
    """A body of these members."""
    schema: Schema = {"type": "object", "properties": dict(members), "additionalProperties": False}
    return {
        "required": True,
        "content": {_JSON: {"schema": schema | ({"required": list(required)} if required else {"minProperties": 1})}},
    }
