"""The functions of DeepFace 0.0.103, on Mien's networks: `from mien.compat import deepface as DeepFace`.

Arguments, results and exceptions are those that its documentation tells; what differs, and why, is in
`docs/migrating-from-deepface.md`. Every function takes `strict` beside that, which refuses models and detectors that
only stand for the one asked for, and those that take pictures `allow_urls`, without which no address is fetched.
"""

from __future__ import annotations

from mien.compat.analyze import analyze
from mien.compat.extract_faces import extract_faces
from mien.compat.find import find
from mien.compat.register import build_index, register
from mien.compat.represent import represent
from mien.compat.search import identify, search
from mien.compat.stream import stream, stream_frames
from mien.compat.verify import verify

__all__ = [
    "analyze",
    "build_index",
    "extract_faces",
    "find",
    "identify",
    "register",
    "represent",
    "search",
    "stream",
    "stream_frames",
    "verify",
]
