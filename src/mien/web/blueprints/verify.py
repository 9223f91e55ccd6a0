"""`POST /api/v1/verify`: whether two pictures show one person. It needs no gallery, and nothing is kept."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Final

from flask import Blueprint, Response, jsonify, request

from mien.errors import ImageError
from mien.web import refusals
from mien.web.analysis import read_upload, unreadable, without_name
from mien.web.metrics import stopwatch
from mien.web.parameters import flag, number
from mien.web.problems import Problem
from mien.web.services import services
from mien.web.uploads import Upload, read_uploads

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

blueprint = Blueprint("verify", __name__)
refusals.install(blueprint)

PARAMETERS: Final = ("largest", "fmr")
_PLACES: Final = ("first", "second")


@blueprint.post("/api/v1/verify")
def verify() -> Response:
    """As `mien verify --json`."""
    from mien.identity.verify import FMR
    from mien.identity.verify import verify as compare

    shared = services()
    with shared.uploads.turn():
        uploads, given = read_uploads(request, max_images=len(_PLACES), names=PARAMETERS)
        largest, fmr = flag(given, "largest"), number(given, "fmr")
        if len(uploads) != len(_PLACES):
            raise Problem(
                HTTPStatus.UNPROCESSABLE_ENTITY,
                got="one picture",
                wanted="two",
                remedy="curl -F images=@passport.jpg -F images=@selfie.jpg sends two",
            )
        with shared.analyses.turn(), shared.metrics.busy.track_inprogress(), stopwatch(shared.metrics.image_s):
            one, other = (_read(upload, place) for upload, place in zip(uploads, _PLACES, strict=True))
            compared = compare(one, other, largest=largest, fmr=FMR if fmr is None else fmr)
    names = {"a": uploads[0].name, "b": uploads[1].name}
    return jsonify(names=names, **compared.to_dict())


def _read(upload: Upload, place: str) -> NDArray[np.uint8]:
    try:
        return read_upload(upload, services().settings)
    except ImageError as error:
        raise unreadable([type(error)(f"the {place} picture: {without_name(error)}")]) from error
