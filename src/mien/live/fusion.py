"""`Fusion`: the frames of every track brought together to one profile that settles.

Age, gender and race are those of the person and are fused over all frames; the expression is of the moment and has a
short memory; boxes, keypoints, landmarks and pose are smoothed. Frames weigh by their quality. Labels are held: where a
rival has not led by a margin for a time, the probabilities shown are a tie that the held label wins (see
`mien.live.hysteresis`), so that whoever takes the most probable label of `Faces` sees the held one, and no certainty
that is not there.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from mien.errors import InputError, ShapeError, UnknownNameError
from mien.faces import Faces
from mien.live.fused_track import COLUMNS, FusedTrack
from mien.live.fusion_config import FusionConfig


class Placed(Protocol):
    """What of a track is needed to place it; `mien.live.tracker.Track` is one."""

    @property
    def track_id(self) -> int:
        """Positive."""

    @property
    def box(self) -> NDArray[np.float32]:
        """(4,) pixels x1 y1 x2 y2."""

    @property
    def keypoints(self) -> NDArray[np.float32]:
        """(5, 2) pixels."""

    @property
    def score(self) -> float:
        """The detector's, 0–1."""


class Fusion:
    """Profiles of all people tracked.

    Time must not run backward for any track; a stream that starts anew needs a new `Fusion`.

    Args:
        config: settings; None for the defaults.
    """

    def __init__(self, config: FusionConfig | None = None) -> None:
        self._config = config or FusionConfig()
        self._tracks: dict[int, FusedTrack] = {}
        self._age_coverage: float | None = None

    def place(self, tracks: Iterable[Placed], time_s: float) -> None:
        """Takes in where the tracks are in this frame; tracks not met before begin."""
        for track in tracks:
            if track.track_id not in self._tracks:
                self._tracks[track.track_id] = FusedTrack(self._config)
            fused = self._tracks[track.track_id]
            fused.placement.place(track.box, track.keypoints, time_s)
            fused.score = track.score

    def add(self, track_ids: Sequence[int] | NDArray[np.integer[Any]], observed: Faces, time_s: float) -> None:
        """Takes in what networks said of faces in this frame, weighted by their quality.

        Args:
            track_ids: one for each row of `observed`; those must have been placed.
            observed: with whatever columns were computed. Where quality was not, a face counts by its last one that
                was, and in full if there never was one.
            time_s: of the frame.

        Raises:
            ShapeError: there are not as many ids as rows.
            InputError: a track was never placed, or the coverage of age intervals is not that of those before.
        """
        if len(track_ids) != len(observed):
            raise ShapeError(f"got {len(track_ids)} track ids for {len(observed)} faces; give one for each")
        if observed.age_interval is not None and len(observed):
            if self._age_coverage not in (None, observed.age_coverage):
                raise InputError(
                    f"age intervals of coverage {observed.age_coverage} cannot be fused with those of "
                    f"{self._age_coverage}; keep to one network a stream"
                )
            self._age_coverage = observed.age_coverage
        for row, track_id in enumerate(track_ids):
            self._track(int(track_id)).add(observed, row, time_s)

    def faces(self, track_ids: Sequence[int], time_s: float, *, hidden: Collection[str] = ()) -> Faces:
        """The people, one row a track in the order asked for.

        A column is there where it is known of everybody asked for: `Faces` has no empty cells. For all that is known of
        each, ask for one at a time.

        Args:
            track_ids: that were placed.
            time_s: now; expressions read too long ago are marked unsure.
            hidden: columns to leave out, though they are known.

        Raises:
            InputError: a track was never placed.
        """
        tracks = [self._track(track_id) for track_id in track_ids]
        if not tracks:
            return Faces.empty().replace(track_id=np.empty(0, np.int64))
        rows = [track.columns(hidden) for track in tracks]
        columns: dict[str, Any] = {name: [row[name] for row in rows] for name in rows[0]}
        columns = {name: values for name, values in columns.items() if not any(value is None for value in values)}
        flags = [track.unsure(time_s) for track in tracks]
        told = {name for each in flags for name in each if name in columns}
        unsure = {name: np.array([each.get(name, False) for each in flags]) for name in sorted(told)}
        coverage = self._age_coverage if "age_interval" in columns else None
        return Faces(track_id=np.array(track_ids), unsure=unsure, age_coverage=coverage, **columns)

    def emotion_shares(self, track_id: int) -> NDArray[np.float32] | None:
        """(7,) share of the observed time in each of `EMOTIONS`, summing to 1; None where it was never observed.

        Raises:
            InputError: the track was never placed.
        """
        shares = self._track(track_id).emotion.pool.shares
        return None if shares is None else shares.astype(np.float32)

    def rename(self, old: int, new: int) -> None:
        """The person of track `old` turns out to be the one of `new`: what is known of both is brought together.

        The place is that of `old`, which is in view; where labels differ, that of `new` holds. Of no effect where
        nothing is known of `old`.
        """
        if old == new or old not in self._tracks:
            return
        moved = self._tracks.pop(old)
        if new in self._tracks:
            self._tracks[new].absorb(moved)
        else:
            self._tracks[new] = moved

    def drop(self, track_id: int) -> None:
        """Forgets a person; of no effect where nothing is known."""
        self._tracks.pop(track_id, None)

    def last_s(self, track_id: int, column: str) -> float | None:
        """When a column of `Faces` was last taken in for a track; None where it never was.

        Raises:
            UnknownNameError: it is no column that is taken in.
        """
        _check(column)
        track = self._tracks.get(track_id)
        return None if track is None else track.last_s.get(column)

    def certainty(self, track_id: int, column: str) -> float:
        """0–1: how little another look can be expected to change; 0 where nothing is known.

        For quality, pose, landmarks and embedding it is 1 once they are known.

        Raises:
            UnknownNameError: it is no column that is taken in.
        """
        _check(column)
        track = self._tracks.get(track_id)
        return 0.0 if track is None else track.certainty(column)

    def __len__(self) -> int:
        """How many tracks are kept."""
        return len(self._tracks)

    def _track(self, track_id: int) -> FusedTrack:
        if track_id not in self._tracks:
            raise InputError(f"track {track_id} was never placed, or was dropped; call place() with it first")
        return self._tracks[track_id]


def _check(column: str) -> None:
    if column not in COLUMNS:
        raise UnknownNameError("column", column, COLUMNS)
