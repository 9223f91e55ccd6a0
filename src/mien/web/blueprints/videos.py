"""`/api/v1/videos`: a clip is sent, asked for until it is done, fetched, and deleted."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from pathlib import PurePath
from typing import Any, Final

from flask import Blueprint, Response, jsonify, request, send_file, url_for

from mien.web.choice import Choice
from mien.web.parameters import flag
from mien.web.problems import Problem
from mien.web.services import services
from mien.web.uploads import MemoryRequest
from mien.web.video.job import Job
from mien.web.video.order import CLIP, RESULTS, Order
from mien.web.video.receive import check_length, receive_clip

blueprint = Blueprint("videos", __name__)

_TYPES: Final = {
    ".webm": "video/webm",
    ".json": "application/json",
    ".csv": "text/csv",
    ".jsonl": "application/x-ndjson",
}


@blueprint.post("/api/v1/videos")
def submit() -> tuple[Response, int, dict[str, str]]:
    """The clip is written to a file as it comes; what is to be done with it is done later."""
    videos, settings = services().videos, services().settings
    size_bytes = check_length(request, settings)
    _wanted(request.args)  # what is wrong with it is told before the clip is sent
    job = videos.begin(size_bytes)
    try:
        order = _received(job)
    except BaseException:
        videos.drop(job)
        raise
    videos.submit(job, order)
    return jsonify(videos.told(job)), HTTPStatus.ACCEPTED, {"Location": url_for("videos.look", job_id=job.id)}


@blueprint.get("/api/v1/videos/<job_id>")
def look(job_id: str) -> Response:
    """How far it is."""
    videos = services().videos
    return jsonify(videos.told(videos.find(job_id)))


@blueprint.get("/api/v1/videos/<job_id>/<name>")
def fetch(job_id: str, name: str) -> Response:
    """One of the results."""
    job = services().videos.find(job_id)
    path = job.result(name)
    if path is None or not path.exists():
        raise Problem(
            HTTPStatus.NOT_FOUND,
            got=f"{name[:100]!r}, of a clip whose status is {job.state}",
            wanted=f"one of {', '.join(RESULTS)}, of a clip whose status is done",
            remedy=f"ask for {url_for('videos.look', job_id=job_id)}, which names what there is",
        )
    stem = PurePath(job.order.name).stem if job.order is not None and job.order.name else "clip"
    return send_file(
        path,
        mimetype=_TYPES[path.suffix],
        download_name=f"{stem}-{name}",
        conditional=True,  # browsers ask for parts of a video
        etag=False,
    )


@blueprint.delete("/api/v1/videos/<job_id>")
def delete(job_id: str) -> tuple[str, int]:
    """Cancels it, and deletes all that there is of it."""
    videos = services().videos
    videos.dismiss(videos.find(job_id))
    return "", HTTPStatus.NO_CONTENT


def _received(job: Job) -> Order:
    settings = services().settings
    assert isinstance(request._get_current_object(), MemoryRequest)  # type: ignore[attr-defined]
    received = receive_clip(request, job.folder / CLIP, settings)  # type: ignore[arg-type]
    choice, blur = _wanted(received.parameters)
    return Order(
        folder=job.folder,
        name=received.name,
        attributes=choice.attributes,
        detector=choice.detector,
        profile=settings.profile,
        blur=blur,
        max_s=settings.max_video_s,
        max_pixels=settings.max_video_pixels,
        timeout_s=settings.video_timeout_s,
    )


def _wanted(given: Mapping[str, Any]) -> tuple[Choice, bool]:
    blur = flag(given, "blur")
    return Choice.of(given, services().settings.profile), blur
