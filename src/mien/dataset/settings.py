"""What decides the rows of a run: two runs with equal settings and networks over the same pictures give the same."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any, Final, Self

from mien.errors import DatasetError
from mien.media.images import ImageLimits
from mien.models import demographics, detectors, emotion, landmarks, registry
from mien.models import embedding as embeddings
from mien.pipeline import LONG_SIDE_PX, Profiler, known_attributes
from mien.profiles import DEFAULT, find_profile

_OWN: Final = {
    "age": demographics.NAME,
    "gender": demographics.NAME,
    "race": demographics.NAME,
    "emotion": emotion.NAME,
    "pose": landmarks.NAME,
    "landmarks": landmarks.NAME,
}
"""Attribute → the network of Mien's own that it comes from."""


@dataclass(frozen=True, kw_only=True)
class Settings:
    """Those of `mien.Profiler`, all of them named.

    Attributes:
        attributes: what is computed, in the order of `mien.profiles.ATTRIBUTES`.
        profile: name of the networks to use.
        detector: name of the detector.
        embedding: name of the network behind the attribute `embedding`.
        long_side: pixels that pictures are shrunk to for detection.
        crops: whether each picture is one face cut out already.
        max_pixels: larger pictures are refused.
        max_bytes: larger files are refused.
    """

    attributes: tuple[str, ...]
    profile: str
    detector: str
    embedding: str
    long_side: int
    crops: bool
    max_pixels: int
    max_bytes: int

    @classmethod
    def of(
        cls,
        *,
        attributes: tuple[str, ...] | list[str] | None = None,
        profile: str = DEFAULT,
        detector: str | None = None,
        embedding: str = embeddings.NAME,
        long_side: int = LONG_SIDE_PX,
        crops: bool = False,
        limits: ImageLimits | None = None,
    ) -> Self:
        """The settings of a `mien.Profiler` with these arguments, checked.

        Raises:
            UnknownNameError: no such attribute, detector, profile or embedding; the nearest names are suggested.
            InputError: a setting is not of its type, or the profile does not tell an attribute.
        """
        way, limits = find_profile(profile), limits or ImageLimits()
        chosen = known_attributes(way.usual if attributes is None else attributes)
        way.check(chosen)
        detector = way.detector if detector is None else detector
        detectors.check_name(detector)
        detectors.check_long_side(long_side)
        embeddings.check_name(embedding)
        return cls(
            attributes=chosen,
            profile=profile,
            detector=detector,
            embedding=embedding,
            long_side=long_side,
            crops=crops,
            max_pixels=limits.max_pixels,
            max_bytes=limits.max_bytes,
        )

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        """From what `to_dict` gave.

        Raises:
            DatasetError: it is of another version of Mien.
        """
        if set(values) != {field.name for field in fields(cls)}:
            raise DatasetError(f"these are no settings that this version knows: {sorted(values)}; run it anew")
        return cls(**{**values, "attributes": tuple(values["attributes"])})

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready."""
        return {**asdict(self), "attributes": list(self.attributes)}

    @property
    def limits(self) -> ImageLimits:
        """How large a picture may be."""
        return ImageLimits(max_pixels=self.max_pixels, max_bytes=self.max_bytes)

    def profiler(self) -> Profiler:
        """The networks, found, verified and loaded; one thread each, for the cores take different pictures.

        Raises:
            ModelError: a network's weights are missing or not what its card says.
        """
        return Profiler(
            attributes=self.attributes,
            detector=self.detector,
            profile=self.profile,
            embedding=self.embedding,
            long_side=self.long_side,
            limits=self.limits,
            crops=self.crops,
        )

    def models(self) -> dict[str, dict[str, str]]:
        """Name → version and sha256 of the detector and of the networks that the attributes come from.

        Raises:
            ModelError: a card is missing or cannot be read.
        """
        own = {**_OWN, "embedding": self.embedding}
        way = find_profile(self.profile)
        names = [self.detector, *(own[name] for name in self.attributes if name in own)]
        if way.networks:  # in their place; of Mien's own only the landmarks may stand before them
            names = [self.detector, *way.networks, *([landmarks.NAME] if "landmarks" in way.attributes else [])]
        cards = [registry.card(name) for name in dict.fromkeys(names)]
        return {card.name: {"version": card.version, "sha256": card.sha256} for card in cards}
