"""The detection of each track: ByteTrack's stages (Zhang et al. 2022), good detections before low-scored ones."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from mien.faces import Faces
from mien.geometry.boxes import iou
from mien.live.association import appearance_cost, assign, box_cost
from mien.live.kalman import Motion
from mien.live.track import TrackState
from mien.live.track_record import TrackRecord
from mien.live.tracker_config import TrackerConfig

# Boxes grow by so many standard deviations of their prediction on every side, and at most by their own size.
MARGIN_SIGMAS: Final = 1.0
LARGEST_MARGIN: Final = 1.0


def match(
    records: Sequence[TrackRecord], motion: Motion, detections: Faces, time_s: float, config: TrackerConfig
) -> dict[int, int]:
    """Row of a track → row of its detection; each at most once.

    Args:
        records: of the tracks.
        motion: the same tracks', predicted for the time of the detections.
        detections: of a frame.
        time_s: of the frame.
        config: settings.
    """
    good = np.flatnonzero(detections.scores >= config.high_score).tolist()
    weak = np.flatnonzero((detections.scores >= config.low_score) & (detections.scores < config.high_score)).tolist()
    sought = [row for row, r in enumerate(records) if not r.has_left and time_s - r.last_s <= config.motion_s]
    pairs: dict[int, int] = {}

    def stage(states: tuple[TrackState, ...], candidates: list[int], least_overlap: float, *, looks: bool) -> None:
        rows = [row for row in sought if records[row].state in states and row not in pairs]
        taken = set(pairs.values())
        free = [detection for detection in candidates if detection not in taken]
        if not rows or not free:
            return
        predicted, found = motion[rows], detections.boxes[free]
        expected = predicted.boxes
        cost = box_cost(expected, found, np.minimum(predicted.spread * MARGIN_SIGMAS, LARGEST_MARGIN))
        cost[cost > 1 - config.overlap] = np.inf
        known = [place for place, row in enumerate(rows) if _is_lost_and_known(records[row])]
        if known and detections.embedding is None:
            cost[known] = np.where(iou(expected[known], found) < config.lost_overlap, np.inf, cost[known])
        if looks and detections.embedding is not None:
            cost = _with_looks(cost, [records[row] for row in rows], detections.embedding[free], config)
        chosen, columns = assign(cost, 1 - least_overlap)
        pairs.update((rows[row], free[column]) for row, column in zip(chosen, columns, strict=True))

    # Tracks that were seen a moment ago come first: those that are missed are sought farther from their prediction,
    # and would take the others' detections.
    stage((TrackState.CONFIRMED,), good, config.overlap, looks=True)
    stage((TrackState.COASTING, TrackState.LOST), good, config.overlap, looks=True)
    stage((TrackState.CONFIRMED, TrackState.COASTING), weak, config.low_overlap, looks=False)
    stage((TrackState.TENTATIVE,), good, config.tentative_overlap, looks=True)
    return pairs


def _is_lost_and_known(record: TrackRecord) -> bool:
    return record.state is TrackState.LOST and record.embedding is not None


def _with_looks(
    boxes: NDArray[np.float64], tracks: list[TrackRecord], embeddings: NDArray[np.float32], config: TrackerConfig
) -> NDArray[np.float64]:
    """The cost of boxes with that of appearance, where both are known; infinite for those who are somebody else."""
    looks = appearance_cost([track.embedding for track in tracks], embeddings)
    share = config.appearance_share
    cost = np.where(np.isnan(looks), boxes, (1 - share) * boxes + share * np.minimum(looks, 1))
    cost[looks > 1 - config.least_similarity] = np.inf
    return cost
