"""`/photo`: profiles of everyone in a photo that is dropped, pasted, chosen or taken."""

from __future__ import annotations

from flask import Blueprint, render_template

from mien.web.services import services

blueprint = Blueprint("photo", __name__)


@blueprint.get("/photo")
def page() -> str:
    """The page; the photo is sent to the API by its script."""
    return render_template("photo.html", settings=services().settings)
