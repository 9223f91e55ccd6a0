"""`receive_clip`: the clip in a request goes to a file as it comes, whichever way it was sent."""

from __future__ import annotations

import errno
import shutil
import time
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Final, Self

from flask import Request
from werkzeug.exceptions import ClientDisconnected, RequestEntityTooLarge

from mien.web.problems import Problem
from mien.web.settings import Settings
from mien.web.upload_deadline import READ
from mien.web.uploads import FORM, RAW, MemoryRequest, shown
from mien.web.video.containers import HEAD_BYTES, KINDS, is_video, what_it_is
from mien.web.video.jobs import no_room

PARAMETERS: Final = ("attributes", "detector", "blur", "name")
_FRAME_BYTES: Final = 100_000  # what a form holds beside the clip
_PIECE_BYTES: Final = 1 << 18


@dataclass(frozen=True, kw_only=True)
class Received:
    """What a request held beside the clip.

    Attributes:
        name: that the client gave it; None where it gave none.
        parameters: those in the body are stronger than those in the address.
    """

    name: str | None
    parameters: Mapping[str, Any]


def check_length(request: Request, settings: Settings) -> int:
    """How many bytes are to come, or at most may come; before any is read.

    Raises:
        Problem: 413, more than there may be; 415, no content type that a clip may have.
    """
    kind = request.mimetype
    if not (kind in (FORM, RAW) or kind.startswith("video/") or kind == "image/gif"):
        raise Problem(
            HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
            got=f"the content type {kind or 'none'}",
            wanted=f"{FORM}, {RAW}, or video/mp4 and the like",
            remedy="see /api for an example of each",
        )
    length = request.content_length
    if length is not None and length > settings.max_video_bytes + (_FRAME_BYTES if kind == FORM else 0):
        raise _too_large(f"a clip of {length / 1e6:,.0f} MB", settings)
    return settings.max_video_bytes if length is None else length


def receive_clip(request: MemoryRequest, target: Path, settings: Settings) -> Received:
    """Write the clip to a file.

    Raises:
        Problem: 400, 408, 413, 422 or 507, there is none, it is too large or too slow, or there is no room for it.
    """
    request.environ.get(READ, lambda: None)()  # pictures are given less time; this has a clock of its own
    request.max_content_length = settings.max_video_bytes + _FRAME_BYTES
    parameters = {name: request.args[name] for name in PARAMETERS if name in request.args}
    with _Target(target, settings) as file:
        try:
            if request.mimetype == FORM:
                name = _of_form(request, file)
                parameters |= {name: request.form[name] for name in PARAMETERS if name in request.form}
            else:
                name = None
                shutil.copyfileobj(request.stream, file, _PIECE_BYTES)
        except RequestEntityTooLarge as error:
            raise _too_large("a larger clip", settings) from error
        except ClientDisconnected as error:
            raise Problem(
                HTTPStatus.BAD_REQUEST, got="a clip that did not come whole", remedy="send it again"
            ) from error
    with target.open("rb") as stream:
        head = stream.read(HEAD_BYTES)
    if not is_video(head):
        raise Problem(
            HTTPStatus.UNPROCESSABLE_ENTITY,
            got=f"{what_it_is(head)}, not a video",
            wanted=KINDS,
            remedy="send a clip; photos are profiled by /api/v1/analyze",
        )
    return Received(name=shown(parameters.pop("name", name)), parameters=parameters)


def _of_form(request: MemoryRequest, file: _Target) -> str | None:
    """Files of a form are written where they are received; a second one is refused as it begins."""
    request.new_file = file.taken
    files = list(request.files.values())
    if not files:
        raise Problem(
            HTTPStatus.UNPROCESSABLE_ENTITY,
            got="a form without a clip",
            wanted=KINDS,
            remedy="curl -F video=@clip.mp4 sends one",
        )
    return files[0].filename


class _Target:
    """The file; writing ends with a problem where it takes too long, is too much, or the disk is full."""

    def __init__(self, path: Path, settings: Settings) -> None:
        self._path, self._settings = path, settings
        self._deadline = time.monotonic() + settings.video_upload_timeout_s
        self._left_bytes = settings.max_video_bytes
        self._taken = False

    def taken(self) -> IO[bytes]:
        """Itself, for the one file of a form."""
        if self._taken:
            raise Problem(
                HTTPStatus.UNPROCESSABLE_ENTITY,
                got="several clips in one request",
                wanted="one",
                remedy="send them in several requests",
            )
        self._taken = True
        return self  # type: ignore[return-value] # all that Werkzeug does with it is to write and to rewind

    def write(self, data: bytes) -> int:
        """Write all of it."""
        self._left_bytes -= len(data)
        if self._left_bytes < 0:
            raise _too_large("a larger clip", self._settings)
        if time.monotonic() > self._deadline:
            raise Problem(
                HTTPStatus.REQUEST_TIMEOUT,
                got=f"a clip that did not come whole in {self._settings.video_upload_timeout_s:g} s",
                remedy="send a smaller one, or over a faster connection",
            )
        try:
            return self._file.write(data)
        except OSError as error:
            if error.errno == errno.ENOSPC:
                raise no_room() from error
            raise

    def seek(self, position: int) -> int:
        """Go to a position."""
        return self._file.seek(position)

    def __enter__(self) -> Self:
        self._file = self._path.open("xb")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()


def _too_large(got: str, settings: Settings) -> Problem:
    return Problem(
        HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
        got=got,
        wanted=f"at most {settings.max_video_bytes / 1e6:,g} MB",
        remedy="cut out the part that matters, or send it in a smaller size",
    )
