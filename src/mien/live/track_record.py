"""What a tracker knows of one person, apart from the motion."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from mien.faces import Faces
from mien.live.track import Track, TrackState
from mien.live.tracker_config import TrackerConfig


@dataclass(slots=True, kw_only=True, eq=False)
class TrackRecord:
    """One person, changed with every frame.

    Attributes:
        track_id: 1 or more.
        state: see `TrackState`.
        box: (4,) in this frame, detected or predicted.
        keypoints: (5, 2) in this frame.
        score: of the last detection.
        detection: row in this frame's detections; None where it was not detected.
        first_s: time of the first detection.
        last_s: time of the last detection.
        hits: number of detections.
        embedding: (d,) running mean of norm 1; None where the appearance is not known.
        looks: number of embeddings in it.
        is_clear: whether one of them was of a clear face.
        strange: looks in a row that were somebody else's.
        has_left: missed at the edge of the picture, on the way out.
        apart: ids seen in one frame with this one, and so other people.
        apart_lately: those of them that are so since the last look that was like the person: if the track has gone over
            to somebody else meanwhile, it is that one whom they were seen with.
    """

    track_id: int
    state: TrackState
    box: NDArray[np.float32]
    keypoints: NDArray[np.float32]
    score: float
    detection: int | None
    first_s: float
    last_s: float
    hits: int = 1
    embedding: NDArray[np.float32] | None = None
    looks: int = 0
    is_clear: bool = False
    strange: int = 0
    has_left: bool = False
    apart: set[int] = field(default_factory=set)
    apart_lately: set[int] = field(default_factory=set)

    @classmethod
    def start(cls, track_id: int, detections: Faces, row: int, time_s: float, config: TrackerConfig) -> TrackRecord:
        """A new one from a row of detections that have keypoints."""
        assert detections.keypoints is not None
        record = cls(
            track_id=track_id,
            state=TrackState.CONFIRMED if config.confirm_hits == 1 else TrackState.TENTATIVE,
            box=detections.boxes[row],
            keypoints=detections.keypoints[row],
            score=float(detections.scores[row]),
            detection=row,
            first_s=time_s,
            last_s=time_s,
        )
        if detections.embedding is not None:
            record.remember(detections.embedding[row], config)
        return record

    def see(self, detections: Faces, row: int, time_s: float, config: TrackerConfig) -> None:
        """Takes in its detection; the appearance only of good ones, for others are hidden in part."""
        assert detections.keypoints is not None
        self.box, self.keypoints = detections.boxes[row], detections.keypoints[row]
        self.score, self.detection, self.last_s = float(detections.scores[row]), row, time_s
        self.has_left = False
        self.hits += 1
        if self.state is not TrackState.TENTATIVE or self.hits >= config.confirm_hits:
            self.state = TrackState.CONFIRMED
        if detections.embedding is not None and self.score >= config.high_score:
            self.remember(detections.embedding[row], config)

    def move(self, box: NDArray[np.float32]) -> None:
        """Goes to where it is predicted; the keypoints go along."""
        scale = (box[2:] - box[:2]) / np.maximum(self.box[2:] - self.box[:2], np.finfo(np.float32).tiny)
        self.keypoints = ((self.keypoints - self.box[:2]) * scale + box[:2]).astype(np.float32)
        self.box = box

    def remember(self, embedding: NDArray[np.float32], config: TrackerConfig) -> None:
        """Takes a look into the running mean: the first ones weigh the same, later ones what the momentum leaves."""
        weight = max(1 - config.momentum, 1 / (self.looks + 1)) if self.embedding is not None else 1.0
        self._blend(embedding, weight)
        self.looks += 1
        self.is_clear |= self.score >= config.clear_score
        self.strange = 0
        self.apart_lately = set()

    def join(self, old: TrackRecord, config: TrackerConfig) -> None:
        """Becomes the person that was lost, with that id and history."""
        self.track_id, self.first_s, self.hits = old.track_id, old.first_s, old.hits + self.hits
        self.apart |= old.apart
        if old.embedding is not None:
            # Each mean weighs as many looks as are in it, up to what the momentum remembers.
            before, now = (1 / max(1 - config.momentum, 1 / max(record.looks, 1)) for record in (old, self))
            self._blend(old.embedding, before / (before + now))
        self.looks += old.looks
        self.is_clear |= old.is_clear

    def part(self, track_id: int, embedding: NDArray[np.float32], config: TrackerConfig) -> TrackRecord:
        """Lets go of a face that is somebody else's, which goes on as a track of its own."""
        other = TrackRecord(
            track_id=track_id,
            state=self.state,
            box=self.box,
            keypoints=self.keypoints,
            score=self.score,
            detection=self.detection,
            first_s=self.last_s,
            last_s=self.last_s,
        )
        other.remember(embedding, config)
        other.apart, self.apart, self.apart_lately = self.apart_lately, self.apart - self.apart_lately, set()
        self.state, self.detection, self.has_left, self.strange = TrackState.LOST, None, True, 0
        return other

    def note_apart(self, seen: frozenset[int]) -> None:
        """Was seen in one frame with these."""
        new = seen - {self.track_id} - self.apart
        self.apart |= new
        self.apart_lately |= new

    def rename_apart(self, before: int, now: int) -> None:
        """Somebody seen with this one has another id from now on."""
        for ids in (self.apart, self.apart_lately):
            if before in ids:
                ids.remove(before)
                ids.add(now)

    def _blend(self, embedding: NDArray[np.float32], weight: float) -> None:
        mean = embedding if self.embedding is None else (1 - weight) * self.embedding + weight * embedding
        norm = float(np.linalg.norm(mean))
        if norm > 0:  # opposite looks could cancel out, which no two photos of a face do
            self.embedding = np.asarray(mean / norm, np.float32)

    def track(self) -> Track:
        """As it is given out."""
        return Track(
            track_id=self.track_id,
            state=self.state,
            box=self.box,
            keypoints=self.keypoints,
            score=self.score,
            detection=self.detection,
            first_s=self.first_s,
            last_s=self.last_s,
            hits=self.hits,
            is_doubtful=self.strange > 0,
        )
