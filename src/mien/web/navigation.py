"""The pages, in the order of the navigation; one that has nothing to show is left out."""

from __future__ import annotations

from typing import Final, NamedTuple

from mien.web.services import services


class Page(NamedTuple):
    """An entry of the navigation."""

    title: str
    endpoint: str


_PAGES: Final = (
    Page("Live", "live.page"),
    Page("Photo", "photo.page"),
    Page("Video", "video.page"),
    Page("People", "people.page"),
    Page("Report", "report.page"),
    Page("Models", "models.page"),
    Page("API", "api.page"),
)


def pages() -> list[Page]:
    """Those that the current app has; the first is where `/` leads."""
    shared = services()
    return [page for page in _PAGES if page.endpoint != "people.page" or shared.gallery is not None]
