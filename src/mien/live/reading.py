"""`Reading`: runs the networks that are due for the people in a frame, one batch a network."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import NDArray

from mien.faces import Faces
from mien.live.fusion import Fusion
from mien.live.meter import Meter
from mien.live.networks import QUALITY
from mien.live.schedule import Candidate, Scheduler
from mien.live.track import Track, TrackState
from mien.models import demographics, emotion, landmarks
from mien.models import embedding as embeddings
from mien.pipeline import Stage

COSTS_MS: Final[Mapping[str, float]] = {
    QUALITY: 0.2,
    demographics.NAME: 3.0,
    emotion.NAME: 2.5,
    landmarks.NAME: 3.0,
    embeddings.NAME: 3.0,
}
"""Milliseconds a face, as a first guess; `benchmarks/results`. What they take here is learned."""
_TELLING: Final[Mapping[str, tuple[str, ...]]] = {
    QUALITY: ("quality",),
    demographics.NAME: ("age", "gender", "race"),
    emotion.NAME: ("emotion",),
    landmarks.NAME: ("pose",),
    embeddings.NAME: ("embedding",),
}
"""Stage → the columns whose certainty says how often it is worth running."""


@dataclass(frozen=True, kw_only=True)
class Known:
    """What has been read of a person so far; anew with every read.

    Attributes:
        last_s: stage → when it last read the face; those that never did are left out.
        certainty: stage → 0–1, how little another read can be expected to change.
        quality: of the face as last read, 0–1; None before the first.
        shown: stages that have read the face and of which something is wanted.
    """

    last_s: Mapping[str, float] = field(default_factory=dict)
    certainty: Mapping[str, float] = field(default_factory=dict)
    quality: float | None = None
    shown: tuple[str, ...] = ()


_NOTHING: Final = Known()


class Reading:
    """Reads people's faces and has the fusion take in what is found.

    Args:
        readers: name → stage, the quality first.
        attributes: that are wanted of what they find.
        fusion: takes it in.
        remember: is told embeddings; returns the id that the track has from now on.
        meter: is told what it takes.
        least_score: detections below it are of faces too hidden to be read.
    """

    def __init__(
        self,
        readers: Mapping[str, Stage],
        fusion: Fusion,
        *,
        attributes: Collection[str],
        remember: Callable[[int, NDArray[np.float32]], int],
        meter: Meter,
        least_score: float,
    ) -> None:
        self._readers, self._fusion, self._remember = readers, fusion, remember
        self._meter, self._least_score = meter, least_score
        self._telling = {
            name: tuple(column for column in _TELLING[name] if column in attributes) or _TELLING[name]
            for name in readers
        }
        self._scheduler = Scheduler({name: COSTS_MS[name] for name in readers}, budget_ms=1.0)
        self._wanted = frozenset(attributes)
        self._known: dict[int, Known] = {}

    def read(
        self, image: NDArray[np.uint8], detections: Faces, tracks: Sequence[Track], time_s: float, budget_ms: float
    ) -> tuple[float, Mapping[int, int]]:
        """Runs what is due.

        Args:
            image: (h, w, 3) uint8 RGB.
            detections: in it.
            tracks: that are shown, placed in the fusion.
            time_s: of the frame.
            budget_ms: for all networks.

        Returns:
            Milliseconds that the networks took, and ids that have changed: old → new.
        """
        readable = [track for track in tracks if self._is_readable(track)]
        rows = {track.track_id: track.detection for track in readable if track.detection is not None}
        if not rows:
            return 0.0, {}
        self._scheduler.budget_ms = budget_ms
        with self._meter.stage("planning"):
            plan = self._scheduler.plan([self._candidate(track, time_s) for track in readable], time_s)
        if not plan:
            return 0.0, {}
        # The quality of every face that anything reads is needed, for that is what it weighs by.
        read = sorted({track_id for ids in plan.values() for track_id in ids})
        place = {track_id: row for row, track_id in enumerate(read)}
        faces = detections[[rows[track_id] for track_id in read]]
        took_ms, seen = self._run(QUALITY, image, faces)
        self._fusion.add(read, seen, time_s)
        renamed: dict[int, int] = {}
        for name, ids in plan.items():
            if name == QUALITY:
                continue
            ms, found = self._run(name, image, seen[[place[track_id] for track_id in ids]])
            took_ms += ms
            self._fusion.add(ids, found, time_s)
            if found.embedding is not None:
                renamed |= self._recognise(ids, found.embedding)
        assert seen.quality is not None
        for track_id, quality in zip(read, seen.quality.tolist(), strict=True):
            self._known[track_id] = self._learned(track_id, quality)
        return took_ms, renamed

    def known(self, track_id: int) -> Known:
        """What has been read of a person."""
        return self._known.get(track_id, _NOTHING)

    def rename(self, old: int, new: int) -> None:
        """The track `old` is from now on `new`, in the fusion already."""
        known = self._known.pop(old, None)
        if known is not None and known.quality is not None:
            self._known[new] = self._learned(new, known.quality)

    def drop(self, track_id: int) -> None:
        """Forgets a track."""
        self._known.pop(track_id, None)

    def _is_readable(self, track: Track) -> bool:
        seen = track.detection is not None and track.state is TrackState.CONFIRMED
        return seen and track.score >= self._least_score

    def _candidate(self, track: Track, time_s: float) -> Candidate:
        known = self.known(track.track_id)
        last_s = known.last_s
        if track.is_doubtful:  # whose face it is must be told at once, as of a newcomer
            last_s = {name: at_s for name, at_s in last_s.items() if name != embeddings.NAME}
        x1, y1, x2, y2 = track.box.tolist()
        return Candidate(
            track_id=track.track_id,
            quality=known.quality,
            area_px=(x2 - x1) * (y2 - y1),
            age_s=time_s - track.first_s,
            last_s=last_s,
            certainty=known.certainty,
        )

    def _learned(self, track_id: int, quality: float) -> Known:
        fusion = self._fusion
        last_s, certainty = {}, {}
        for name, columns in self._telling.items():
            if (read_s := fusion.last_s(track_id, columns[0])) is not None:
                last_s[name] = read_s
                certainty[name] = min(fusion.certainty(track_id, column) for column in columns)
        shown = tuple(name for name in last_s if self._wanted.intersection(self._readers[name].provides))
        return Known(last_s=last_s, certainty=certainty, quality=quality, shown=shown)

    def _run(self, name: str, image: NDArray[np.uint8], faces: Faces) -> tuple[float, Faces]:
        with self._meter.stage(name, len(faces)) as took:
            found = self._readers[name](image, faces)
        self._scheduler.took(name, len(faces), took.wall_ms)
        return took.wall_ms, found

    def _recognise(self, ids: Sequence[int], embeddings: NDArray[np.float32]) -> dict[int, int]:
        now = {track_id: self._remember(track_id, row) for track_id, row in zip(ids, embeddings, strict=True)}
        return {old: new for old, new in now.items() if new != old}
