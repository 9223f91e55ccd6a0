"""`Problem`: what went wrong with a request, as JSON for programs (RFC 9457) and as a page for people."""

from __future__ import annotations

import math
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, Final

from flask import Flask, Response, current_app, jsonify, make_response, render_template, request
from werkzeug.exceptions import HTTPException

from mien.errors import ModelError

_FOR_PROGRAMS: Final = ("/api/v", "/healthz", "/metrics", "/static/", "/represent", "/verify", "/analyze")
_REMEDIES: Final[Mapping[int, str]] = {
    400: "send the request again",
    404: "the addresses of the API are listed at /api",
    405: "see /api for the method",
    408: "send less, or use a faster connection",
    413: "send fewer or smaller pictures",
    500: "the server's log says more",
}


class Problem(Exception):  # noqa: N818 - the word of RFC 9457
    """A request that is not answered as asked.

    Args:
        status: of the response.
        got: what came.
        wanted: what was wanted instead; None where nothing else would have helped.
        remedy: what to do.
        retry_after_s: when it may be tried again.
        headers: of the response.
        extra: further members of the JSON.
    """

    def __init__(
        self,
        status: HTTPStatus,
        *,
        got: str,
        wanted: str | None = None,
        remedy: str,
        retry_after_s: float | None = None,
        headers: Mapping[str, str] | None = None,
        extra: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(got)
        self.status, self.got, self.wanted, self.remedy = status, got, wanted, remedy
        self.headers = dict(headers or {})
        self.extra = extra or {}
        if retry_after_s is not None:
            self.headers["Retry-After"] = str(max(1, math.ceil(retry_after_s)))

    @property
    def detail(self) -> str:
        """What came and what was wanted, in one sentence."""
        return self.got if self.wanted is None else f"{self.got}; wanted {self.wanted}"

    def to_dict(self) -> dict[str, Any]:
        """The members of the JSON."""
        members = {
            "type": "about:blank",
            "title": self.status.phrase,
            "status": self.status.value,
            "detail": self.detail,
            "got": self.got,
            "wanted": self.wanted,
            "remedy": self.remedy,
        }
        return members | dict(self.extra)

    def response(self) -> Response:
        """For a program, or for a browser that shows pages."""
        if request.path.startswith(_FOR_PROGRAMS) or not request.accept_mimetypes.accept_html:
            response = jsonify(self.to_dict())
            response.mimetype = "application/problem+json"
        else:
            response = make_response(render_template("problem.html", problem=self))
        response.status_code = self.status
        response.headers.update(self.headers)
        return response


def install(app: Flask) -> None:
    """Answers every error of `app` as a problem."""
    app.register_error_handler(Problem, Problem.response)
    app.register_error_handler(HTTPException, _of_http)
    app.register_error_handler(ModelError, _of_model)


def _of_http(error: HTTPException) -> Response:
    response = error.get_response()
    if response.status_code < HTTPStatus.BAD_REQUEST:
        return make_response(response)  # a redirect
    status = HTTPStatus(response.status_code)
    headers = {name: value for name, value in response.headers.items() if name in ("Allow", "Retry-After")}
    got = f"{request.method} {request.path}: {error.description or status.phrase}".rstrip(".")
    remedy = _REMEDIES.get(status.value, "see /api")
    wanted = None
    if status is HTTPStatus.REQUEST_ENTITY_TOO_LARGE:
        got = "a request too large"
        wanted = f"at most {request.max_content_length:,} bytes"
    elif status is HTTPStatus.NOT_FOUND:
        got = f"{request.method} {request.path}, an address at which there is nothing"
    elif status is HTTPStatus.METHOD_NOT_ALLOWED:
        got, wanted = f"{request.method} {request.path}", response.headers.get("Allow")
    return Problem(status, got=got, wanted=wanted, remedy=remedy, headers=headers).response()


def _of_model(error: ModelError) -> Response:
    """The reason, with its paths, is for the server's log only."""
    current_app.logger.error("a network cannot be used: %s", error)
    return Problem(
        HTTPStatus.SERVICE_UNAVAILABLE,
        got="a network that this request needs cannot be used",
        remedy="ask for other attributes; on the server, `mien models verify` tells what is missing",
    ).response()
