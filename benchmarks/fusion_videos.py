"""How often labels change in videos, frame by frame and fused."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import cv2
import numpy as np

import mien
from mien.faces import Faces
from mien.live.fusion import Fusion
from mien.live.fusion_config import FusionConfig
from mien.live.tracker import Tracker, TrackState

ATTRIBUTES = ("gender", "age_group", "race", "emotion")
LONGEST_GAP_S = 1.0  # a person missed for longer was not observed in between


@dataclass(kw_only=True)
class Changes:
    """What was counted in one video or several.

    Attributes:
        people: confirmed tracks.
        person_s: seconds that they were observed, added up.
        per_frame: attribute → how often the label of a frame differs from that of the person's frame before.
        fused: the same of the fused labels.
    """

    people: int = 0
    person_s: float = 0.0
    per_frame: Counter[str] = field(default_factory=Counter)
    fused: Counter[str] = field(default_factory=Counter)

    def __add__(self, other: Changes) -> Changes:
        return Changes(
            people=self.people + other.people,
            person_s=self.person_s + other.person_s,
            per_frame=self.per_frame + other.per_frame,
            fused=self.fused + other.fused,
        )


def profiles(path: Path, limit: int) -> Iterator[tuple[float, Faces]]:
    """Time and full profile of the first frames of a video, every network run for every face."""
    video = cv2.VideoCapture(str(path))
    rate_hz = video.get(cv2.CAP_PROP_FPS)
    if not rate_hz > 0:
        raise SystemExit(f"{path} is no video that OpenCV reads")
    profiler = mien.Profiler()
    for index in range(limit):
        there, frame = video.read()
        if not there:
            break
        yield index / rate_hz, profiler.analyze(np.ascontiguousarray(frame[..., ::-1]))
    video.release()


def count_changes(frames: Iterable[tuple[float, Faces]], config: FusionConfig) -> Changes:
    """Tracks and fuses frames, and counts changes of both kinds of labels on the same faces."""
    tracker, fusion, changes = Tracker(), Fusion(config), Changes()
    last_s: dict[int, float] = {}
    before: dict[tuple[int, str], tuple[str | None, str | None]] = {}
    for time_s, faces in frames:
        tracks = [
            track
            for track in tracker.update(faces, time_s)
            if track.detection is not None and track.state == TrackState.CONFIRMED
        ]
        observed = faces[[track.detection for track in tracks]]
        ids = [track.track_id for track in tracks]
        fusion.place(tracks, time_s)
        fusion.add(ids, observed, time_s)
        for track_id, raw, shown in zip(ids, observed, fusion.faces(ids, time_s), strict=True):
            gap_s = time_s - last_s.get(track_id, time_s)
            changes.people += track_id not in last_s
            changes.person_s += gap_s if gap_s <= LONGEST_GAP_S else 0.0
            last_s[track_id] = time_s
            for name in ATTRIBUTES:
                labels = (_label(raw, name), _label(shown, name))
                old = before.get((track_id, name), labels)
                changes.per_frame[name] += labels[0] != old[0]
                changes.fused[name] += labels[1] != old[1]
                before[track_id, name] = labels
        for track_id in tracker.ended():
            fusion.drop(track_id)
    return changes


def _label(face: mien.Face, name: str) -> str | None:
    return face.age_group if name == "age_group" else getattr(face, name).label
