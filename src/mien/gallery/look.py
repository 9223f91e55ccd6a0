"""Looking at photos of a person: is there one face, and is it good enough to be compared with?"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from mien.errors import ImageError
from mien.face import Face
from mien.faces import Faces
from mien.gallery import crops
from mien.gallery.enrolment import Outcome, Rules
from mien.gallery.face_reader import FaceReader
from mien.gallery.photos import Photo, Pixels, read_ahead
from mien.gallery.records import NewTemplate


def look_at(
    photos: Sequence[Photo], reader: FaceReader, rules: Rules, known: Callable[[Photo], Outcome | None]
) -> Iterator[Outcome | NewTemplate]:
    """For each photo in order the template that its face makes, or why there is none.

    Args:
        photos: of one person.
        reader: of the gallery's network.
        rules: what is enrolled.
        known: what there is to say of a photo before it is read; `None` for all that are to be read. So a run that was
            interrupted goes on quickly.
    """
    outcomes = [known(photo) for photo in photos]
    unread = (photo for photo, outcome in zip(photos, outcomes, strict=True) if outcome is None)
    pictures = read_ahead(unread, reader.limits)
    for outcome in outcomes:
        yield _look(*next(pictures), reader, rules) if outcome is None else outcome


def _look(photo: Photo, read: Pixels | ImageError, reader: FaceReader, rules: Rules) -> Outcome | NewTemplate:
    if isinstance(read, ImageError):
        reason = str(read).removeprefix(f"{photo.label}: ")
        return Outcome(photo=photo.label, status="error", reason=reason)
    face = choose(reader.faces(read.image), rules)
    if isinstance(face, str):
        return Outcome(photo=photo.label, status="refused", reason=face)
    return template_of(face, read.image, photo.label, read.sha256, rules)


def choose(faces: Faces, rules: Rules) -> Face | str:
    """The face to be enrolled, or why there is none."""
    if len(faces) == 0:
        return "no face found"
    if len(faces) > 1 and not rules.largest:
        return f"{len(faces)} faces; crop it to one, or take the largest with --largest"
    sides = faces.boxes[:, 2:] - faces.boxes[:, :2]
    face = faces[int(np.argmax(sides.prod(1)))]
    return poor(face, rules) or face


def poor(face: Face, rules: Rules) -> str | None:
    """Why a face is not good enough; `None` where it is."""
    quality = face.quality or 0.0
    if quality >= rules.least_quality:
        return None
    why = ", ".join(face.quality_reasons or ()) or "a little of everything"
    return f"poor picture: {why} (quality {quality:.2f}, wanted {rules.least_quality:g})"


def template_of(face: Face, image: NDArray[np.uint8], photo: str, sha256: str, rules: Rules) -> NewTemplate:
    """A face as it would be enrolled.

    Args:
        face: with embedding and keypoints.
        image: (h, w, 3) uint8 RGB that it is in.
        photo: what that is called.
        sha256: of the photo.
        rules: whether its crop is kept.
    """
    assert face.embedding is not None  # the reader asks for it
    return NewTemplate(
        vector=face.embedding,
        quality=face.quality,
        photo=photo,
        photo_sha256=sha256,
        crop=crops.cut(image, face) if rules.keep_crops else None,
    )
