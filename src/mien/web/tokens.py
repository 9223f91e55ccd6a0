"""`TokenKeeper`: lets in whoever knows the token, and slows down whoever guesses.

Programs send it as `Authorization: Bearer TOKEN`. Browsers exchange it once for a cookie, which holds not the token but
a secret of this run of the server; wrong tokens from the same address do not lock such a browser out.
"""

from __future__ import annotations

import hmac
import secrets
from http import HTTPStatus
from typing import Final

from mien.web.problems import Problem
from mien.web.rate import RateLimit

_SCHEME: Final = "bearer "
SECRET_BYTES: Final = 32


class TokenKeeper:
    """Checks tokens and cookies in constant time.

    Args:
        token: None lets everyone in.
        wrong_per_minute: tokens that one client may try.
    """

    def __init__(self, token: str | None, *, wrong_per_minute: int) -> None:
        self._token = token
        self.cookie_value: Final = secrets.token_urlsafe(SECRET_BYTES)
        self._wrong = RateLimit(per_s=wrong_per_minute / 60, burst=wrong_per_minute)

    @property
    def required(self) -> bool:
        """Whether one must know a token."""
        return self._token is not None

    def check(self, *, authorization: str | None, cookie: str | None, client: str) -> None:
        """Let a request in.

        Args:
            authorization: the header of that name.
            cookie: value of our cookie.
            client: who asks.

        Raises:
            Problem: 401, no token or a wrong one; 429, too many wrong ones.
        """
        if self._token is None or (cookie is not None and _same(cookie, self.cookie_value)):
            return
        if authorization is None:
            raise _unauthorized("no token")
        if authorization[: len(_SCHEME)].lower() != _SCHEME:
            raise _unauthorized("an Authorization header of another kind")
        self.check_token(authorization[len(_SCHEME) :].strip(), client=client)

    def check_token(self, token: str, *, client: str) -> None:
        """Let in whoever knows the token.

        Raises:
            Problem: 401, a wrong token; 429, too many wrong ones, and this one was not looked at.
        """
        if self._token is None:
            return
        if wait_s := self._wrong.wait_s(client):
            raise Problem(
                HTTPStatus.TOO_MANY_REQUESTS,
                got="too many wrong tokens from this address",
                remedy=f"wait {wait_s:.0f} seconds, then use the token that `mien serve` printed",
                retry_after_s=wait_s,
            )
        if not _same(token, self._token):
            self._wrong.take(client)
            raise _unauthorized("a wrong token")


def _same(given: str, wanted: str) -> bool:
    return hmac.compare_digest(given.encode("utf-8", "surrogateescape"), wanted.encode())


def _unauthorized(got: str) -> Problem:
    return Problem(
        HTTPStatus.UNAUTHORIZED,
        got=got,
        wanted="the header 'Authorization: Bearer TOKEN', or the cookie that /enter gives",
        remedy="the token was printed when the server was started",
        headers={"WWW-Authenticate": 'Bearer realm="mien"'},
    )
