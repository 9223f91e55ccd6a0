"""`Profiler`: an ordered list of stages from a picture to `Faces`, loaded once and called from many threads."""

from __future__ import annotations

import functools
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import fields
from typing import Final, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from mien.errors import InputError, PipelineError, UnknownNameError
from mien.faces import Faces
from mien.media.images import ImageLimits, ImageSource, read_image
from mien.models import detectors
from mien.models import embedding as embeddings
from mien.models.cropped import CANVAS_PX, CROP_SCORE_THRESHOLD, CroppedFaceDetector
from mien.models.session import Threads
from mien.profiles import ATTRIBUTES as ATTRIBUTES
from mien.profiles import DEFAULT, PROFILES, Profile, find_profile

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


DEFAULT_ATTRIBUTES: Final = PROFILES[DEFAULT].usual
"""What a profile holds where nothing else is asked for."""
_COLUMNS: Final[Mapping[str, tuple[str, ...]]] = {
    "age": ("age", "age_interval", "age_coverage"),
    "quality": ("quality", "quality_reasons"),
}
"""Columns of an attribute, where they are more than the one of its name."""


class Profiler:
    """Finds the faces in pictures and profiles each.

    Args:
        attributes: what to compute, out of `ATTRIBUTES`; networks that none of them needs are not loaded. None is what
            the profile usually tells.
        detector: name of a detector, `yunet` or `haar`; None is the profile's own.
        profile: name of the networks to use, out of `mien.profiles.PROFILES`.
        embedding: name of the network behind the attribute `embedding`, out of `mien.models.embedding.NAMES`;
            embeddings of different networks cannot be compared.
        long_side: pixels that pictures are shrunk to for detection; with `crops` of no effect, for those are brought
            to a size of their own.
        threads: of one run of one network.
        limits: on the pictures' pixels and bytes.
        crops: pictures are one face cut out already, and exactly one is found in each; see `CroppedFaceDetector`.

    Raises:
        UnknownNameError: no such attribute, detector, profile or embedding; the nearest names are suggested.
        InputError: a setting is not of its type, `long_side` is too small, or the profile does not tell an attribute.
        ModelError: a network's weights are missing or not what its card says.
    """

    def __init__(
        self,
        *,
        attributes: Iterable[str] | None = None,
        detector: str | None = None,
        profile: str = DEFAULT,
        embedding: str = embeddings.NAME,
        long_side: int = LONG_SIDE_PX,
        threads: Threads | None = None,
        limits: ImageLimits | None = None,
        crops: bool = False,
    ) -> None:
        way = find_profile(profile)
        self.attributes = known_attributes(way.usual if attributes is None else attributes)
        way.check(self.attributes)
        self._limits = _checked("limits", limits, ImageLimits)
        threads = _checked("threads", threads, Threads)
        embeddings.check_name(embedding)
        detect = Detect(_detector(way.detector if detector is None else detector, way, long_side, threads, crops))
        stages = attribute_stages(self.attributes, profile=profile, embedding=embedding, threads=threads)
        self.stages = check_stages([detect, *stages])
        self._beside = beside(self.stages, self.attributes)

    def analyze(self, source: ImageSource) -> Faces:
        """Profiles of all faces in a picture; `len` 0 where there is nobody.

        Args:
            source: path, bytes, binary file object, array or PIL image.

        Raises:
            ImageError: the picture cannot be read, with the reason.
        """
        return without(self._beside, run_stages(self.stages, read_image(source, limits=self._limits)))


def analyze(
    source: ImageSource,
    *,
    attributes: Iterable[str] | None = None,
    detector: str | None = None,
    profile: str = DEFAULT,
) -> Faces:
    """Profiles of all faces in a picture, with networks that stay loaded for the next call.

    Args:
        source: path, bytes, binary file object, array or PIL image.
        attributes: what to compute, out of `ATTRIBUTES`; None is what the profile usually tells.
        detector: `yunet` or `haar`; None is the profile's own.
        profile: name of the networks to use, out of `mien.profiles.PROFILES`.

    Raises:
        ImageError: the picture cannot be read, with the reason.
        UnknownNameError: no such attribute, detector or profile.
        InputError: `attributes`, `detector` or `profile` are no names, or the profile does not tell an attribute.
    """
    way = find_profile(profile)
    detector = way.detector if detector is None else detector
    detectors.check_name(detector)
    asked = known_attributes(way.usual if attributes is None else attributes)
    return _shared_profiler(asked, detector, profile).analyze(source)


@functools.lru_cache(maxsize=8)
def _shared_profiler(attributes: tuple[str, ...], detector: str, profile: str) -> Profiler:
    return Profiler(attributes=attributes, detector=detector, profile=profile)


def attribute_stages(
    attributes: Iterable[str], *, profile: str = DEFAULT, embedding: str = embeddings.NAME, threads: Threads
) -> list[Stage]:
    """The stages behind the detector, in order; networks that none of the attributes needs are not loaded.

    Args:
        attributes: out of `ATTRIBUTES`; embeddings, and else what the profile tells.
        profile: as of `Profiler`.
        embedding: as of `Profiler`.
        threads: of one run of one network.

    Raises:
        ModelError: a network's weights are missing or not what its card says.
    """
    wanted = set(attributes)
    stages = [load(threads) for loaded_for, load in find_profile(profile).stages if loaded_for & wanted]
    if "embedding" in wanted:
        stages.append(embeddings.embedding_stage(embedding, threads))
    return stages


def beside(stages: Iterable[Stage], attributes: Iterable[str]) -> tuple[str, ...]:
    """What of `ATTRIBUTES` the stages provide beside what is asked for."""
    provided = frozenset[str]().union(*(stage.provides for stage in stages))
    return tuple(name for name in ATTRIBUTES if name in provided and name not in attributes)


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


def run_stages(stages: Iterable[Stage], image: NDArray[np.uint8]) -> Faces:
    """The faces in an (h, w, 3) uint8 RGB image, by one stage after the other."""
    faces = Faces.empty()
    for stage in stages:
        faces = stage(image, faces)
    return faces


def columns_of(attributes: Iterable[str]) -> tuple[str, ...]:
    """The columns of `Faces` that attributes are told by."""
    return tuple(column for name in attributes for column in _COLUMNS.get(name, (name,)))


def without(attributes: Sequence[str], faces: Faces) -> Faces:
    """The faces without these attributes."""
    if not attributes:
        return faces
    columns = columns_of(attributes)
    unsure = {name: flags for name, flags in faces.unsure.items() if name not in attributes}
    return faces.replace(**dict.fromkeys(columns), unsure=unsure)


def known_attributes(attributes: Iterable[str]) -> tuple[str, ...]:
    """The attributes in the order of `ATTRIBUTES`, each once.

    Raises:
        UnknownNameError: there is none of that name; the nearest are suggested.
        InputError: these are no names.
    """
    if isinstance(attributes, str) or not isinstance(attributes, Iterable):
        remedy = f'write ["{attributes}"]' if isinstance(attributes, str) else f"write {list(DEFAULT_ATTRIBUTES)}"
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


def _detector(name: str, way: Profile, long_side: int, threads: Threads, crops: bool) -> detectors.Detector:
    detectors.check_long_side(long_side)
    if not crops:
        return detectors.load(name, long_side=long_side, threads=threads)
    found = detectors.load(name, long_side=CANVAS_PX, threads=threads, score_threshold=CROP_SCORE_THRESHOLD)
    return CroppedFaceDetector(found, whole=way.whole)
