"""Verification (1:1): is somebody in one picture the same person as somebody in another?"""

from __future__ import annotations

import functools
import os
from typing import Final

import numpy as np

from mien.errors import NoFaceError
from mien.faces import Faces
from mien.geometry.boxes import area
from mien.identity.calibration import Calibration, default_calibration
from mien.identity.comparison import Comparison, compare
from mien.identity.similarity import similarities
from mien.media.images import ImageLimits, ImageSource
from mien.media.result import printable
from mien.models import embedding as embeddings
from mien.models import registry
from mien.models.session import Threads
from mien.pipeline import Profiler

FMR: Final = 1e-3
"""One pair of strangers in a thousand matches, where nothing else is asked for."""


class Verifier:
    """Compares the faces of two pictures; loaded once, called from many threads.

    Args:
        embedding: name of the network, out of `mien.models.embedding.NAMES`.
        calibration: of that network; by default the one in its card.
        detector: `yunet` or `haar`.
        threads: of one run of one network.
        limits: on the pictures' pixels and bytes.

    Raises:
        UnknownNameError: no such embedding or detector.
        ModelError: weights are missing or wrong, or the calibration is of another network.
    """

    def __init__(
        self,
        *,
        embedding: str = embeddings.NAME,
        calibration: Calibration | None = None,
        detector: str = "yunet",
        threads: Threads | None = None,
        limits: ImageLimits | None = None,
    ) -> None:
        embeddings.check_name(embedding)
        card = registry.card(embedding)
        self.calibration = default_calibration(embedding) if calibration is None else calibration
        self.calibration.check_model(card.name, card.sha256)
        self._profiler = Profiler(
            attributes=("quality", "embedding"), embedding=embedding, detector=detector, threads=threads, limits=limits
        )

    def verify(self, a: ImageSource, b: ImageSource, *, largest: bool = False, fmr: float = FMR) -> Comparison:
        """Every face of one picture against every face of the other.

        Args:
            a: path, bytes, binary file object, array or PIL image.
            b: likewise.
            largest: compare only the largest face of each.
            fmr: the false-match rate that the threshold shall stand for, for one pair of faces.

        Raises:
            NoFaceError: nobody is in one picture, or in both.
            ImageError: a picture cannot be read.
            InputError: there is no threshold for `fmr`.
        """
        threshold = self.calibration.threshold(fmr)
        found = {name: self._profiler.analyze(source) for name, source in (("first", a), ("second", b))}
        if empty := [
            _told(name, source) for (name, faces), source in zip(found.items(), (a, b), strict=True) if len(faces) == 0
        ]:
            raise NoFaceError(
                f"no face found in {' and none in '.join(empty)}, so there is nobody to compare; "
                "take pictures in which the face is seen from the front, 20 pixels wide or more"
            )
        one, other = (_largest(faces) if largest else faces for faces in found.values())
        assert one.embedding is not None  # asked of the profiler
        assert other.embedding is not None
        return compare(
            one,
            other,
            similarities(one.embedding, other.embedding),
            calibration=self.calibration,
            threshold=threshold,
            fmr=fmr,
        )


def verify(
    a: ImageSource, b: ImageSource, *, largest: bool = False, fmr: float = FMR, embedding: str = embeddings.NAME
) -> Comparison:
    """Whether two pictures show one person, with networks that stay loaded for the next call.

    Args:
        a: path, bytes, binary file object, array or PIL image.
        b: likewise.
        largest: compare only the largest face of each picture, not every face with every face.
        fmr: the false-match rate that the threshold shall stand for.
        embedding: `embedding`, or its slower and better teacher `sface`, which is fetched when it is first used.

    Raises:
        NoFaceError: nobody is in one picture, or in both.
        ImageError: a picture cannot be read.
        InputError: there is no threshold for `fmr`.
        UnknownNameError: no such embedding.
        ModelError: its weights are missing or wrong.
    """
    embeddings.check_name(embedding)
    return _shared_verifier(embedding).verify(a, b, largest=largest, fmr=fmr)


@functools.lru_cache(maxsize=len(embeddings.NAMES))
def _shared_verifier(embedding: str) -> Verifier:
    return Verifier(embedding=embedding)


def _largest(faces: Faces) -> Faces:
    return faces[[int(np.argmax(area(faces.boxes)))]]


def _told(name: str, source: ImageSource) -> str:
    return printable(source) if isinstance(source, (str, os.PathLike)) else f"the {name} picture"
