"""Who and what is let in, before any view runs; and the headers that every answer carries.

WebSocket handshakes are requests like others and pass the same checks.
"""

from __future__ import annotations

import time
from http import HTTPStatus
from typing import Final

from flask import Flask, Response, g, redirect, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from mien.web.hosts import check_host, check_origin
from mien.web.problems import Problem
from mien.web.rate import client_of
from mien.web.services import Services, services

OPEN_ENDPOINTS: Final = frozenset(("static", "enter.page", "enter.submit", "health.healthz"))
"""That need no token: nothing of anybody is to be seen there."""
_LIMITED: Final = frozenset(
    (
        "/api/v1/analyze",
        "/api/v1/people",
        "/api/v1/search",
        "/api/v1/verify",
        "/api/v1/videos",
        "/represent",
        "/verify",
        "/analyze",
    )
)
_CHANGING: Final = frozenset(("POST", "PUT", "PATCH", "DELETE"))
_HEADERS: Final = {
    "Content-Security-Policy": "; ".join(
        (
            "default-src 'none'",
            "script-src 'self'",
            "style-src 'self'",
            "img-src 'self' blob: data:",
            "media-src 'self' blob:",
            "connect-src 'self'",
            "manifest-src 'self'",
            "form-action 'self'",
            "base-uri 'none'",
            "frame-ancestors 'none'",
        )
    ),
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(self), microphone=(), geolocation=()",
    "Referrer-Policy": "same-origin",  # with no-referrer, browsers send forms with Origin: null
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}


def install(app: Flask) -> None:
    """Put the checks before, and the headers after, every view of `app`."""
    app.before_request(_check)
    app.after_request(_finish)


def client() -> str:
    """What the current request's client is counted by. Headers of proxies are not believed: anyone can send them."""
    return client_of(request.remote_addr)


def cookie_name(shared: Services) -> str:
    """Cookies are shared by all ports of a host, so that each server needs a name of its own."""
    return f"mien-{shared.settings.port}"


def is_websocket() -> bool:
    """Whether the current request is a WebSocket's handshake."""
    return request.headers.get("Upgrade", "").lower() == "websocket"


def _check() -> BaseResponse | None:
    g.start = time.perf_counter()
    g.refused = "none"
    shared = services()
    if request.endpoint == "static":
        return None
    g.refused = "host"
    host = request.headers.get("Host", "")
    check_host(host, shared.names)
    g.refused = "origin"
    origin = request.headers.get("Origin")
    if origin is not None and (request.method in _CHANGING or is_websocket()):
        check_origin(origin, host)
    g.refused = "token"
    if request.endpoint not in OPEN_ENDPOINTS:
        try:
            shared.keeper.check(
                authorization=request.headers.get("Authorization"),
                cookie=request.cookies.get(cookie_name(shared)),
                client=client(),
            )
        except Problem as problem:
            if problem.status is HTTPStatus.UNAUTHORIZED and _is_page_view():
                return redirect(url_for("enter.page"), HTTPStatus.SEE_OTHER)
            raise
    g.refused = "rate"
    if request.path in _LIMITED and (wait_s := shared.requests.take(client())):
        raise Problem(
            HTTPStatus.TOO_MANY_REQUESTS,
            got="requests faster than this server takes them from one client",
            wanted=f"at most {shared.settings.requests_per_s:g} a second",
            remedy="wait as long as Retry-After says; many pictures can be sent in one request",
            retry_after_s=wait_s,
        )
    g.refused = "none"
    return None


def _is_page_view() -> bool:
    """Whether a person opened a page, who can be shown where to enter the token."""
    return request.method == "GET" and not request.path.startswith("/api/v") and request.accept_mimetypes.accept_html


def _finish(response: Response) -> Response:
    for name, value in _HEADERS.items():
        response.headers.setdefault(name, value)
    if request.endpoint != "static":
        response.headers.setdefault("Cache-Control", "no-store")
    metrics = services().metrics
    endpoint = request.endpoint or "none"
    method = request.method if request.method in ("GET", "HEAD", "OPTIONS", *_CHANGING) else "other"
    metrics.requests.labels(endpoint, method, str(response.status_code)).inc()
    if g.refused != "none":
        metrics.refused.labels(g.refused).inc()
    if not is_websocket():  # a session is no request: it lasts as long as someone looks
        metrics.request_s.labels(endpoint).observe(time.perf_counter() - g.start)
    return response
