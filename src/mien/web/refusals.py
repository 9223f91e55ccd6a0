"""What galleries and verification refuse, as problems."""

from __future__ import annotations

from http import HTTPStatus
from typing import Final

from flask import Blueprint, Response, current_app

from mien.errors import (
    GalleryDamagedError,
    GalleryError,
    GalleryUnavailableError,
    InputError,
    OtherModelError,
    UnknownPersonError,
)
from mien.web.people import short_place
from mien.web.problems import Problem
from mien.web.services import services

_LONGEST: Final = 500  # characters of a message, which may quote what came
_COMMAND: Final = ": `mien "  # what begins how the command line does it
_SERVERS: Final = (GalleryUnavailableError, GalleryDamagedError, OtherModelError)


def install(blueprint: Blueprint) -> None:
    """Answers every such error of its views as a problem."""
    blueprint.register_error_handler(InputError, _of_input)
    blueprint.register_error_handler(GalleryError, _of_gallery)


def _of_input(error: InputError) -> Response:
    return _problem(HTTPStatus.UNPROCESSABLE_ENTITY, str(error), "see /api").response()


def _of_gallery(error: GalleryError) -> Response:
    gallery = services().people()
    text = str(error).replace(gallery.place, short_place(gallery))
    if isinstance(error, _SERVERS):
        current_app.logger.error("the gallery cannot be used: %s", error)
        return _problem(HTTPStatus.SERVICE_UNAVAILABLE, text, "the server's log says more").response()
    if isinstance(error, UnknownPersonError):
        got, _, hint = text.partition("; ")
        remedy = hint if hint.startswith("did you mean") else "GET /api/v1/people lists everybody"
        return _problem(HTTPStatus.NOT_FOUND, got, remedy).response()
    return _problem(HTTPStatus.CONFLICT, text.partition(_COMMAND)[0], "choose another one").response()


def _problem(status: HTTPStatus, text: str, otherwise: str) -> Problem:
    """With the remedy that stands behind the semicolon, as in all of our messages; or another one where none does."""
    got, _, remedy = text.partition("; ")
    return Problem(status, got=got[:_LONGEST], remedy=remedy[:_LONGEST] or otherwise)
