"""`create_app`: the web app."""

from __future__ import annotations

import importlib
import mimetypes
from typing import Any

from flask import Flask

import mien
from mien.web import guard, problems, sockets
from mien.web.blueprints import BLUEPRINTS
from mien.web.navigation import pages
from mien.web.services import Services
from mien.web.settings import Settings
from mien.web.upload_deadline import UploadDeadline
from mien.web.uploads import MOST_PARAMETERS, MemoryRequest


def create_app(settings: Settings | None = None) -> Flask:
    """A WSGI application; no network is loaded before one is needed.

    Run it in one process with many threads: networks, limits and cookies are shared by threads, not by processes.

    Args:
        settings: None for the default ones.

    Raises:
        InputError: a source is none, or is not there; or the gallery's address is none.
        GalleryError: the gallery cannot be opened or made, or its templates are of another network.
    """
    settings = settings or Settings()
    app = Flask(__name__)
    app.request_class = MemoryRequest
    app.config["MAX_CONTENT_LENGTH"] = settings.max_request_bytes
    app.config["MAX_FORM_PARTS"] = settings.max_images + MOST_PARAMETERS
    app.json.sort_keys = False  # type: ignore[attr-defined] # labels stay in the order of the design
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    mimetypes.add_type("text/javascript", ".js")  # some Windows registries say text/plain, which browsers do not run
    Services.of(settings).attach(app)
    problems.install(app)
    guard.install(app)
    sockets.install(app, settings)
    app.context_processor(_context)
    for name in BLUEPRINTS:
        app.register_blueprint(importlib.import_module(f"mien.web.blueprints.{name}").blueprint)
    if settings.deepface_api:
        from mien.web.blueprints import deepface

        app.register_blueprint(deepface.blueprint)
    app.wsgi_app = UploadDeadline(app.wsgi_app, settings.upload_timeout_s)  # type: ignore[method-assign]
    return app


def _context() -> dict[str, Any]:
    """What every template may use."""
    return {"pages": pages, "version": mien.__version__}
