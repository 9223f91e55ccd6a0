"""`/`: leads to the first page."""

from __future__ import annotations

from http import HTTPStatus

from flask import Blueprint, redirect, url_for
from werkzeug.wrappers import Response

from mien.web.navigation import pages

blueprint = Blueprint("home", __name__)


@blueprint.get("/")
def page() -> Response:
    """To the first page of the navigation."""
    return redirect(url_for(pages()[0].endpoint), HTTPStatus.SEE_OTHER)
