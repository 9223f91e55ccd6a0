"""`enrol_uploads`: pictures of one person, who agreed, to the gallery."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final

from mien.web.parameters import flag, number, written
from mien.web.problems import Problem
from mien.web.services import Services
from mien.web.uploads import Upload

if TYPE_CHECKING:
    from mien.gallery.enrolment import Enrolment, Rules

FLAGS: Final = ("largest", "allow_lookalikes", "keep_crops")
PARAMETERS: Final = ("name", "consent", "notes", *FLAGS, "least_quality")
_WORDS: Final = {
    "the bytes: ": "",
    " with --largest": "",
    "--allow-lookalikes": "allow lookalikes",
    "; raise max_bytes if you trust the file": "",
    ", or raise max_pixels if you trust it": "",
}
"""What of a reason is for the command line or for Python → what is told instead."""


def enrol_uploads(uploads: Sequence[Upload], given: Mapping[str, Any], shared: Services) -> Enrolment:
    """What became of each picture.

    Args:
        uploads: the pictures.
        given: the request's parameters, out of `PARAMETERS`.
        shared: of the app.

    Raises:
        Problem: 404, there is no gallery; 422, nobody agreed, or a parameter or a picture's base64 cannot be used;
            503, the server is busy.
        InputError: the name, consent, notes or least quality cannot be used.
        GalleryError: the gallery cannot be written, or its templates are of another network; nothing was added.
    """
    from mien.gallery.photos import Photo

    gallery = shared.people()
    consent = written(given, "consent")
    if consent is None:
        raise Problem(
            HTTPStatus.UNPROCESSABLE_ENTITY,
            got="pictures of somebody without a consent; nothing was kept",
            wanted="consent: how and when the person agreed",
            remedy="ask the person first, and send what they said, such as consent=form of 2026-03-01",
        )
    if wrong := next((upload for upload in uploads if upload.problem is not None), None):
        raise Problem(
            HTTPStatus.UNPROCESSABLE_ENTITY,
            got=f"a picture that is {wrong.problem}",
            wanted="base64 of each file",
            remedy="see /api for an example",
        )
    photos = [Photo(upload.data, upload.name or f"picture {place}") for place, upload in enumerate(uploads, start=1)]
    name, notes, rules = written(given, "name") or "", written(given, "notes"), _rules(given)
    with shared.analyses.turn(), shared.metrics.busy.track_inprogress():
        return gallery.enrol(name, photos, consent=consent, notes=notes, rules=rules)


def told(enrolment: Enrolment) -> dict[str, Any]:
    """JSON-ready, in the words of those who have no command line."""
    content = enrolment.to_dict()
    content["outcomes"] = [outcome | {"reason": _in_words(outcome["reason"])} for outcome in content["outcomes"]]
    return content


def _rules(given: Mapping[str, Any]) -> Rules:
    from mien.gallery.enrolment import LEAST_QUALITY, Rules

    least = number(given, "least_quality")
    flags = {name: flag(given, name) for name in FLAGS}
    return Rules(least_quality=LEAST_QUALITY if least is None else least, **flags)


def _in_words(reason: str | None) -> str | None:
    for text, instead in _WORDS.items():
        reason = reason and reason.replace(text, instead)
    return reason
