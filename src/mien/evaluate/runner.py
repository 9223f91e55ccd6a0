"""Running a predictor over a manifest: one face a sample, and a note of what became of every image."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from mien.errors import DatasetError, ImageError
from mien.evaluate.labels import Labels
from mien.evaluate.manifest import Sample
from mien.faces import Faces
from mien.geometry.boxes import area
from mien.media.images import read_image
from mien.media.paths import is_missing
from mien.media.result import printable

Predictor = Callable[[Path | bytes], Faces]
"""Finds and profiles the faces in an image file or its bytes; raises `ImageError` where it is none."""

FOUND: Final = "found"
WHOLE_CROP: Final = "whole crop"
NOT_FOUND: Final = "not found"
UNREADABLE: Final = "unreadable"


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What became of one sample.

    Attributes:
        name: of the sample.
        labels: what is true.
        status: `"found"`, `"whole crop"` (no face found in a crop, so all of it was taken), `"not found"` or
            `"unreadable"`.
        reason: why it could not be read, else empty.
        face: the one that is scored, as `Faces` of one row; `None` without one.
    """

    name: str
    labels: Labels
    status: str
    reason: str = ""
    face: Faces | None = None


def run(
    samples: Iterable[Sample],
    predictor: Predictor,
    *,
    crops: bool,
    progress: Callable[[int], None] = lambda done: None,
) -> list[Outcome]:
    """Every sample's outcome; unreadable images are noted and the run goes on.

    Args:
        samples: such as a `Manifest`.
        predictor: gives the faces of an image. For crops it gives a face with score 0 where the detector found none.
        crops: whether each image is one face cut out already.
        progress: called with the number of samples done.

    Raises:
        DatasetError: no image at all could be read.
    """
    outcomes = []
    for done, sample in enumerate(samples, start=1):
        outcomes.append(_outcome(sample, predictor, crops))
        progress(done)
    if outcomes and all(outcome.status == UNREADABLE for outcome in outcomes):
        first = outcomes[0]
        raise DatasetError(
            f"none of {len(outcomes)} images could be read; the first, {first.name}: {first.reason}; "
            "name the folder that their paths are relative to with --images"
        )
    return outcomes


def readable(samples: Iterable[Sample]) -> Iterator[NDArray[np.uint8]]:
    """The pictures (h, w, 3) uint8 RGB of those samples that can be read; `run` names the others."""
    for sample in samples:
        if sample.source is not None:
            try:
                image = read_image(sample.source)
            except ImageError:
                continue
            yield image


def _outcome(sample: Sample, predictor: Predictor, crops: bool) -> Outcome:
    def of(status: str, reason: str = "", face: Faces | None = None) -> Outcome:
        return Outcome(name=sample.name, labels=sample.labels, status=status, reason=printable(reason), face=face)

    if sample.source is None:
        return of(UNREADABLE, "the manifest names no image")
    if isinstance(sample.source, Path) and is_missing(sample.source):
        return of(UNREADABLE, f"no file at {sample.source}")
    try:
        faces = predictor(sample.source)
    except ImageError as error:
        return of(UNREADABLE, str(error))
    if len(faces) == 0:
        return of(NOT_FOUND)
    face = faces[[int(np.argmax(area(faces.boxes)))]]
    return of(WHOLE_CROP if crops and face.scores[0] == 0 else FOUND, face=face)
