"""One blueprint a file, each under the name `blueprint`; `BLUEPRINTS` lists the files."""

from __future__ import annotations

from typing import Final

_PAGES: Final = ("home", "enter", "live", "photo", "video", "people", "report", "models", "api")
_FOR_PROGRAMS: Final = ("analyze", "videos", "gallery", "verify", "health", "metrics")
BLUEPRINTS: Final = (*_PAGES, *_FOR_PROGRAMS)
