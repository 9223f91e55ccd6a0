"""`warm_up`: loads the networks while the first page is being looked at."""

from __future__ import annotations

import threading

from flask import Flask

from mien.errors import ModelError
from mien.web.live.source import SharedSource
from mien.web.services import services_of


def warm_up(app: Flask) -> None:
    """Load them in a thread of its own; where one is missing, the log and /healthz say so.

    Cameras and streams that are kept in a store are watched from then on, whether anybody looks on or not.

    The process does not end before the networks are loaded: ONNX Runtime aborts where it is cut off in the middle. Nor
    before what is kept is written, and its sessions have ended.
    """
    threading.Thread(target=_load, args=(app,), name="warm-up").start()
    shared = services_of(app)
    if shared.recordings.are_kept:
        for source in shared.sources:
            if source.is_live:
                threading.Thread(target=_watch, args=(source, shared.closing), name="mien-keep").start()


def _load(app: Flask) -> None:
    try:
        services_of(app).profilers.warm_up()
    except ModelError as error:
        app.logger.error("the networks cannot be loaded: %s", error)


def _watch(source: SharedSource, closing: threading.Event) -> None:
    with source.watched():
        closing.wait()
