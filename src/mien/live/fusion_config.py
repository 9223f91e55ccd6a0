"""Settings of the fusion, with where their values come from."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from mien.errors import InputError, UnknownNameError
from mien.live.evidence import check_correlation
from mien.live.hysteresis import Hold
from mien.live.placement import Smoothing

CLASSES = ("gender", "race", "emotion")
"""Attributes that are probabilities over classes."""


@dataclass(frozen=True, kw_only=True)
class FusionConfig:
    """How the frames of a track become one profile.

    Correlations and the least weight were chosen on 200 validation faces of each set, in eight degraded views each (as
    `benchmarks/fusion.py` makes them), by the likelihood of the truth under the fused probabilities. Frames of a face
    shared 0.84–0.92 of the variance of the log-odds of gender and 0.88 of that of the age's error. The likelihood is
    flat: UTKFace alone would have gender higher than 0.9 and FairFace alone lower, race is best at 0.95, the largest
    tried, and least weights from 0.1 to 0.3 differ little. For the age 0.95 and not 0.88 is taken so that intervals
    hold the truth about as often as single frames' do: 0.760 against 0.759 there, 0.760 against 0.777 on 150 faces that
    nothing was chosen on. All views being of one photo, people in videos vary more.

    Attributes:
        gender_correlation: ρ of the frames' evidence, see `mien.live.evidence`.
        race_correlation: the same.
        age_correlation: share of the variance of an age's error that all frames of a person have in common.
        least_weight: of a frame of quality 0; one of quality 1 weighs 1, and between the two it is a straight line.
        memory_s: weights of age, gender, race and embedding fall to 1 / e in that time.
        emotion_s: time constant of the expression now.
        emotion_stale_s: an expression that was read longer ago is unsure.
        gender_hold: margin in probability.
        race_hold: the same.
        emotion_hold: the same.
        age_group_hold: margin in years.
        unsure_below: attribute (`gender`, `race`, `emotion`) → probability below which it is unsure. Where nothing is
            given it is that of the network's card, see `limited_by`, and where that has none it is learned from the
            frames' flags, see `mien.live.flag_rule`.
        unsure_wider_years: width of the interval above which an age is unsure; the same.
        smoothing: of boxes, keypoints, landmarks and pose.
    """

    gender_correlation: float = 0.9
    race_correlation: float = 0.95
    age_correlation: float = 0.95
    least_weight: float = 0.2
    memory_s: float = 120.0
    emotion_s: float = 0.7
    emotion_stale_s: float = 3.0
    gender_hold: Hold = field(default_factory=lambda: Hold(margin=0.1, seconds=1.0))
    race_hold: Hold = field(default_factory=lambda: Hold(margin=0.1, seconds=1.0))
    emotion_hold: Hold = field(default_factory=lambda: Hold(margin=0.1, seconds=0.3))
    age_group_hold: Hold = field(default_factory=lambda: Hold(margin=1.0, seconds=1.0))
    unsure_below: Mapping[str, float] = field(default_factory=dict)
    unsure_wider_years: float | None = None
    smoothing: Smoothing = field(default_factory=Smoothing)

    def __post_init__(self) -> None:
        for name in ("gender_correlation", "race_correlation", "age_correlation"):
            check_correlation(name, getattr(self, name))
        if not 0 < self.least_weight <= 1:
            raise InputError(f"least_weight must be above 0 and at most 1, got {self.least_weight}")
        for name in ("memory_s", "emotion_s", "emotion_stale_s"):
            if not 0 < getattr(self, name) < math.inf:
                raise InputError(f"{name} must be above 0 seconds, got {getattr(self, name)}")
        if self.unsure_wider_years is not None and not self.unsure_wider_years > 0:
            raise InputError(f"unsure_wider_years must be above 0, got {self.unsure_wider_years}; None sets no limit")
        for name, probability in self.unsure_below.items():
            if name not in CLASSES:
                raise UnknownNameError("attribute in unsure_below", name, CLASSES)
            if not 0 <= probability <= 1:
                raise InputError(f"unsure_below[{name!r}] must be from 0 to 1, got {probability}")

    def limited_by(self, limits: Mapping[str, float]) -> FusionConfig:
        """The same with the limits of networks' cards, where none is given here.

        Args:
            limits: attribute → the least probability of a label, or the greatest width of an age's interval in years.
        """
        below = {name: limits[name] for name in CLASSES if name in limits}
        wider = limits.get("age") if self.unsure_wider_years is None else self.unsure_wider_years
        return replace(self, unsure_below={**below, **self.unsure_below}, unsure_wider_years=wider)
