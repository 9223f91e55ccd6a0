"""People whom nobody has named yet: the faces of many photos, those of one person in one group."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from mien.errors import ImageError
from mien.gallery.clusters import cluster
from mien.gallery.enrolment import Outcome, Rules
from mien.gallery.face_reader import FaceReader
from mien.gallery.look import poor, template_of
from mien.gallery.photos import Photo, read_ahead
from mien.gallery.records import NewTemplate
from mien.gallery.search import Match
from mien.identity.calibration import Calibration

FMR: Final = 1e-3
"""Of the mean similarity inside a group: on LAG's photos, young and adult, this gives the best trade of groups that are
pure for groups that are whole; at 1e-2 three in ten faces are in a group with strangers, at 1e-3 one in ten."""

Name = Callable[[NDArray[np.float32], NDArray[np.float32]], tuple[Match, ...]]
"""Embeddings (n, d) and quality (n,) to what the gallery says."""


@dataclass(frozen=True, kw_only=True, eq=False)
class GroupedFace:
    """A face, and with whom it is.

    Attributes:
        photo: that it is in.
        box: (4,) pixels.
        quality: 0–1.
        identity: name, or id of somebody without one, where the gallery knows the face.
        group: from 1 on, the largest first; `None` where the gallery knows it, or the picture is too poor.
        template: as it would be enrolled; only with a group.
    """

    photo: str
    box: NDArray[np.float32]
    quality: float
    identity: str | None = None
    group: int | None = None
    template: NewTemplate | None = None

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready."""
        return {
            "photo": self.photo,
            "box": [round(value, 1) for value in self.box.tolist()],
            "quality": round(self.quality, 3),
            "identity": self.identity,
            "group": self.group,
        }


@dataclass(frozen=True, kw_only=True, eq=False)
class Groups:
    """What was found.

    Attributes:
        faces: in the order of the photos.
        threshold: least mean similarity inside a group.
        unread: photos that could not be read, with the reason.
    """

    faces: tuple[GroupedFace, ...]
    threshold: float
    unread: tuple[Outcome, ...]

    @property
    def count(self) -> int:
        """How many groups there are."""
        return max((face.group or 0 for face in self.faces), default=0)

    def group(self, number: int) -> list[GroupedFace]:
        """The faces of one, in the order of the photos."""
        return [face for face in self.faces if face.group == number]


def group_photos(
    photos: Iterable[Photo],
    reader: FaceReader,
    name: Name,
    calibration: Calibration,
    *,
    fmr: float = FMR,
    rules: Rules,
    progress: Callable[[], None] | None = None,
) -> Groups:
    """Groups all faces that the gallery does not know.

    Args:
        photos: where people are.
        reader: of the gallery's network.
        name: what the gallery says of faces.
        calibration: of that network.
        fmr: the share of strangers that the mean similarity inside a group may stand for.
        rules: how good a face must be, and whether crops are kept.
        progress: called after each photo.

    Raises:
        InputError: there is no threshold for `fmr`, or too many faces hang together.
    """
    threshold = calibration.threshold(fmr)
    faces: list[GroupedFace] = []
    places: list[int] = []  # of the photo, for the faces that are grouped
    unread = []
    for place, (photo, read) in enumerate(read_ahead(photos, reader.limits)):
        if isinstance(read, ImageError):
            reason = str(read).removeprefix(f"{photo.label}: ")
            unread.append(Outcome(photo=photo.label, status="error", reason=reason))
        else:
            found = reader.faces(read.image)
            assert found.embedding is not None  # the reader asks for both
            assert found.quality is not None
            for face, match in zip(found, name(found.embedding, found.quality), strict=True):
                one = GroupedFace(photo=photo.label, box=face.box, quality=face.quality or 0.0, identity=match.label)
                if match.label is None and poor(face, rules) is None:
                    template = template_of(face, read.image, photo.label, read.sha256, rules)
                    one = replace(one, template=template)
                    places.append(place)
                faces.append(one)
        if progress is not None:
            progress()
    templates = [face.template for face in faces if face.template is not None]
    if not templates:
        return Groups(faces=tuple(faces), threshold=threshold, unread=tuple(unread))
    vectors = np.stack([template.vector for template in templates])
    groups = iter((cluster(vectors, np.array(places), threshold) + 1).tolist())
    grouped = tuple(face if face.template is None else replace(face, group=next(groups)) for face in faces)
    return Groups(faces=grouped, threshold=threshold, unread=tuple(unread))
