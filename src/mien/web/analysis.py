"""`analyze_uploads`: pictures to profiles, each with a status of its own."""

from __future__ import annotations

import time
from collections.abc import Sequence
from http import HTTPStatus
from typing import Any, Final

from mien.errors import ImageError, ImageTooLargeError
from mien.web.choice import Choice
from mien.web.metrics import stopwatch
from mien.web.problems import Problem
from mien.web.services import Services
from mien.web.uploads import Upload

_BYTES_NAME: Final = "the bytes: "  # what read_image calls a picture without a name


def analyze_uploads(uploads: Sequence[Upload], choice: Choice, shared: Services) -> list[dict[str, Any]]:
    """One dictionary a picture, ready for JSON.

    Raises:
        Problem: 413 or 422, not one of the pictures could be read; 503, the server is busy.
        ModelError: a network's weights are missing or wrong.
    """
    images, errors = [], []
    with shared.analyses.turn(), shared.metrics.busy.track_inprogress():
        deadline = time.monotonic() + shared.settings.analysis_timeout_s
        for upload in uploads:
            try:
                images.append(_analyze(upload, choice, shared, deadline))
            except ImageError as error:
                errors.append(error)
                images.append(_failed(upload, error))
    for image in images:
        shared.metrics.images.labels(image["status"]).inc()
        shared.metrics.faces.inc(len(image["faces"]))
    if len(errors) == len(images):
        too_large = all(isinstance(error, ImageTooLargeError) for error in errors)
        raise Problem(
            HTTPStatus.REQUEST_ENTITY_TOO_LARGE if too_large else HTTPStatus.UNPROCESSABLE_ENTITY,
            got=images[0]["reason"] if len(images) == 1 else f"{len(images)} pictures, none of which can be read",
            remedy="make it smaller" if too_large else "send JPEG, PNG, WebP, BMP, TIFF or GIF files",
            extra={"images": images},
        )
    return images


def _analyze(upload: Upload, choice: Choice, shared: Services, deadline: float) -> dict[str, Any]:
    from mien.media.images import ImageLimits, read_image

    settings = shared.settings
    if upload.problem is not None:
        raise ImageError(upload.problem)
    if time.monotonic() > deadline:
        raise ImageError(f"not looked at: the request took {settings.analysis_timeout_s:g} s; send fewer pictures")
    limits = ImageLimits(max_pixels=settings.max_pixels, max_bytes=settings.max_image_bytes)
    with stopwatch(shared.metrics.image_s):
        image = read_image(upload.data, limits=limits)
        faces = shared.profilers.get(choice.attributes, choice.detector).analyze(image)
    return {
        "name": upload.name,
        "status": "ok" if len(faces) else "no_face",
        "reason": None,
        "width": image.shape[1],
        "height": image.shape[0],
        "faces": faces.to_dicts(),
    }


def without_name(error: ImageError) -> str:
    """What is wrong with a picture that has no name."""
    reason = str(error).removeprefix(_BYTES_NAME)
    # What follows the limit is for whoever may raise it.
    return reason.partition(";")[0] if isinstance(error, ImageTooLargeError) else reason


def _failed(upload: Upload, error: ImageError) -> dict[str, Any]:
    reason = without_name(error)
    return {"name": upload.name, "status": "error", "reason": reason, "width": None, "height": None, "faces": []}
