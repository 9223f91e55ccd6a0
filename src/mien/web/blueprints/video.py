"""`/video`: the people in a clip that is dropped or chosen."""

from __future__ import annotations

from flask import Blueprint, render_template

from mien.web.services import services
from mien.web.video.containers import KINDS

blueprint = Blueprint("video", __name__)


@blueprint.get("/video")
def page() -> str:
    """The page; the clip is sent to the API by its script."""
    return render_template("video.html", settings=services().settings, kinds=KINDS)
