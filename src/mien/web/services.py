"""`Services`: what the requests of one app share."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING

from flask import Flask, current_app

from mien.web.gate import Gate
from mien.web.hosts import own_names
from mien.web.live.source import SharedSource
from mien.web.metrics import Metrics
from mien.web.people import open_people
from mien.web.problems import Problem
from mien.web.profilers import Profilers
from mien.web.rate import RateLimit
from mien.web.recordings import Recordings
from mien.web.reports import Reports
from mien.web.settings import Settings
from mien.web.tokens import TokenKeeper
from mien.web.video.jobs import Jobs

if TYPE_CHECKING:
    from mien.gallery.gallery import Gallery

_KEY = "mien"


@dataclass(frozen=True, kw_only=True)
class Services:
    """Shared by all threads.

    Attributes:
        settings: as given.
        names: what the server goes by.
        keeper: of the token.
        requests: how often each client may use the API.
        uploads: requests being read or waiting.
        analyses: requests being profiled.
        sessions: live sessions.
        profilers: the networks.
        recordings: of what live sessions and sources see.
        reports: on them.
        gallery: of people; None where none was asked for.
        sources: on the server, that the Live page shows.
        videos: clips that were sent.
        metrics: counters.
        closing: set when the server is stopping; live sessions and work on clips end then.
    """

    settings: Settings
    names: frozenset[str]
    keeper: TokenKeeper
    requests: RateLimit
    uploads: Gate
    analyses: Gate
    sessions: Gate
    profilers: Profilers
    recordings: Recordings
    reports: Reports
    gallery: Gallery | None
    sources: tuple[SharedSource, ...]
    videos: Jobs
    metrics: Metrics
    closing: threading.Event

    @classmethod
    def of(cls, settings: Settings) -> Services:
        """Made new, with no network loaded.

        Raises:
            InputError: a source is none, or is not there; or the gallery's address is none.
            GalleryError: the gallery cannot be opened or made, or its templates are of another network.
        """
        gallery = open_people(settings)
        profilers = Profilers(settings.profile, embedding=None if gallery is None else gallery.model.name)
        recordings, metrics, closing = Recordings(settings), Metrics(), threading.Event()
        return cls(
            settings=settings,
            names=own_names((settings.host, *settings.hosts)),
            keeper=TokenKeeper(settings.token, wrong_per_minute=settings.wrong_tokens_per_minute),
            requests=RateLimit(per_s=settings.requests_per_s, burst=settings.burst),
            uploads=Gate("uploads", running=settings.uploads),
            analyses=Gate(
                "pictures", running=settings.analyses, waiting=settings.uploads, patience_s=settings.patience_s
            ),
            sessions=Gate("live sessions", running=settings.sessions),
            profilers=profilers,
            recordings=recordings,
            reports=Reports(settings.store),
            gallery=gallery,
            sources=tuple(SharedSource(address, profilers, recordings, gallery) for address in settings.sources),
            videos=Jobs(settings, metrics, closing),
            metrics=metrics,
            closing=closing,
        )

    def people(self) -> Gallery:
        """The gallery.

        Raises:
            Problem: 404, there is none.
        """
        if self.gallery is None:
            raise Problem(
                HTTPStatus.NOT_FOUND,
                got="this server has no gallery of people",
                remedy="start it with mien serve --gallery people.db",
            )
        return self.gallery

    def attach(self, app: Flask) -> None:
        """Make them those of `app`."""
        app.extensions[_KEY] = self


def services() -> Services:
    """Those of the app that handles the current request."""
    return services_of(current_app)


def services_of(app: Flask) -> Services:
    """Those of `app`."""
    found = app.extensions[_KEY]
    assert isinstance(found, Services)
    return found
