"""What a gallery holds, as values: people, their templates, and which network these are of."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from mien.models import registry


@dataclass(frozen=True)
class ModelId:
    """A network: embeddings of different ones cannot be compared.

    Attributes:
        name: as `mien models list` has it.
        sha256: of its file.
    """

    name: str
    sha256: str

    @classmethod
    def of(cls, embedding: str) -> Self:
        """The installed network of that name.

        Raises:
            UnknownNameError: there is none.
            ModelError: its card is missing or cannot be read.
        """
        card = registry.card(embedding)
        return cls(card.name, card.sha256)

    def __str__(self) -> str:
        return f"{self.name} {self.sha256[:8]}"


@dataclass(frozen=True, kw_only=True)
class Person:
    """Somebody in the gallery.

    Attributes:
        id: stays whatever the name becomes.
        name: `None` for people whom nobody has named yet.
        notes: free text.
        consent: how and when the person agreed, in the words of who enrolled them.
        created_at: when they were enrolled, ISO 8601, UTC.
        templates: how many there are.
        crops: for how many of them the face's picture was kept.
    """

    id: str
    name: str | None
    notes: str | None
    consent: str | None
    created_at: str
    templates: int
    crops: int

    @property
    def label(self) -> str:
        """The name, or the id of someone without one."""
        return self.name or self.id

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready."""
        return asdict(self)


@dataclass(frozen=True, kw_only=True)
class Template:
    """One face of a person, without its vector.

    Attributes:
        number: in the gallery; later ones have higher numbers.
        model: that its vector is of.
        quality: 0–1, of the face in the photo; `None` where it is not known.
        photo: what the photo was called.
        photo_sha256: of the photo's file, or of its pixels where it was none.
        created_at: ISO 8601, UTC.
        has_crop: whether the face's picture was kept.
    """

    number: int
    model: ModelId
    quality: float | None
    photo: str
    photo_sha256: str
    created_at: str
    has_crop: bool

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready."""
        return asdict(self)


@dataclass(frozen=True, kw_only=True, eq=False)
class Crop:
    """A face's picture, kept so that it can be shown and embedded anew.

    Attributes:
        jpeg: the file.
        keypoints: (5, 2) pixels in it.
    """

    jpeg: bytes
    keypoints: NDArray[np.float32]


@dataclass(frozen=True, kw_only=True, eq=False)
class NewTemplate:
    """A face to be enrolled; the attributes are those of `Template`, and `vector` is (d,) with L2 norm 1."""

    vector: NDArray[np.float32]
    quality: float | None
    photo: str
    photo_sha256: str
    crop: Crop | None = None
    created_at: str | None = None


def now() -> str:
    """This moment, ISO 8601 in UTC.

    >>> now()[-6:]
    '+00:00'
    """
    return datetime.now(UTC).isoformat(timespec="seconds")
