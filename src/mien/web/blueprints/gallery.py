"""`/api/v1/people` and `/api/v1/search`: people enrolled from pictures, and found again."""

from __future__ import annotations

import time
from collections.abc import Sequence
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final

from flask import Blueprint, Response, jsonify, request, url_for

import mien
from mien.web import refusals
from mien.web.analysis import look_at_uploads
from mien.web.enrolling import PARAMETERS, enrol_uploads, told
from mien.web.json_body import read_object
from mien.web.parameters import number, whole, written
from mien.web.people import short_place
from mien.web.problems import Problem
from mien.web.services import services
from mien.web.uploads import read_uploads

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

blueprint = Blueprint("gallery", __name__)
refusals.install(blueprint)

SEARCH_PARAMETERS: Final = ("top", "fmr", "margin")
CHANGES: Final = ("name", "notes", "consent")
MOST_TOLD: Final = 100
"""People told as evidence for a face."""
_MOST_BYTES: Final = 200_000  # of a body without pictures: the longest notes and consent, however they are escaped
_PERSON: Final = "/api/v1/people/<path:person>"


@blueprint.get("/api/v1/people")
def everybody() -> Response:
    """As `mien gallery list --json`."""
    gallery = services().people()
    model = gallery.store.model()
    return jsonify(
        gallery=short_place(gallery),
        model=None if model is None else {"name": model.name, "sha256": model.sha256},
        people=[one.to_dict() for one in gallery.people()],
    )


@blueprint.post("/api/v1/people")
def enrol() -> tuple[Response, int, dict[str, str]]:
    """As `mien gallery enrol --json`, of one person."""
    shared = services()
    shared.people()  # where there is none, no picture need be read
    with shared.uploads.turn():
        uploads, given = read_uploads(request, max_images=shared.settings.max_images, names=PARAMETERS)
        enrolment = enrol_uploads(uploads, given, shared)
    content, person = told(enrolment), enrolment.person
    if person is None or not (enrolment.count("enrolled") or enrolment.count("known")):
        count = len(enrolment.outcomes)
        raise Problem(
            HTTPStatus.UNPROCESSABLE_ENTITY,
            got=content["outcomes"][0]["reason"] if count == 1 else f"{count} pictures, none of which can be enrolled",
            remedy="send others, each of that person alone, from the front and in good light",
            extra=content,
        )
    is_new = person.templates == enrolment.count("enrolled")
    where = {"Location": url_for("gallery.show", person=person.id)}
    return jsonify(content), HTTPStatus.CREATED if is_new else HTTPStatus.OK, where


@blueprint.get(_PERSON)
def show(person: str) -> Response:
    """As `mien gallery show --json`."""
    gallery = services().people()
    found = gallery.person(_who(person))
    templates = [one.to_dict() for one in gallery.templates(found.id)]
    return jsonify(person=found.to_dict(), templates=templates)


@blueprint.patch(_PERSON)
def change(person: str) -> Response:
    """As `mien gallery rename --json`; notes and consent can be told anew too."""
    gallery = services().people()
    members = _members(CHANGES, '{"name": "Ada Lovelace"}')
    texts = {name: text for name in CHANGES if (text := written(members, name)) is not None}
    if not texts:
        raise Problem(
            HTTPStatus.UNPROCESSABLE_ENTITY,
            got="nothing that is to be changed",
            wanted=f"one of {', '.join(CHANGES)}, and something in it",
            remedy='{"name": "Ada Lovelace"} gives that name',
        )
    name = texts.pop("name", None)
    with gallery.store.database.writing():  # both or neither
        found = gallery.person(_who(person))
        if name is not None:
            found = gallery.rename(found.id, name)
        if texts:
            found = gallery.describe(found.id, **texts)
    return jsonify(found.to_dict())


@blueprint.delete(_PERSON)
def forget(person: str) -> Response:
    """As `mien gallery forget`: the receipt."""
    gallery = services().people()
    receipt = gallery.forget(_who(person)).to_dict()
    left = receipt["left"].replace(gallery.place, short_place(gallery))
    return jsonify(receipt | {"gallery": short_place(gallery), "left": left})


@blueprint.post(f"{_PERSON}/merge")
def merge(person: str) -> Response:
    """As `mien gallery merge --json`."""
    gallery = services().people()
    target = written(_members(("into",), '{"into": "Ada Lovelace"}'), "into")
    if target is None:
        raise Problem(
            HTTPStatus.UNPROCESSABLE_ENTITY,
            got="nobody to merge with",
            wanted='{"into": NAME or ID}',
            remedy="name who stays",
        )
    return jsonify(gallery.merge(_who(person), _who(target)).to_dict())


@blueprint.get(f"{_PERSON}/crop")
def crop(person: str) -> Response:
    """The best of the faces' pictures that were kept of somebody."""
    gallery = services().people()
    found = gallery.person(_who(person))
    kept = [template for template in gallery.templates(found.id) if template.has_crop]
    best = max(kept, key=lambda template: template.quality or 0.0, default=None)
    picture = None if best is None else gallery.crop(best.number)
    if picture is None:
        raise Problem(
            HTTPStatus.NOT_FOUND,
            got=f"no picture of {found.label!r} was kept",
            remedy="enrol with keep_crops where pictures shall be kept",
        )
    return Response(picture.jpeg, mimetype="image/jpeg")


@blueprint.post("/api/v1/search")
def search() -> Response:
    """As `mien gallery search --json`, one entry a picture."""
    start = time.perf_counter()
    shared = services()
    gallery = shared.people()
    with shared.uploads.turn():
        uploads, given = read_uploads(request, max_images=shared.settings.max_images, names=SEARCH_PARAMETERS)
        options: dict[str, Any] = {
            "top": whole(given, "top", least=1, most=MOST_TOLD),
            "fmr": number(given, "fmr"),
            "margin": number(given, "margin"),
        }
        asked = {name: value for name, value in options.items() if value is not None}

        def look(image: NDArray[np.uint8]) -> list[dict[str, Any]]:
            return gallery.search(image, **asked).to_dicts()

        images = look_at_uploads(uploads, look, shared)
    return jsonify(
        version=mien.__version__,
        gallery=short_place(gallery),
        elapsed_ms=round((time.perf_counter() - start) * 1000, 1),
        images=images,
    )


def _who(text: str) -> str:
    """A name or an id, as galleries write them.

    Raises:
        InputError: it can be neither.
    """
    from mien.gallery.names import clean_name, is_id

    return text if is_id(text) else clean_name(text)


def _members(names: Sequence[str], example: str) -> dict[str, Any]:
    """Of the body."""
    if request.mimetype != "application/json":
        raise Problem(
            HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
            got=f"the content type {request.mimetype or 'none'}",
            wanted="application/json",
            remedy="see /api for an example",
        )
    request.max_content_length = _MOST_BYTES
    return read_object(request.get_data(cache=False), members=names, example=example)
