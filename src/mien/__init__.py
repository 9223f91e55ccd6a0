"""Mien: real-time human profiling from faces.

    import mien

    faces = mien.analyze("group.jpg")
    faces[0].age, faces[0].gender.label
    for frame in mien.watch(0):
        for person in frame.people:
            person.track_id, person.age, person.emotion, person.seen_s

Estimates are of appearance: apparent age, perceived expression.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mien.errors import MienError
    from mien.face import Face
    from mien.faces import Faces
    from mien.gallery.gallery import Gallery
    from mien.identity.verify import verify
    from mien.live.watch import watch
    from mien.media.images import ImageLimits, read_image
    from mien.models.session import Threads
    from mien.pipeline import Profiler, analyze

__version__ = "0.1.0"
__all__ = [
    "Face",
    "Faces",
    "Gallery",
    "ImageLimits",
    "MienError",
    "Profiler",
    "Threads",
    "analyze",
    "read_image",
    "verify",
    "watch",
]

# Loaded when first asked for, so that importing Mien stays fast and loads neither OpenCV nor ONNX Runtime.
_HOMES = {
    "Face": "mien.face",
    "Faces": "mien.faces",
    "Gallery": "mien.gallery.gallery",
    "ImageLimits": "mien.media.images",
    "MienError": "mien.errors",
    "Profiler": "mien.pipeline",
    "Threads": "mien.models.session",
    "analyze": "mien.pipeline",
    "read_image": "mien.media.images",
    "verify": "mien.identity.verify",
    "watch": "mien.live.watch",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'mien' has no attribute {name!r}")
    return getattr(importlib.import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return [*__all__, "__version__"]
