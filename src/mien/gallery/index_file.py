"""The approximate index beside an SQLite gallery: a file that may be deleted at any time, and is never trusted blindly.

The gallery holds a token for it that is drawn anew with every writing, and the file begins with the same token. So a
file that belongs to another state of the gallery, such as after a backup was restored, is told apart and not used; what
was enrolled since is added by who reads it.
"""

from __future__ import annotations

import hashlib
import json
import secrets
from pathlib import Path
from typing import Any, Final

import numpy as np

from mien.errors import GalleryDamagedError
from mien.gallery.approximate_index import ApproximateIndex
from mien.gallery.database import Database
from mien.media.atomic import PartialFile, output_errors
from mien.media.paths import is_file

_FORMAT: Final = "mien gallery index 1"
_NUMBERS: Final = np.dtype("<i8")
_LONGEST_HEADER: Final = 1000  # bytes


class IndexFile:
    """Reads and writes the file.

    Args:
        database: of the gallery.
        path: of the file.
    """

    def __init__(self, database: Database, path: Path) -> None:
        self._database = database
        self._path = path

    def exists(self) -> bool:
        """Whether there is one, of whatever state of the gallery."""
        return is_file(self._path)

    def remove(self) -> None:
        """Delete it.

        Raises:
            OutputError: that is not possible.
        """
        with output_errors(self._path):
            self._path.unlink(missing_ok=True)

    def read(self) -> ApproximateIndex | None:
        """The index; `None` where there is no file, or one that is damaged or of another state of the gallery."""
        known = self._database.rows("SELECT token, gallery.model FROM index_file, gallery")
        try:
            content = self._path.read_bytes()
        except OSError:  # whatever the reason, the index is made anew
            return None
        header, body = _split(content)
        if (header.get("token"), header.get("model")) not in known:
            return None
        if header.get("sha256") != _digest(body):
            return None
        end = int(header["vectors"]) * _NUMBERS.itemsize
        numbers = np.frombuffer(body[:end], _NUMBERS).astype(np.int64)
        try:
            return ApproximateIndex.from_bytes(body[end:], numbers, int(header["learned_at"]))
        except GalleryDamagedError:  # written by another version of Faiss
            return None

    def write(self, index: ApproximateIndex) -> None:
        """Put the index in the place of the one before, whole or not at all.

        Raises:
            OutputError: the file cannot be written.
            GalleryUnavailableError: the gallery cannot be written.
        """
        body = [index.numbers.astype(_NUMBERS).data, index.to_bytes()]
        ((model,),) = self._database.rows("SELECT model FROM gallery")
        header = {
            "format": _FORMAT,
            "token": secrets.token_hex(16),
            "model": model,
            "vectors": len(index),
            "learned_at": index.learned_at,
            "sha256": _digest(*body),
        }
        partial = PartialFile(self._path)
        try:
            with output_errors(self._path), partial.path.open("wb") as file:
                file.write(json.dumps(header).encode() + b"\n")
                file.writelines(body)
            with self._database.writing():
                self._database.run(
                    "INSERT INTO index_file VALUES (1, ?) ON CONFLICT (only_row) DO UPDATE SET token = excluded.token",
                    header["token"],
                )
                partial.finish()
        finally:
            partial.discard()


def _digest(*parts: memoryview) -> str:
    digest = hashlib.sha256()
    for part in parts:
        digest.update(part)
    return digest.hexdigest()


def _split(content: bytes) -> tuple[dict[str, Any], memoryview]:
    """The header, empty where there is none of ours, and what follows it."""
    end = content.find(b"\n", 0, _LONGEST_HEADER)
    try:
        header = json.loads(content[: max(end, 0)])
    except ValueError:
        return {}, memoryview(b"")
    if not isinstance(header, dict) or header.get("format") != _FORMAT:
        return {}, memoryview(b"")
    return header, memoryview(content)[end + 1 :]
