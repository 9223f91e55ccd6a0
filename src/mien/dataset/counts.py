"""How the pictures of a part, or of a whole run, fared."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Self


@dataclass(frozen=True, kw_only=True)
class Counts:
    """Pictures by what became of them, and the faces in them.

    Attributes:
        ok: pictures with somebody in view.
        no_face: pictures with nobody.
        error: files that could not be read.
        faces: people, in all.
    """

    ok: int = 0
    no_face: int = 0
    error: int = 0
    faces: int = 0

    @property
    def pictures(self) -> int:
        """All of them."""
        return self.ok + self.no_face + self.error

    def __add__(self, other: Counts) -> Counts:
        return Counts(
            ok=self.ok + other.ok,
            no_face=self.no_face + other.no_face,
            error=self.error + other.error,
            faces=self.faces + other.faces,
        )

    def to_dict(self) -> dict[str, int]:
        """JSON-ready."""
        return {"pictures": self.pictures, **asdict(self)}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        """From what `to_dict` gave."""
        return cls(**{name: int(values[name]) for name in ("ok", "no_face", "error", "faces")})
