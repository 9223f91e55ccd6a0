"""`Profiler`: an ordered list of stages from a picture to `Faces`, loaded once and called from many threads."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import fields
from typing import Final, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from mien.errors import InputError, PipelineError, UnknownNameError
from mien.faces import Faces
from mien.media.images import ImageLimits, ImageSource, read_image
from mien.models import demographics, detectors, emotion, registry
from mien.models.cropped import CANVAS_PX, CROP_SCORE_THRESHOLD, CroppedFaceDetector
from mien.models.session import Threads
from mien.quality import Quality

LONG_SIDE_PX: Final = 640
"""Pictures are shrunk to this before detection; see `benchmarks/detection.py` for recall against time."""


_Settings = TypeVar("_Settings", Threads, ImageLimits)


class Stage(Protocol):
    """One step: takes what `requires` names from the faces and adds what `provides` names."""

    @property
    def requires(self) -> frozenset[str]:
        """Columns of `Faces` that must be there."""

    @property
    def provides(self) -> frozenset[str]:
        """Columns that are there afterwards."""

    def __call__(self, image: NDArray[np.uint8], faces: Faces) -> Faces:
        """The faces in an (h, w, 3) uint8 RGB image, with what this stage provides."""


class Detect:
    """The first stage: replaces the faces with those that a detector finds."""

    requires: Final[frozenset[str]] = frozenset()
    provides: Final = frozenset({"keypoints"})

    def __init__(self, detector: detectors.Detector) -> None:
        self._detector = detector

    def __call__(self, image: NDArray[np.uint8], faces: Faces) -> Faces:
        """All faces in the picture, best score first."""
        boxes, scores, keypoints = self._detector.detect(image)
        return Faces(boxes=boxes, scores=scores, keypoints=keypoints)


def _demographics(threads: Threads) -> Stage:
    return demographics.Demographics(registry.session(demographics.NAME, threads), registry.card(demographics.NAME))


def _emotion(threads: Threads) -> Stage:
    return emotion.Emotion(registry.session(emotion.NAME, threads), registry.card(emotion.NAME))


def _quality(threads: Threads) -> Stage:
    return Quality()


_STAGES: Final[Sequence[tuple[frozenset[str], Callable[[Threads], Stage]]]] = (
    (Quality.provides, _quality),
    (demographics.Demographics.provides, _demographics),
    (emotion.Emotion.provides, _emotion),
)
ATTRIBUTES: Final = ("age", "gender", "race", "emotion", "quality")
"""What a profile can hold."""
_COLUMNS: Final[Mapping[str, tuple[str, ...]]] = {
    "age": ("age", "age_interval", "age_coverage"),
    "quality": ("quality", "quality_reasons"),
}
"""Columns of an attribute, where they are more than the one of its name."""


class Profiler:
    """Finds the faces in pictures and profiles each.

    Args:
        attributes: what to compute, out of `ATTRIBUTES`; networks that none of them needs are not loaded.
        detector: name of a detector, `yunet` or `haar`.
        long_side: pixels that pictures are shrunk to for detection; with `crops` of no effect, for those are brought
            to a size of their own.
        threads: of one run of one network.
        limits: on the pictures' pixels and bytes.
        crops: pictures are one face cut out already, and exactly one is found in each; see `CroppedFaceDetector`.

    Raises:
        UnknownNameError: no such attribute or detector; the nearest names are suggested.
        InputError: a setting is not of its type, or `long_side` is too small.
        ModelError: a network's weights are missing or not what its card says.
    """

    def __init__(
        self,
        *,
        attributes: Iterable[str] = ATTRIBUTES,
        detector: str = "yunet",
        long_side: int = LONG_SIDE_PX,
        threads: Threads | None = None,
        limits: ImageLimits | None = None,
        crops: bool = False,
    ) -> None:
        self.attributes = _known(attributes)
        self._limits = _checked("limits", limits, ImageLimits)
        threads = _checked("threads", threads, Threads)
        self.stages = check_stages(
            [
                Detect(_detector(detector, long_side, threads, crops)),
                *(load(threads) for provides, load in _STAGES if provides & set(self.attributes)),
            ]
        )
        provided = frozenset().union(*(stage.provides for stage in self.stages))
        self._dropped = [
            column
            for name in ATTRIBUTES
            if name in provided and name not in self.attributes
            for column in _COLUMNS.get(name, (name,))
        ]

    def analyze(self, source: ImageSource) -> Faces:
        """Profiles of all faces in a picture; `len` 0 where there is nobody.

        Args:
            source: path, bytes, binary file object, array or PIL image.

        Raises:
            ImageError: the picture cannot be read, with the reason.
        """
        image = read_image(source, limits=self._limits)
        faces = Faces.empty()
        for stage in self.stages:
            faces = stage(image, faces)
        return faces.replace(**dict.fromkeys(self._dropped)) if self._dropped else faces


def analyze(source: ImageSource, *, attributes: Iterable[str] = ATTRIBUTES, detector: str = "yunet") -> Faces:
    """Profiles of all faces in a picture, with networks that stay loaded for the next call.

    Args:
        source: path, bytes, binary file object, array or PIL image.
        attributes: what to compute, out of `ATTRIBUTES`.
        detector: `yunet` or `haar`.

    Raises:
        ImageError: the picture cannot be read, with the reason.
        UnknownNameError: no such attribute or detector.
        InputError: `attributes` or `detector` are no names.
    """
    detectors.check_name(detector)
    return _shared_profiler(_known(attributes), detector).analyze(source)


@functools.lru_cache(maxsize=8)
def _shared_profiler(attributes: tuple[str, ...], detector: str) -> Profiler:
    return Profiler(attributes=attributes, detector=detector)


def check_stages(stages: Sequence[Stage]) -> Sequence[Stage]:
    """The stages, if each finds what it requires.

    Raises:
        PipelineError: a stage requires what none before it provides.
    """
    there: frozenset[str] = frozenset()
    for stage in stages:
        if missing := stage.requires - there:
            raise PipelineError(
                f"{type(stage).__name__} requires {', '.join(sorted(missing))}, which no stage before it provides; "
                "put one that does in front of it"
            )
        there |= stage.provides
    return stages


def _known(attributes: Iterable[str]) -> tuple[str, ...]:
    """The attributes in the order of `ATTRIBUTES`, each once."""
    if isinstance(attributes, str) or not isinstance(attributes, Iterable):
        remedy = f'write ["{attributes}"]' if isinstance(attributes, str) else f"write {list(ATTRIBUTES)}"
        raise InputError(f"attributes must be a list of names, got {attributes!r}; {remedy}")
    asked = set()
    for name in attributes:
        if not isinstance(name, str):
            raise InputError(f"attributes must be names, got {name!r}; known: {', '.join(ATTRIBUTES)}")
        if name not in ATTRIBUTES:
            raise UnknownNameError("attribute", name, ATTRIBUTES)
        asked.add(name)
    return tuple(name for name in ATTRIBUTES if name in asked)


def _checked(name: str, value: _Settings | None, wanted: type[_Settings]) -> _Settings:
    """The settings, or the default ones for None."""
    if value is None:
        return wanted()
    if not isinstance(value, wanted):
        example = fields(wanted)[0].name
        raise InputError(
            f"{name} must be {wanted.__name__}, got {value!r}; write {name}={wanted.__name__}({example}={value!r})"
        )
    return value


def _detector(name: str, long_side: int, threads: Threads, crops: bool) -> detectors.Detector:
    detectors.check_long_side(long_side)
    if not crops:
        return detectors.load(name, long_side=long_side, threads=threads)
    found = detectors.load(name, long_side=CANVAS_PX, threads=threads, score_threshold=CROP_SCORE_THRESHOLD)
    return CroppedFaceDetector(found)
