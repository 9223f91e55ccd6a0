"""`read_uploads`: the pictures in a request, whichever way they were sent. They stay in memory, never on a disk."""

from __future__ import annotations

import base64
import binascii
import io
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import IO, Any, Final

from flask import Request
from werkzeug.exceptions import ClientDisconnected

from mien.web.json_body import read_object
from mien.web.problems import Problem
from mien.web.upload_deadline import READ, TIMED_OUT

PARAMETERS: Final = ("attributes", "detector")
"""Of an analysis."""
MOST_PARAMETERS: Final = 16
"""Of any request with pictures."""
_IMAGES: Final = "images"
_EXAMPLE: Final = '{"images": ["BASE64", …]}'
_NAME_CHARACTERS: Final = 255
_DATA_URL: Final = re.compile(r"data:[\w.+-]+/[\w.+-]+;base64,")
FORM: Final = "multipart/form-data"
RAW: Final = "application/octet-stream"
_JSON: Final = "application/json"


class MemoryRequest(Request):
    """A request whose files stay in memory; Werkzeug would put those over 500 kB on a disk.

    Attributes:
        new_file: called for every file of a form; gives what it is written to.
    """

    new_file: Callable[[], IO[bytes]] = io.BytesIO

    def _get_file_stream(
        self,
        total_content_length: int | None,
        content_type: str | None,
        filename: str | None = None,
        content_length: int | None = None,
    ) -> IO[bytes]:
        return self.new_file()


@dataclass(frozen=True, kw_only=True)
class Upload:
    """A picture as it came.

    Attributes:
        name: that the client gave it, only ever shown; None where it gave none.
        data: the file's bytes.
        problem: why there are none; None where there are.
    """

    name: str | None
    data: bytes = b""
    problem: str | None = None


def read_uploads(
    request: Request, *, max_images: int, names: Sequence[str] = PARAMETERS
) -> tuple[Sequence[Upload], Mapping[str, Any]]:
    """The pictures, and the parameters; those in the body are stronger than those in the address.

    Args:
        request: the current one.
        max_images: how many there may be.
        names: of the parameters that there may be.

    Raises:
        Problem: 400, 408, 415 or 422, the request holds no pictures, or cannot be read.
    """
    parameters: dict[str, Any] = {name: request.args[name] for name in names if name in request.args}
    try:
        uploads, more = _of_kind(request, names)
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
    if not uploads:
        raise Problem(
            HTTPStatus.UNPROCESSABLE_ENTITY,
            got="a request without a picture",
            wanted="one or more",
            remedy="curl -F images=@photo.jpg sends one",
        )
    if len(uploads) > max_images:
        raise Problem(
            HTTPStatus.UNPROCESSABLE_ENTITY,
            got=f"{len(uploads)} pictures in one request",
            wanted=f"at most {max_images}",
            remedy="send them in several requests",
        )
    return uploads, parameters | dict(more)


def _of_kind(request: Request, names: Sequence[str]) -> tuple[list[Upload], Mapping[str, Any]]:
    kind = request.mimetype
    if kind == FORM:
        files = [file for _, file in request.files.items(multi=True)]
        uploads = [Upload(name=shown(file.filename), data=file.stream.read()) for file in files]
        return uploads, {name: request.form[name] for name in names if name in request.form}
    if kind == _JSON:
        return _of_json(request.get_data(cache=False), names)
    if kind.startswith("image/") or kind == RAW:
        data = request.get_data(cache=False)
        return [Upload(name=None, data=data)] if data else [], {}
    raise Problem(
        HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
        got=f"the content type {kind or 'none'}",
        wanted=f"{FORM}, {_JSON}, or image/jpeg and the like",
        remedy="see /api for an example of each",
    )


def _of_json(body: bytes, names: Sequence[str]) -> tuple[list[Upload], Mapping[str, Any]]:
    members = read_object(body, members=(_IMAGES, *names), example=_EXAMPLE, lacks="a list of images")
    if not isinstance(members.get(_IMAGES), list):
        raise Problem(
            HTTPStatus.UNPROCESSABLE_ENTITY,
            got="JSON without a list of images",
            wanted=_EXAMPLE,
            remedy="see /api for an example",
        )
    parameters = {name: members[name] for name in names if members.get(name) is not None}
    return [_of_item(item) for item in members[_IMAGES]], parameters


def _of_item(item: Any) -> Upload:
    """A picture in JSON: base64, a data URL, or either with a name."""
    name = None
    if isinstance(item, dict):
        name = shown(item["name"]) if isinstance(item.get("name"), str) else None
        item = item.get("data")
    if not isinstance(item, str):
        return Upload(name=name, problem="neither base64 nor an object with a member data; see /api for an example")
    text = item[match.end() :] if (match := _DATA_URL.match(item)) else item
    try:
        return Upload(name=name, data=base64.b64decode("".join(text.split()), validate=True))
    except (binascii.Error, ValueError) as error:
        return Upload(name=name, problem=f"not base64: {error}; encode the file's bytes")


def shown(name: str | None) -> str | None:
    """A file's name as it is told back: without control characters, as it may be told in a header."""
    return "".join(filter(str.isprintable, name))[-_NAME_CHARACTERS:] or None if name else None
