"""`analyze_uploads`: pictures to profiles, each with a status of its own."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final

from mien.errors import ImageError, ImageTooLargeError
from mien.web.choice import Choice
from mien.web.metrics import stopwatch
from mien.web.problems import Problem
from mien.web.services import Services
from mien.web.settings import Settings
from mien.web.uploads import Upload

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Look = Callable[[NDArray[np.uint8]], list[dict[str, Any]]]

_BYTES_NAME: Final = "the bytes: "  # what read_image calls a picture without a name


def analyze_uploads(uploads: Sequence[Upload], choice: Choice, shared: Services) -> list[dict[str, Any]]:
    """Profiles: one dictionary a picture, ready for JSON.

    Raises:
        Problem: 413 or 422, not one of the pictures could be read; 503, the server is busy.
        ModelError: a network's weights are missing or wrong.
    """

    def profile(image: NDArray[np.uint8]) -> list[dict[str, Any]]:
        return shared.profilers.get(choice.attributes, choice.detector).analyze(image).to_dicts()

    return look_at_uploads(uploads, profile, shared)


def look_at_uploads(uploads: Sequence[Upload], look: Look, shared: Services) -> list[dict[str, Any]]:
    """What is found in pictures: one dictionary a picture, ready for JSON.

    Args:
        uploads: the pictures.
        look: what is asked of each: its faces, from (h, w, 3) uint8 RGB.
        shared: of the app.

    Raises:
        Problem: 413 or 422, not one of the pictures could be read; 503, the server is busy.
    """
    images, errors = [], []
    with shared.analyses.turn(), shared.metrics.busy.track_inprogress():
        deadline = time.monotonic() + shared.settings.analysis_timeout_s
        for upload in uploads:
            try:
                images.append(_look(upload, look, shared, deadline))
            except ImageError as error:
                errors.append(error)
                images.append(_failed(upload, error))
    for image in images:
        shared.metrics.images.labels(image["status"]).inc()
        shared.metrics.faces.inc(len(image["faces"]))
    if len(errors) == len(images):
        raise unreadable(errors, {"images": images})
    return images


def read_upload(upload: Upload, settings: Settings) -> NDArray[np.uint8]:
    """(h, w, 3) uint8 RGB.

    Raises:
        ImageError: it cannot be read.
    """
    from mien.media.images import ImageLimits, read_image

    if upload.problem is not None:
        raise ImageError(upload.problem)
    limits = ImageLimits(max_pixels=settings.max_pixels, max_bytes=settings.max_image_bytes)
    return read_image(upload.data, limits=limits)


def unreadable(errors: Sequence[ImageError], extra: Mapping[str, Any] | None = None) -> Problem:
    """413 or 422 of pictures of which none can be used.

    Args:
        errors: what is wrong with each.
        extra: further members of the JSON.
    """
    too_large = all(isinstance(error, ImageTooLargeError) for error in errors)
    return Problem(
        HTTPStatus.REQUEST_ENTITY_TOO_LARGE if too_large else HTTPStatus.UNPROCESSABLE_ENTITY,
        got=without_name(errors[0]) if len(errors) == 1 else f"{len(errors)} pictures, none of which can be read",
        remedy="make it smaller" if too_large else "send JPEG, PNG, WebP, BMP, TIFF or GIF files",
        extra=extra,
    )


def _look(upload: Upload, look: Look, shared: Services, deadline: float) -> dict[str, Any]:
    if time.monotonic() > deadline:
        timeout_s = shared.settings.analysis_timeout_s
        raise ImageError(f"not looked at: the request took {timeout_s:g} s; send fewer pictures")
    with stopwatch(shared.metrics.image_s):
        image = read_upload(upload, shared.settings)
        faces = look(image)
    return {
        "name": upload.name,
        "status": "ok" if faces else "no_face",
        "reason": None,
        "width": image.shape[1],
        "height": image.shape[0],
        "faces": faces,
    }


def without_name(error: ImageError) -> str:
    """What is wrong with a picture that has no name."""
    reason = str(error).removeprefix(_BYTES_NAME)
    # What follows the limit is for whoever may raise it.
    return reason.partition(";")[0] if isinstance(error, ImageTooLargeError) else reason


def _failed(upload: Upload, error: ImageError) -> dict[str, Any]:
    reason = without_name(error)
    return {"name": upload.name, "status": "error", "reason": reason, "width": None, "height": None, "faces": []}
