"""Settings of the tracker, each with its source."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

from mien.errors import InputError
from mien.models.thresholds import Thresholds

OWN_EMBEDDING: Final = Thresholds(
    similarity=(0.254, 0.361, 0.540, 0.627, 0.697, 0.755), fmr=(0.5, 0.2, 1e-2, 1e-3, 1e-4, 1e-5)
)
"""Of Mien's own embedding, as its card has it."""


@dataclass(frozen=True, kw_only=True)
class TrackerConfig:
    """Settings of a `Tracker`. Times are seconds, so that they hold at any frame rate.

    Attributes:
        high_score: detections from here up start tracks; YuNet's own threshold in Mien, measured on group photos.
        low_score: those from here up to `high_score` only continue tracks: faces that are turned or partly hidden
            (ByteTrack, Zhang et al. 2022, sec. 3).
        overlap: least overlap with the prediction for a good detection; ByteTrack's 0.2 (1 − its match_thresh 0.8).
        low_overlap: the same for a low-scored detection; ByteTrack's 0.5.
        tentative_overlap: the same for a track that is not confirmed; ByteTrack's 0.3.
        lost_overlap: the same, of boxes that are not grown, for a person lost whose looks are known, where those of the
            detections are not: below it the place says little, of a face that comes into view in a crowd is as often
            somebody else's, and the first look at it tells. The MOT Challenge's 0.5.
        confirm_hits: detections in a row that make a track a person; ByteTrack's 2.
        coast_s: how long a person who is missed is still shown.
        motion_s: how long after its last detection a track is sought where it should be; ByteTrack's 30 frames at
            30 frames/s.
        remember_s: how long after its last detection an id comes back by appearance; then it is given up.
        thresholds: of the network of embeddings; None for that of the stream's own network, or `OWN_EMBEDDING`.
        come_back_fmr: false-match rate at which a person comes back, looks, place and size taken together (see
            `mien.live.recognition`): with ten people lost, three newcomers in a hundred are taken for one of them.
            Between 1e-3 and 1e-2 ids are kept about as well (`benchmarks/tracking.py`).
        unclear_fmr: the same where one of the two was never seen clearly: faces that are turned, blurred or half hidden
            look more like each other, so that rates measured on photos are too low for them; by a factor of ten here.
        lead: how much likelier, in nats, the person must be than all others who are lost together: three to one.
        somebody_else_fmr: a track does not go on with a face that is less like it than four in five strangers are,
            which of a face and itself a moment later one in two hundred is. As many looks in a row as `looks` that are
            less like it end a track: the face is somebody else's, who came out where the person was hidden.
        clear_score: detections from here up are clear faces.
        looks: embeddings that `update` needs to compare a person with those lost; a face that comes into view is often
            cut.
        appearance_share: share of the appearance in the cost of a pair whose appearances are both known.
        momentum: how much of a track's embedding a new one leaves; 0.9 of JDE, FairMOT and BoT-SORT.

    Raises:
        InputError: a value is out of its range, or two contradict each other.
    """

    high_score: float = 0.6
    low_score: float = 0.3
    overlap: float = 0.2
    low_overlap: float = 0.5
    tentative_overlap: float = 0.3
    lost_overlap: float = 0.5
    confirm_hits: int = 2
    coast_s: float = 0.3
    motion_s: float = 1.0
    remember_s: float = 30.0
    thresholds: Thresholds | None = None
    come_back_fmr: float = 3e-3
    unclear_fmr: float = 3e-4
    lead: float = 1.0
    somebody_else_fmr: float = 0.2
    clear_score: float = 0.8
    looks: int = 2
    appearance_share: float = 0.5
    momentum: float = 0.9

    def __post_init__(self) -> None:
        for name in ("high_score", "low_score", "overlap", "low_overlap", "tentative_overlap", "lost_overlap"):
            _check(name, getattr(self, name), 0, 1)
        for name in ("clear_score", "appearance_share", "momentum"):
            _check(name, getattr(self, name), 0, 1)
        for name in ("coast_s", "motion_s", "remember_s", "lead"):
            _check(name, getattr(self, name), 0, math.inf)
        for name in ("confirm_hits", "looks"):
            _check(name, getattr(self, name), 1, math.inf)
        for name in ("come_back_fmr", "unclear_fmr", "somebody_else_fmr"):
            if not 0 < getattr(self, name) <= 1:
                raise InputError(f"{name} must be above 0 and at most 1, got {getattr(self, name)}")
        if self.low_score > self.high_score:
            raise InputError(
                f"low_score must not be above high_score, got {self.low_score} and {self.high_score}; "
                "make them equal to use no low-scored detections"
            )
        if self.remember_s < self.coast_s:
            raise InputError(
                f"remember_s must be at least coast_s, got {self.remember_s} and {self.coast_s}; "
                "a person who is still shown cannot be forgotten"
            )

    @property
    def rates(self) -> Thresholds:
        """What the similarity of two embeddings stands for."""
        return self.thresholds or OWN_EMBEDDING

    @property
    def least_similarity(self) -> float:
        """Of a track and a face that may be its person's."""
        return self.rates.threshold(max(self.somebody_else_fmr, self.rates.fmr[-1]))


def _check(name: str, value: float, low: float, high: float) -> None:
    if not low <= value <= high:
        limits = f"between {low} and {high}" if high < math.inf else f"{low} or more"
        raise InputError(f"{name} must be {limits}, got {value}")
