"""All that is known of one tracked person."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, Final

from mien.faces import Faces
from mien.live.age_fusion import AgeFusion
from mien.live.age_profile import AgeProfile
from mien.live.class_fusion import ClassFusion
from mien.live.class_profile import ClassProfile
from mien.live.embedding_mean import EmbeddingMean
from mien.live.emotion_memory import EmotionMemory
from mien.live.fusion_config import FusionConfig
from mien.live.placement import Placement

COLUMNS: Final = ("quality", "age", "gender", "race", "emotion", "pose", "landmarks", "embedding")
"""Columns of `Faces` that are taken in."""
_OF_THE_MOMENT: Final = ("quality", "pose", "landmarks", "embedding")
"""Columns whose flags are those of the last frame."""
_PLACED: Final = ("pose", "landmarks")
"""Columns that are kept with the place in view."""


class FusedTrack:
    """One person.

    Attributes:
        placement: where the face is.
        score: the detector's, 0–1.
        age: the profile's parts.
        gender: the same.
        race: the same.
        emotion: the same.
        last_s: column → time at which it was last taken in.
    """

    def __init__(self, config: FusionConfig) -> None:
        limits = config.unsure_below
        self.placement = Placement(config.smoothing)
        self.score = 0.0
        self.age = AgeProfile(
            AgeFusion(correlation=config.age_correlation, memory_s=config.memory_s),
            config.age_group_hold,
            unsure_wider_years=config.unsure_wider_years,
        )
        self.gender = ClassProfile(
            ClassFusion(correlation=config.gender_correlation, memory_s=config.memory_s),
            config.gender_hold,
            unsure_below=limits.get("gender"),
        )
        self.race = ClassProfile(
            ClassFusion(correlation=config.race_correlation, memory_s=config.memory_s),
            config.race_hold,
            unsure_below=limits.get("race"),
        )
        self.emotion = ClassProfile(
            EmotionMemory(time_constant_s=config.emotion_s), config.emotion_hold, unsure_below=limits.get("emotion")
        )
        self.last_s: dict[str, float] = {}
        self._embedding = EmbeddingMean(memory_s=config.memory_s)
        self._emotion_stale_s, self._least_weight = config.emotion_stale_s, config.least_weight
        self._quality: float | None = None
        self._reasons: tuple[str, ...] | None = None
        self._flags: dict[str, bool] = {}

    def add(self, observed: Faces, row: int, time_s: float) -> None:
        """Takes in one face of one frame, with whatever columns were computed.

        It weighs by its quality; where that was not computed, by the last one that was, and 1 where none ever was.
        """
        if observed.quality is not None:
            self._quality = float(observed.quality[row])
            self._reasons = None if observed.quality_reasons is None else observed.quality_reasons[row]
        quality = 1.0 if self._quality is None else self._quality
        weight = self._least_weight + (1 - self._least_weight) * quality
        flags = {name: bool(column[row]) for name, column in observed.unsure.items()}
        if observed.age is not None:
            interval = None if observed.age_interval is None else observed.age_interval[row]
            self.age.add(float(observed.age[row]), interval, flags.get("age"), weight, time_s)
        if observed.gender is not None:
            self.gender.add(observed.gender[row], flags.get("gender"), weight, time_s)
        if observed.race is not None:
            self.race.add(observed.race[row], flags.get("race"), weight, time_s)
        if observed.emotion is not None:
            self.emotion.add(observed.emotion[row], flags.get("emotion"), weight, time_s)
        if observed.pose is not None:
            self.placement.turn(observed.pose[row], time_s)
        if observed.landmarks is not None:
            self.placement.trace(observed.landmarks[row], time_s)
        if observed.embedding is not None:
            self._embedding.add(observed.embedding[row], weight, time_s)
        self._flags |= {name: flag for name, flag in flags.items() if name in _OF_THE_MOMENT}
        self.last_s |= {name: time_s for name in COLUMNS if getattr(observed, name) is not None}

    def absorb(self, newer: FusedTrack) -> None:
        """Takes in all that is known of the same person from a track that was seen later.

        Labels of what stays are held from before, the expression is that of now.
        """
        for mine, theirs in ((self.gender, newer.gender), (self.race, newer.race)):
            mine.absorb(theirs)
        self.age.absorb(newer.age)
        newer.emotion.absorb(self.emotion)
        self.emotion = newer.emotion
        self._embedding.absorb(newer._embedding)
        self.placement, self.score = newer.placement, newer.score
        if newer._quality is not None:
            self._quality, self._reasons = newer._quality, newer._reasons
        self._flags |= newer._flags
        self.last_s = {name: at_s for name, at_s in self.last_s.items() if name not in _PLACED} | newer.last_s

    def columns(self, hidden: Collection[str] = ()) -> dict[str, Any]:
        """Column of `Faces` → this person's row; None for what is not known, or hidden."""
        age, placement = self.age.shown, self.placement
        columns = {
            "boxes": placement.box,
            "scores": self.score,
            "keypoints": placement.keypoints,
            "quality": self._quality,
            "quality_reasons": self._reasons,
            "age": None if age is None else age.years,
            "age_interval": None if age is None else age.interval,
            "gender": self.gender.shown,
            "race": self.race.shown,
            "emotion": self.emotion.shown,
            "pose": placement.pose,
            "landmarks": None if "landmarks" in hidden else placement.landmarks,
            "embedding": None if "embedding" in hidden else self._embedding.mean,
        }
        return columns | dict.fromkeys(hidden) if hidden else columns

    def unsure(self, time_s: float) -> dict[str, bool]:
        """Attribute → it should not be relied on; attributes of which nothing says so or otherwise are left out."""
        told = {"age": self.age.unsure, "gender": self.gender.unsure, "race": self.race.unsure}
        told["emotion"] = self.emotion.unsure
        if time_s - self.last_s.get("emotion", time_s) > self._emotion_stale_s:
            told["emotion"] = True
        return self._flags | {name: flag for name, flag in told.items() if flag is not None}

    def certainty(self, column: str) -> float:
        """0–1; see `Fusion.certainty`."""
        if column == "age":
            return self.age.certainty
        if column in ("gender", "race", "emotion"):
            profile: ClassProfile[Any] = getattr(self, column)
            return profile.certainty
        return 1.0 if column in self.last_s else 0.0
