"""The pages, in the order of the navigation; one that is not there yet is left out."""

from __future__ import annotations

from typing import Final, NamedTuple

from flask import current_app


class Page(NamedTuple):
    """An entry of the navigation."""

    title: str
    endpoint: str


_PAGES: Final = (
    Page("Live", "live.page"),
    Page("Photo", "photo.page"),
    Page("Video", "video.page"),
    Page("Report", "report.page"),
    Page("Models", "models.page"),
    Page("API", "api.page"),
)


def pages() -> list[Page]:
    """Those that the current app has; the first is where `/` leads."""
    return [page for page in _PAGES if page.endpoint in current_app.view_functions]
