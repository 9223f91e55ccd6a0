"""Who is who from frame to frame.

ByteTrack (Zhang et al. 2022): good detections are matched to tracks first, low-scored ones then continue tracks that
are left, and only good ones start new tracks. Added to it: a filter for any frame rate (`kalman`), boxes grown by how
unsure their prediction is (`association.box_cost`), the camera's motion, and ids that come back (`recognition`).
"""

from __future__ import annotations

import math
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from mien.errors import InputError, ShapeError
from mien.faces import Faces
from mien.geometry.boxes import area, clip
from mien.live import kalman
from mien.live.association import covered
from mien.live.matching import match
from mien.live.recognition import recognise
from mien.live.track import Track, TrackState
from mien.live.track_record import TrackRecord
from mien.live.tracker_config import TrackerConfig

__all__ = ["Track", "TrackState", "Tracker", "TrackerConfig"]

# A person who is missed is not shown any more where this share of the box is out of the picture, or behind a face.
LEAVING: Final = 0.25
MOSTLY: Final = 0.7


class Tracker:
    """Gives every person in a stream an id that stays.

    One stream, one tracker; not to be called from several threads at once.

    Args:
        config: settings; None is `TrackerConfig()`.
    """

    def __init__(self, config: TrackerConfig | None = None) -> None:
        self.config = config or TrackerConfig()
        self._records: list[TrackRecord] = []
        self._motion = kalman.start(np.empty((0, 4)))  # row i is of self._records[i]
        self._time_s = -math.inf
        self._picture: tuple[int, int] | None = None  # height and width
        self._next_id = 1
        self._ended: list[int] = []
        self._renamed: dict[int, int] = {}
        self._together: frozenset[int] = frozenset()
        self._dimensions: int | None = None

    def update(
        self,
        detections: Faces,
        time_s: float,
        *,
        motion: NDArray[Any] | None = None,
        size: tuple[int, int] | None = None,
    ) -> tuple[Track, ...]:
        """Takes in a frame's detections.

        Args:
            detections: with keypoints, down to scores of `config.low_score`; embeddings are used where they are there.
            time_s: of the frame, in seconds from any start.
            motion: (2, 3) of the camera since the last frame; see `CameraMotion`.
            size: height and width of the picture: people who are missed and have moved out of it are then not shown
                any more, and those lost are known again by place and size too.

        Returns:
            The people in view, by id: tentative, confirmed and coasting.

        Raises:
            InputError: the time is before the last one, or not a number.
            ShapeError: detections have no keypoints, or embeddings of another length than before, or `motion` is not
                (2, 3).
        """
        if detections.keypoints is None:
            raise ShapeError("detections have no keypoints; mien.geometry.align.box_keypoints makes average ones")
        self._check_dimensions(detections.embedding)
        self._picture = size
        self._advance(time_s, motion)
        pairs = match(self._records, self._motion, detections, time_s, self.config)
        for row, detection in pairs.items():
            self._records[row].see(detections, detection, time_s, self.config)
        if pairs:
            rows = list(pairs)
            corrected = kalman.correct(self._motion[rows], detections.boxes[list(pairs.values())])
            self._motion.mean[rows], self._motion.covariance[rows] = corrected.mean, corrected.covariance
        self._miss(size)
        self._start(detections, set(pairs.values()), time_s)
        self._note_together()
        if detections.embedding is not None:
            well_seen = [record for record in self._seen() if record.looks >= self.config.looks]
            self._renamed.update(filter(None, map(self._come_back, well_seen)))
        return self._shown()

    def predict(
        self, time_s: float, *, motion: NDArray[Any] | None = None, size: tuple[int, int] | None = None
    ) -> tuple[Track, ...]:
        """The people in view in a frame in which no faces were sought; arguments and errors as of `update`."""
        self._advance(time_s, motion)
        self._move()
        for record in self._records:
            if record.state is TrackState.COASTING and size is not None and _is_leaving(record.box, size):
                record.state, record.has_left = TrackState.LOST, True
        return self._shown()

    def remember(self, track_id: int, embedding: NDArray[Any]) -> int:
        """Takes in the appearance of a person in view, computed after `update`.

        Args:
            track_id: of a track.
            embedding: (d,) of norm 1.

        Returns:
            The id that the track has from now on: that of an older, lost track where it is that person come back,
            which is never the id of somebody in this frame or of somebody who was in view together with this track. A
            track that turns out to have gone over to somebody else keeps its id and is lost; that face has a new id, or
            that of somebody lost, from the next frame on.

        Raises:
            InputError: there is no such track, or not any more.
            ShapeError: the embedding is not (d,), or d is not what it was before.
        """
        embedding = np.asarray(embedding, np.float32)
        if embedding.ndim != 1:
            raise ShapeError(f"embedding must be (d,), got {embedding.shape}; pass the row of one face")
        self._check_dimensions(embedding[None])
        record = next((record for record in self._records if record.track_id == track_id), None)
        if record is None:
            known = ", ".join(str(record.track_id) for record in self._records) or "none"
            raise InputError(f"there is no track {track_id!r}, or it has ended; tracks: {known}")
        if self._is_strange(record, embedding):
            record.strange += 1
            if record.strange >= self.config.looks:
                self._part(record, embedding)
            return track_id
        record.remember(embedding, self.config)
        if record.state is not TrackState.LOST:
            self._come_back(record)
        return record.track_id

    def renamed(self) -> dict[int, int]:
        """Ids that `update` found to be older ones since the last call: the id given out before → the id from now on.

        Only where detections come with embeddings; `remember` returns its own.
        """
        renamed, self._renamed = self._renamed, {}
        return renamed

    def ended(self) -> tuple[int, ...]:
        """Ids given up since the last call: people lost for longer than `remember_s`, and false starts."""
        ended, self._ended = tuple(self._ended), []
        return ended

    def _advance(self, time_s: float, motion: NDArray[Any] | None) -> None:
        """Predicts all tracks for `time_s`, and gives up what is too old."""
        if not math.isfinite(time_s) or time_s < self._time_s:
            raise InputError(
                f"time_s must not go back, got {time_s} after {self._time_s}; start a new Tracker for another stream"
            )
        if motion is not None and np.shape(motion) != (2, 3):
            raise ShapeError(f"motion must be (2, 3), got {np.shape(motion)}; CameraMotion.estimate gives such a one")
        if self._records:
            self._motion = kalman.predict(self._motion, time_s - self._time_s)
            if motion is not None:
                self._motion = kalman.transform(self._motion, motion)
        self._time_s = time_s
        given_up = []
        for record in self._records:
            record.detection = None
            missed_s = time_s - record.last_s
            shown_s = self.config.coast_s if record.state is TrackState.COASTING else self.config.motion_s
            if record.state is not TrackState.TENTATIVE and missed_s > shown_s:
                record.state = TrackState.LOST
            if missed_s > (self.config.motion_s if record.state is TrackState.TENTATIVE else self.config.remember_s):
                given_up.append(record)
        self._drop(given_up)

    def _move(self) -> None:
        """Takes those who are shown, but were not detected in this frame, to where they are predicted."""
        rows = [row for row, r in enumerate(self._records) if r.detection is None and r.state is not TrackState.LOST]
        for row, box in zip(rows, self._motion[rows].boxes, strict=True):
            self._records[row].move(box)

    def _miss(self, size: tuple[int, int] | None) -> None:
        """What becomes of tracks that were not detected in this frame."""
        self._move()
        missed = [record for record in self._records if record.detection is None]
        self._drop([record for record in missed if record.state is TrackState.TENTATIVE])
        seen = np.array([record.box for record in self._seen()]).reshape(-1, 4)
        for record in missed:
            if record.state is TrackState.CONFIRMED:
                record.state = TrackState.COASTING
            if record.state is TrackState.COASTING:
                record.has_left = size is not None and _is_leaving(record.box, size)
                if record.has_left or covered(record.box, seen) > MOSTLY:
                    record.state = TrackState.LOST

    def _start(self, detections: Faces, taken: set[int], time_s: float) -> None:
        """New tracks from good detections that belong to none."""
        new = [row for row in np.flatnonzero(detections.scores >= self.config.high_score).tolist() if row not in taken]
        if not new:
            return
        for row in new:
            self._records.append(TrackRecord.start(self._next_id, detections, row, time_s, self.config))
            self._next_id += 1
        self._motion = kalman.join(self._motion, kalman.start(detections.boxes[new]))

    def _come_back(self, record: TrackRecord) -> tuple[int, int] | None:
        """Joins a track in view with the lost one that it is, if there is one; gives its id before and after."""
        rows = [
            row
            for row, other in enumerate(self._records)
            if other.state is TrackState.LOST
            and other.embedding is not None
            and other.last_s < self._time_s  # ids that were given out in this frame are taken
            and other.track_id not in record.apart
        ]
        if not rows or record.embedding is None:
            return None
        lost = [self._records[row] for row in rows]
        found = recognise(record, lost, self._motion[rows], self._picture, self.config)
        if found is None:
            return None
        old, before = lost[found], record.track_id
        record.join(old, self.config)
        self._keep([row for row, other in enumerate(self._records) if other is not old])
        for other in self._records:
            other.rename_apart(before, record.track_id)
        return before, record.track_id

    def _is_strange(self, record: TrackRecord, embedding: NDArray[np.float32]) -> bool:
        """Whether a look of somebody who is known is of somebody else."""
        if record.embedding is None or record.looks < self.config.looks or record.state is TrackState.LOST:
            return False
        return float(embedding @ record.embedding) < self.config.least_similarity

    def _part(self, record: TrackRecord, embedding: NDArray[np.float32]) -> None:
        """The person is lost, and the face that was taken for that person is a track of its own."""
        row, lately = self._records.index(record), record.apart_lately
        other = record.part(self._next_id, embedding, self.config)
        self._next_id += 1
        for third in self._records:
            if third.track_id in lately:
                third.rename_apart(record.track_id, other.track_id)
        self._records.append(other)
        self._motion = kalman.join(self._motion, self._motion[[row]])
        self._come_back(other)

    def _note_together(self) -> None:
        """Those seen in one frame are different people, whatever they look like."""
        seen = frozenset(record.track_id for record in self._seen())
        if seen != self._together:
            for record in self._records:
                if record.track_id in seen:
                    record.note_apart(seen)
        self._together = seen

    def _seen(self) -> list[TrackRecord]:
        return [record for record in self._records if record.detection is not None]

    def _drop(self, records: list[TrackRecord]) -> None:
        if not records:
            return
        ended = {record.track_id for record in records}
        self._ended.extend(sorted(ended))
        self._keep([row for row, record in enumerate(self._records) if record.track_id not in ended])
        for record in self._records:
            record.apart -= ended
            record.apart_lately -= ended

    def _keep(self, rows: list[int]) -> None:
        self._records = [self._records[row] for row in rows]
        self._motion = self._motion[rows]

    def _check_dimensions(self, embeddings: NDArray[np.float32] | None) -> None:
        if embeddings is None:
            return
        if self._dimensions is not None and embeddings.shape[1] != self._dimensions:
            raise ShapeError(
                f"embeddings have {embeddings.shape[1]} numbers, those before had {self._dimensions}; "
                "use one network for a stream"
            )
        self._dimensions = embeddings.shape[1]

    def _shown(self) -> tuple[Track, ...]:
        shown = (record for record in self._records if record.state is not TrackState.LOST)
        return tuple(record.track() for record in sorted(shown, key=lambda record: record.track_id))


def _is_leaving(box: NDArray[np.float32], size: tuple[int, int]) -> bool:
    """Whether a good part of a box, which is (4,), is out of the picture."""
    inside = clip(box[None], *size)
    return float(area(inside)[0]) < (1 - LEAVING) * float(area(box[None])[0])
