"""`/report`: who the audience of the operator's cameras is, as long as it is kept in a store."""

from __future__ import annotations

import io
import zipfile
from http import HTTPStatus
from typing import TYPE_CHECKING

from flask import Blueprint, Response, render_template, request, send_file

from mien.errors import StoreError, UnknownNameError
from mien.web.problems import Problem
from mien.web.reports import PERIODS
from mien.web.services import services

if TYPE_CHECKING:
    from mien.audience.audience import Audience

blueprint = Blueprint("report", __name__)


@blueprint.get("/report")
def page() -> str:
    """The report, which its script keeps fresh; or how to get one."""
    if not services().recordings.are_kept:
        return render_template("report.html", kept=False)
    period, source = _asked()
    audience = _audience()
    return render_template(
        "report.html",
        kept=True,
        periods=tuple(PERIODS),
        period=period,
        sources=_sources(),
        source=source,
        content=_content(audience),
        lead=None if audience is None else _lead(audience),
    )


@blueprint.get("/report/content")
def content() -> str:
    """What is below the heading, made anew."""
    return _content(_kept(_audience()))


@blueprint.get("/report/style.css")
def style() -> Response:
    """The rules of figures, charts and tables, as the file that is downloaded has them."""
    from mien.audience.report.page import style as report_style
    from mien.page.document import parts_style

    return Response(parts_style() + report_style(), mimetype="text/css")


@blueprint.get("/report/report.html")
def file() -> Response:
    """The whole report as one file that needs nothing else."""
    from mien.audience.report.page import page as whole

    data = io.BytesIO(whole(_kept(_audience())).encode())
    return send_file(data, mimetype="text/html", as_attachment=True, download_name="report.html")


@blueprint.get("/report/tables.zip")
def tables() -> Response:
    """Its tables as CSV files."""
    from mien.audience.report.tables import csv_files

    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in csv_files(_kept(_audience())).items():
            archive.writestr(name, text)
    data.seek(0)
    return send_file(data, mimetype="application/zip", as_attachment=True, download_name="tables.zip")


def _asked() -> tuple[str, str | None]:
    """The period, and the source if only one is wanted."""
    return request.args.get("period", "today"), request.args.get("source") or None


def _audience() -> Audience | None:
    """What was asked for; None where nothing was recorded then."""
    if not services().recordings.are_kept:
        raise Problem(
            HTTPStatus.NOT_FOUND,
            got="this server keeps no store",
            remedy="start it with mien serve --store audience.db",
        )
    try:
        return services().reports.get(*_asked())
    except UnknownNameError as error:
        raise Problem(HTTPStatus.NOT_FOUND, got=str(error), remedy="choose another one on the page") from error
    except StoreError as error:
        raise Problem(HTTPStatus.SERVICE_UNAVAILABLE, got=str(error), remedy="see the server's log") from error


def _kept(audience: Audience | None) -> Audience:
    if audience is None:
        raise Problem(
            HTTPStatus.NOT_FOUND, got="nothing was recorded in that time", remedy="choose a longer one on the page"
        )
    return audience


def _sources() -> tuple[str, ...]:
    try:
        return services().reports.sources()
    except StoreError as error:
        raise Problem(HTTPStatus.SERVICE_UNAVAILABLE, got=str(error), remedy="see the server's log") from error


def _content(audience: Audience | None) -> str:
    from mien.audience.report.page import content as report_content

    return "" if audience is None else report_content(audience)


def _lead(audience: Audience) -> str:
    from mien.audience.report.words import period

    return period(audience.began, audience.ended)
