"""Finding faces as DeepFace's arguments ask for: what all its functions have in common."""

from __future__ import annotations

import functools
import os
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from mien.compat import names
from mien.compat.inputs import Picture, read
from mien.compat.notes import note
from mien.errors import InputError, NoFaceError
from mien.faces import Faces
from mien.media.result import printable
from mien.models import embedding
from mien.pipeline import Profiler

_KEPT: Final = 8  # sets of networks that stay loaded, each of some megabytes
_YUNET: Final = "yunet"


@dataclass(frozen=True, kw_only=True)
class FaceOptions:
    """The arguments that say how faces are found; the names and defaults are DeepFace's.

    Raises:
        InputError: one is out of its range, or asks for what Mien doesn't have.
    """

    detector_backend: str = "opencv"
    enforce_detection: bool = True
    align: bool = True
    expand_percentage: int = 0
    normalization: str = "base"
    anti_spoofing: bool = False
    silent: bool = False
    strict: bool = False
    allow_urls: bool = False

    def __post_init__(self) -> None:
        if self.anti_spoofing:
            raise InputError(
                "anti_spoofing: Mien has no network that tells a face from a picture of one, and does not make up an "
                "answer; leave it out, and check with a test made for it that somebody is there"
            )
        if isinstance(self.expand_percentage, bool) or not isinstance(self.expand_percentage, (int, float)):
            raise InputError(f"expand_percentage must be a number, got {self.expand_percentage!r}; 0 expands nothing")
        if not self.expand_percentage >= 0:
            raise InputError(f"expand_percentage must be 0 or more, got {self.expand_percentage!r}")
        names.check_normalization(self.normalization, silent=self.silent)
        self.detector  # noqa: B018 - refused now, whatever comes of the pictures

    @property
    def detector(self) -> str | None:
        """Ours; `None` where pictures are a face cut out."""
        return names.detector(self.detector_backend, strict=self.strict, silent=self.silent)


@dataclass(frozen=True, kw_only=True, eq=False)
class Looked:
    """A picture and its faces.

    Attributes:
        image: (h, w, 3) uint8 RGB.
        faces: at least one.
        whole: whether the picture as a whole stands for the one face, and its box and score mean nothing.
        found: whether there is a face, as far as anybody knows: one was found, or the caller says so.
        expand_percentage: by how much boxes are made larger.
    """

    image: NDArray[np.uint8]
    faces: Faces
    whole: bool
    found: bool
    expand_percentage: float

    def areas(self) -> Iterator[dict[str, Any]]:
        """Where every face is, with the keys `x`, `y`, `w`, `h` and, of the person, `left_eye` and `right_eye`."""
        return (self._area(row) for row in range(len(self.faces)))

    def confidences(self) -> list[float]:
        """Of the detector; 0 where there was none to ask."""
        return [0.0 if self.whole else round(float(score), 4) for score in self.faces.scores]

    def _area(self, row: int) -> dict[str, Any]:
        height, width = self.image.shape[:2]
        if self.whole:
            return {"x": 0, "y": 0, "w": width, "h": height, "left_eye": None, "right_eye": None}
        x1, y1, x2, y2 = (float(v) for v in self.faces.boxes[row])
        more = self.expand_percentage / 200  # on either side
        dx, dy = (x2 - x1) * more, (y2 - y1) * more
        left, right = (round(min(max(v, 0), width)) for v in (x1 - dx, x2 + dx))
        top, bottom = (round(min(max(v, 0), height)) for v in (y1 - dy, y2 + dy))
        assert self.faces.keypoints is not None  # all detectors give them
        right_eye, left_eye = ((round(float(x)), round(float(y))) for x, y in self.faces.keypoints[row, :2])
        return {
            "x": left,
            "y": top,
            "w": right - left,
            "h": bottom - top,
            "left_eye": left_eye,
            "right_eye": right_eye,
        }


def look(
    picture: Picture, attributes: tuple[str, ...], options: FaceOptions, *, network: str = embedding.NAME
) -> Looked:
    """The faces of a picture.

    Where none is found and `enforce_detection` is off, the picture is taken for one face cut out: it is looked at once
    more, enlarged, and where that finds none either the whole of it stands for a face.

    Args:
        picture: as DeepFace takes it.
        attributes: out of `mien.pipeline.ATTRIBUTES`.
        options: how to find them.
        network: for embeddings.

    Raises:
        NoFaceError: there is none, and `enforce_detection` is on.
        ImageError: the picture cannot be read.
        ModelError: a network is missing or wrong.
    """
    return look_at(read(picture, allow_urls=options.allow_urls), attributes, options, network=network, name=picture)


def look_at(
    image: NDArray[np.uint8],
    attributes: tuple[str, ...],
    options: FaceOptions,
    *,
    network: str = embedding.NAME,
    name: Picture | None = None,
) -> Looked:
    """The same for an image that was read, (h, w, 3) uint8 RGB."""
    detector, expand = options.detector, options.expand_percentage
    if detector is not None:
        faces = _profiler(attributes, detector, network, False).analyze(image)
        if len(faces):
            return Looked(image=image, faces=faces, whole=False, found=True, expand_percentage=expand)
        if options.enforce_detection:
            raise NoFaceError(
                f"no face found in {_told(name)}; take a picture in which it is seen from the front, or set "
                "enforce_detection=False to take the whole picture for one"
            )
    faces = _profiler(attributes, _YUNET, network, True).analyze(image)
    whole = detector is None or not faces.scores[0] > 0
    return Looked(image=image, faces=faces, whole=whole, found=detector is None or not whole, expand_percentage=expand)


def note_alignment(options: FaceOptions) -> None:
    """Tell that faces are turned upright for our networks, whatever `align` says."""
    if not (options.align or options.silent):
        note("align=False has no effect: Mien's networks were made for faces that are turned upright")


@functools.lru_cache(maxsize=_KEPT)
def _profiler(attributes: tuple[str, ...], detector: str, network: str, crops: bool) -> Profiler:
    return Profiler(attributes=attributes, detector=detector, embedding=network, crops=crops)


def _told(picture: Picture | None) -> str:
    if isinstance(picture, os.PathLike) or (isinstance(picture, str) and len(picture) < 200):
        return printable(picture)
    return "the picture"
