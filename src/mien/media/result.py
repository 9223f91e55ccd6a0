"""`Result`: what became of one picture."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from typing import Any, Literal, Self

from mien.faces import Faces

Status = Literal["ok", "no_face", "error"]


@dataclass(frozen=True, kw_only=True)
class Result:
    """What became of one picture.

    Attributes:
        path: as it was given.
        status: `ok`, `no_face` where nobody is in view, `error` where the file could not be read.
        reason: why it could not be read; None otherwise.
        width: pixels; None where it could not be read.
        height: pixels; None where it could not be read.
        faces: the people in it.
    """

    path: str
    status: Status
    reason: str | None = None
    width: int | None = None
    height: int | None = None
    faces: Faces = field(default_factory=Faces.empty)

    @classmethod
    def read(cls, path: str | os.PathLike[str], faces: Faces, *, width: int, height: int) -> Self:
        """Of a picture that was read."""
        status: Status = "ok" if len(faces) else "no_face"
        return cls(path=printable(path), status=status, width=width, height=height, faces=faces)

    @classmethod
    def failed(cls, path: str | os.PathLike[str], error: Exception) -> Self:
        """Of a file that could not be read."""
        text = printable(path)
        return cls(path=text, status="error", reason=printable(str(error)).removeprefix(f"{text}: "))

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready, the faces laid out as the design's section 5."""
        return {
            "path": self.path,
            "status": self.status,
            "reason": self.reason,
            "width": self.width,
            "height": self.height,
            "faces": self.faces.to_dicts(),
        }


def printable(path: str | os.PathLike[str]) -> str:
    r"""A path, or a text with one in it; bytes that are not UTF-8 become `\udcff`, so that every output can hold it."""
    return os.fspath(path).encode("utf-8", "backslashreplace").decode()
