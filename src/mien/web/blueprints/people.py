"""`/people`: who is enrolled, who is in a photo, and whoever is to be enrolled or forgotten."""

from __future__ import annotations

from flask import Blueprint, render_template

from mien.web.people import short_place
from mien.web.services import services

blueprint = Blueprint("people", __name__)


@blueprint.get("/people")
def page() -> str:
    """The page; its scripts do everything by the API."""
    from mien.gallery.names import LONGEST_NAME

    shared = services()
    called = short_place(shared.people())
    return render_template("people.html", settings=shared.settings, gallery=called, longest_name=LONGEST_NAME)
