"""`Call`: a request in the way of DeepFace's REST API: a form, JSON whatever its content type says, or a query string.

Its pictures are files of the form, base64, or names of files in a folder that the server was given.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import parse_qsl

from flask import Request
from werkzeug.exceptions import ClientDisconnected

from mien.errors import ImageError, InputError
from mien.web.problems import Problem
from mien.web.settings import Settings
from mien.web.upload_deadline import READ, TIMED_OUT
from mien.web.uploads import FORM

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_NO: Final = ("false", "0", "no", "off", "")
_YES: Final = ("true", "1", "yes", "on")
_MOST_FIELDS: Final = 100


@dataclass(frozen=True, kw_only=True)
class Call:
    """What came.

    Attributes:
        fields: as text, or as JSON has them.
        files: of a form.
    """

    fields: Mapping[str, Any]
    files: Mapping[str, bytes]

    def text(self, name: str, usual: str) -> str:
        """A field that is text.

        Raises:
            InputError: it is something else.
        """
        value = self.fields.get(name, usual)
        if not isinstance(value, str):
            raise InputError(f"{name} must be text, got {value!r}")
        return value

    def flag(self, name: str, usual: bool) -> bool:
        """A field that is true or false.

        Raises:
            InputError: it is something else.
        """
        value = self.fields.get(name, usual)
        if isinstance(value, bool):
            return value
        word = str(value).lower()
        if word not in (*_YES, *_NO):
            raise InputError(f"{name} must be true or false, got {value!r}")
        return word in _YES

    def number(self, name: str) -> int | None:
        """A field that is a whole number; `None` where it is not there.

        Raises:
            InputError: it is something else.
        """
        value = self.fields.get(name)
        if value is None:
            return None
        try:
            return int(value)
        except (TypeError, ValueError) as error:
            raise InputError(f"{name} must be a whole number, got {value!r}") from error

    def words(self, name: str, usual: tuple[str, ...]) -> tuple[str, ...]:
        """A field that is a list: of JSON, or words with commas between, in whatever brackets and quotes.

        Raises:
            InputError: it is something else.
        """
        value = self.fields.get(name)
        if value is None:
            return usual
        if isinstance(value, str):
            value = [word for part in value.strip("[]() ").split(",") if (word := part.strip(" '\""))]
        if not isinstance(value, list) or not all(isinstance(word, str) for word in value):
            raise InputError(f"{name} must be a list of words, got {value!r}")
        return tuple(value)

    def image(self, name: str, settings: Settings) -> NDArray[np.uint8]:
        """A picture, (h, w, 3) uint8 BGR.

        Raises:
            ImageError: it is not in the request, may not be had, or cannot be read.
        """
        from mien.compat.addresses import is_address
        from mien.compat.inputs import base64_bytes
        from mien.media.images import ImageLimits, read_image

        limits = ImageLimits(max_pixels=settings.max_pixels, max_bytes=settings.max_image_bytes)
        data = self.files.get(name)
        if data is None:
            text = self.fields.get(name)
            if not isinstance(text, str) or not text:
                raise ImageError(f"'{name}' is not in the request; send a file of a form, or base64")
            if is_address(text):
                raise ImageError(f"'{name}' is an address, and this server fetches none; send the picture itself")
            data = base64_bytes(text)
            if data is None:
                data = _file_bytes(name, text, settings)
        return read_image(data, limits=limits)[:, :, ::-1]


def read_call(request: Request) -> Call:
    """What is in a request.

    Raises:
        Problem: 400 or 408, it cannot be read.
    """
    try:
        if request.mimetype == FORM:
            files = {name: file.stream.read() for name, file in request.files.items()}
            return Call(fields=request.form.to_dict(), files=files)
        return Call(fields=_fields(request.get_data(cache=False)), files={})
    except ClientDisconnected as error:
        if request.environ.get(TIMED_OUT):
            raise Problem(
                HTTPStatus.REQUEST_TIMEOUT,
                got="a body that did not come whole in time",
                remedy="send smaller pictures, or over a faster connection",
            ) from error
        raise
    finally:
        request.environ.get(READ, lambda: None)()


def _fields(body: bytes) -> Mapping[str, Any]:
    """Of JSON, as `curl -d` sends it under the name of a form; or else of a form."""
    try:
        fields = json.loads(body)
    except (ValueError, RecursionError):
        try:
            return dict(parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=_MOST_FIELDS))
        except ValueError as error:
            raise _unread(str(error)) from error
    if not isinstance(fields, dict):
        raise _unread(f"JSON of the kind {type(fields).__name__}")
    return fields


def _unread(why: str) -> Problem:
    return Problem(
        HTTPStatus.BAD_REQUEST,
        got=f"a body that cannot be read ({why})"[:200],
        wanted='{"img": "BASE64", …}, or a form',
        remedy="see docs/migrating-from-deepface.md",
    )


def _file_bytes(name: str, text: str, settings: Settings) -> bytes:
    """Of a file in the folder; of others nothing is told, not even whether they are there."""
    if settings.deepface_images is None:
        raise ImageError(
            f"'{name}' is no base64, and this server reads no files of its own; send the picture itself, or start it "
            "with --deepface-images DIR"
        )
    folder = Path(settings.deepface_images).resolve()
    try:
        path = (folder / text).resolve()
        if path.is_relative_to(folder) and path.is_file() and path.stat().st_size <= settings.max_image_bytes:
            return path.read_bytes()
    except (OSError, ValueError):  # ValueError: a null character; what is wrong is not told
        pass
    raise ImageError(f"'{name}': no such picture in the server's folder, or it is too large")
