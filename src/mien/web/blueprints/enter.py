"""`/enter`: a browser gives the token and gets a cookie.

`mien serve` prints this address with the token behind a `#`: that part is never sent, so it stands in no log; a script
takes it from there into the form.
"""

from __future__ import annotations

from http import HTTPStatus

from flask import Blueprint, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from mien.web.guard import client, cookie_name
from mien.web.problems import Problem
from mien.web.services import services

blueprint = Blueprint("enter", __name__)

_COOKIE_S = 30 * 24 * 3600  # a month, though a new start of the server ends it sooner


@blueprint.get("/enter")
def page() -> Response:
    """The form."""
    if not services().keeper.required:
        return redirect(url_for("home.page"), HTTPStatus.SEE_OTHER)
    return make_response(render_template("enter.html", problem=None))


@blueprint.post("/enter")
def submit() -> Response:
    """Checks the token."""
    shared = services()
    try:
        shared.keeper.check_token(request.form.get("token", "").strip(), client=client())
    except Problem as problem:
        response = make_response(render_template("enter.html", problem=problem), problem.status)
        response.headers.update(problem.headers)
        return response
    answer = redirect(url_for("home.page"), HTTPStatus.SEE_OTHER)
    answer.set_cookie(
        cookie_name(shared),
        shared.keeper.cookie_value,
        max_age=_COOKIE_S,
        httponly=True,
        samesite="Strict",
        secure=shared.settings.tls,
    )
    return answer
