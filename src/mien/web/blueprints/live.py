"""`/live`: the people in front of a camera, the browser's or one on the server, while they are there."""

from __future__ import annotations

from flask import Blueprint, render_template
from simple_websocket import Server

from mien.web.services import services
from mien.web.sockets import POLICY, Ending, websocket

blueprint = Blueprint("live", __name__)


@blueprint.get("/live")
def page() -> str:
    """The page; its script opens the camera and one of the sockets."""
    shared = services()
    names = [source.name for source in shared.sources]
    return render_template(
        "live.html", sources=names, kept=shared.recordings.are_kept, named=shared.gallery is not None
    )


@websocket(blueprint, "/live/socket")
def camera(connection: Server) -> None:
    """Frames of the browser's camera come in, the people in them go out."""
    from mien.web.live.session import Session

    Session(connection, services()).run()


@websocket(blueprint, "/live/sources/<int:number>")
def source(connection: Server, number: int) -> None:
    """Frames of a source on the server go out, with the people in them."""
    from mien.web.live.viewing import Viewing

    sources = services().sources
    if number >= len(sources):
        raise Ending(POLICY, "this server has no such source", reason="garbage")
    Viewing(connection, sources[number], services()).run()
