"""`Networks`: what finds and reads faces in a stream, loaded once and shared by any number of streams."""

from __future__ import annotations

import functools
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from mien.live.tracker_config import TrackerConfig
from mien.models import demographics, detectors, emotion, landmarks, registry
from mien.models import embedding as embeddings
from mien.models.session import Threads
from mien.models.thresholds import Thresholds
from mien.models.unsure import Judge
from mien.pipeline import (
    DEFAULT_ATTRIBUTES,
    Detect,
    Stage,
    attribute_stages,
    beside,
    check_stages,
    known_attributes,
)
from mien.profiles import DEFAULT, find_profile

LONG_SIDE_PX: Final = 800
"""Frames are shrunk to this before detection: less than photos, for people in streams stand farther away, and those who
are found in more frames keep their ids better (`benchmarks/tracking.py`)."""
QUALITY: Final = "quality"
_KEPT: Final = 4  # sets of networks that stay loaded, each of some megabytes
_NAMES: Final[Mapping[str, str]] = {
    "quality": QUALITY,
    "age": demographics.NAME,
    "emotion": emotion.NAME,
    "landmarks": landmarks.NAME,
    "embedding": embeddings.NAME,
}
"""A column that a stage provides → what `mien.live.schedule_policy` calls the stage."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Networks:
    """The stages of a stream; they may run in any number of threads at once.

    Attributes:
        detect: finds faces, down to the low scores that continue tracks.
        readers: name → stage that reads faces, in the order to run them: the quality first, which all others weigh by.
        attributes: what people are to be told by, out of `mien.pipeline.ATTRIBUTES`.
        hidden: what the readers find out beside that, and which is shown nowhere.
        limits: attribute → least probability of a label, or greatest width of an age's interval in years, beyond which
            the cards call it unsure.
        embedding: name of the network of the embeddings; None where there are none.
        thresholds: of the embeddings, as their card has them; likewise.
    """

    detect: Stage
    readers: Mapping[str, Stage]
    attributes: tuple[str, ...]
    hidden: tuple[str, ...]
    limits: Mapping[str, float] = field(default_factory=dict)
    embedding: str | None = None
    thresholds: Thresholds | None = None


def load_networks(
    attributes: Iterable[str] = DEFAULT_ATTRIBUTES,
    *,
    profile: str = DEFAULT,
    detector: str | None = None,
    embedding: str = embeddings.NAME,
    reidentify: bool = True,
    long_side: int = LONG_SIDE_PX,
) -> Networks:
    """The networks for these attributes; loaded already if the same were asked for lately.

    Args:
        attributes: out of `mien.pipeline.ATTRIBUTES`.
        profile: name of the networks to use, out of `mien.profiles.PROFILES`.
        detector: `yunet` or `haar`; None is the profile's own.
        embedding: name of the network behind the attribute `embedding`.
        reidentify: whether to know people again who leave and come back, by an embedding that is kept for as long as
            the tracker remembers them and shown nowhere.
        long_side: pixels that frames are shrunk to for detection.

    Raises:
        UnknownNameError: no such attribute, detector, profile or embedding; the nearest names are suggested.
        InputError: `attributes` are no names, `long_side` is too small, or the profile does not tell an attribute.
        ModelError: a network's weights are missing or not what its card says.
    """
    way = find_profile(profile)
    asked = known_attributes(attributes)
    way.check(asked)
    detector = way.detector if detector is None else detector
    detectors.check_name(detector)
    embeddings.check_name(embedding)
    detectors.check_long_side(long_side)
    return _load(asked, profile, detector, embedding, reidentify, long_side)


@functools.lru_cache(maxsize=_KEPT)
def _load(
    attributes: tuple[str, ...], profile: str, detector: str, embedding: str, reidentify: bool, long_side: int
) -> Networks:
    threads = Threads()
    read = {*attributes, QUALITY, *(("embedding",) if reidentify else ())}
    stages = attribute_stages(read, profile=profile, embedding=embedding, threads=threads)
    found = detectors.load(detector, long_side=long_side, threads=threads, score_threshold=TrackerConfig().low_score)
    detect = Detect(found)
    check_stages([detect, *stages])
    return Networks(
        detect=detect,
        readers={_name(stage): stage for stage in stages},
        attributes=attributes,
        hidden=beside(stages, attributes),
        limits={name: rule.limit for stage in stages if isinstance(stage, Judge) for name, rule in stage.rules.items()},
        embedding=embedding if "embedding" in read else None,
        thresholds=Thresholds.of_card(registry.card(embedding)) if "embedding" in read else None,
    )


def _name(stage: Stage) -> str:
    return next(name for column, name in _NAMES.items() if column in stage.provides)
