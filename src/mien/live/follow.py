"""`Follow`: tracks the people of a stream from frame to frame, has their faces read and tells who they are."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from mien.errors import InputError
from mien.face_measures import facing
from mien.faces import Faces
from mien.live.attendance import Attendance
from mien.live.event import Event
from mien.live.fusion import Fusion
from mien.live.lingering import Lingering
from mien.live.load import Load
from mien.live.meter import Meter
from mien.live.networks import Networks
from mien.live.people_events import PeopleEvents
from mien.live.person import Person, Presence
from mien.live.reading import Reading
from mien.live.search import Searched
from mien.live.settings import LiveSettings
from mien.live.track import Track, TrackState
from mien.live.tracker import Tracker
from mien.models import demographics, landmarks
from mien.pipeline import columns_of
from mien.vocabulary import EMOTIONS

if TYPE_CHECKING:
    from mien.gallery.search import Match
    from mien.gallery.stream_names import StreamNames

SETTLED: Final = 0.7
"""Certainty, see `Fusion.certainty`, from which a profile counts as settled: a plain face after three good looks."""
POSE_STALE_S: Final = 1.0
"""A pose that was read longer ago says nothing of where the head is turned now."""
_NONE: Final[Mapping[int, int]] = {}
_SHOWN: Final = (TrackState.CONFIRMED, TrackState.COASTING)


@dataclass(frozen=True, kw_only=True, eq=False)
class Followed:
    """What is known of a frame.

    Attributes:
        people: confirmed and coasting, by id.
        events: of this frame.
        boxes: (n, 4) wherever a face may be, or was a moment ago.
        looks: track → (d,) its embedding, of those whose was read in this frame.
        read_ms: milliseconds that were spent on reading faces.
    """

    people: tuple[Person, ...]
    events: tuple[Event, ...]
    boxes: NDArray[np.float32]
    looks: Mapping[int, NDArray[np.float32]]
    read_ms: float


class Follow:
    """Everything that is known of the people of one stream; not to be called by several threads at once.

    What is kept grows with the people whom the tracker remembers, and not with the frames.

    Args:
        networks: that read faces.
        settings: of the stream.
        load: says how much may be read.
        meter: is told what it takes.
        names: of people whom a gallery knows; None to name nobody.

    Raises:
        InputError: the networks do not make the embeddings that `names` compares.
    """

    def __init__(
        self,
        networks: Networks,
        settings: LiveSettings,
        *,
        load: Load,
        meter: Meter,
        names: StreamNames | None = None,
    ) -> None:
        if names is not None and names.embedding != networks.embedding:
            raise InputError(
                f"the gallery's people are known by the embeddings of {names.embedding}, and these networks make "
                f"{'none' if networks.embedding is None else f'those of {networks.embedding}'}; "
                f"load them with embedding={names.embedding!r} and reidentify=True"
            )
        self._networks, self._load, self._meter, self._names = networks, load, meter, names
        thresholds = settings.tracker.thresholds or networks.thresholds
        self._tracker = Tracker(replace(settings.tracker, thresholds=thresholds))
        self._fusion = Fusion(settings.fusion.limited_by(networks.limits))
        self._reading = Reading(
            networks.readers,
            self._fusion,
            attributes=networks.attributes,
            remember=self._remember,
            meter=meter,
            least_score=settings.tracker.high_score,
        )
        self._events = PeopleEvents(profile_every_s=settings.profile_every_s, leave_after_s=settings.leave_after_s)
        self._hidden = [column for column in columns_of(networks.hidden) if column != "age_coverage"]
        self._attendance: dict[int, Attendance] = {}
        self._lingering = Lingering()
        self._looks: dict[int, NDArray[np.float32]] = {}
        self._time_s, self._index = 0.0, 0

    def frame(self, searched: Searched) -> Followed:
        """The people of the next frame."""
        frame = searched.frame
        time_s, size = frame.time_s, (frame.image.shape[0], frame.image.shape[1])
        with self._meter.stage("tracking"):
            if searched.faces is None:
                tracks = self._tracker.predict(time_s, motion=searched.motion, size=size)
            else:
                tracks = self._tracker.update(searched.faces, time_s, motion=searched.motion, size=size)
            shown = [track for track in tracks if track.state in _SHOWN]
            self._fusion.place(shown, time_s)
        self._looks = {}
        read_ms, renamed = 0.0, _NONE
        if searched.faces is not None:
            read_ms, renamed = self._reading.read(frame.image, searched.faces, shown, time_s, self._load.budget_ms)
        with self._meter.stage("profiles"):
            for old, new in renamed.items():
                self._rename(old, new, time_s, frame.index)
            self._drop(self._tracker.ended(), time_s, frame.index)
            in_view = {renamed.get(track.track_id, track.track_id): track for track in shown}
            people = self._people(in_view, self._matches(in_view, time_s), time_s)
            events = self._events.update(people, time_s, frame.index)
        self._time_s, self._index = time_s, frame.index
        boxes = self._lingering.update(_boxes(tracks, searched.faces), time_s, searched.motion)
        return Followed(people=people, events=events, boxes=boxes, looks=self._looks, read_ms=read_ms)

    def end(self) -> tuple[Event, ...]:
        """The stream has ended: everybody leaves."""
        return self._events.end(self._time_s, self._index)

    def _remember(self, track_id: int, embedding: NDArray[np.float32]) -> int:
        known_as = self._tracker.remember(track_id, embedding)
        self._looks[known_as] = embedding
        return known_as

    def _rename(self, old: int, new: int, time_s: float, index: int) -> None:
        self._fusion.rename(old, new)
        self._reading.rename(old, new)
        if self._names is not None:
            self._names.rename(old, new)
        self._events.rename(new, old, time_s, index)
        newer = self._attendance.pop(old, None)
        if newer is not None and new in self._attendance:
            self._attendance[new].absorb(newer)
        elif newer is not None:
            self._attendance[new] = newer

    def _drop(self, track_ids: Iterable[int], time_s: float, index: int) -> None:
        ended = tuple(track_ids)
        self._events.drop(ended, time_s, index)
        if self._names is not None:
            self._names.drop(ended)
        for track_id in ended:
            self._fusion.drop(track_id)
            self._reading.drop(track_id)
            self._attendance.pop(track_id, None)

    def _matches(self, track_ids: Iterable[int], time_s: float) -> Mapping[int, Match]:
        """What a gallery says of those in view."""
        if self._names is None:
            return {}
        in_view = {track_id: self._reading.known(track_id).quality for track_id in track_ids}
        return self._names.update(in_view, self._looks, time_s)

    def _people(self, tracks: Mapping[int, Track], matches: Mapping[int, Match], time_s: float) -> tuple[Person, ...]:
        """By id. Those of whom the same columns are known share one `Faces`."""
        known = {track_id: self._reading.known(track_id).shown for track_id in tracks}
        people: list[Person] = []
        for _, group in groupby(sorted(tracks, key=known.__getitem__), key=known.__getitem__):
            ids = list(group)
            faces = self._fusion.faces(ids, time_s, hidden=self._hidden)
            toward = self._facing(ids, faces, time_s)
            for row, track_id in enumerate(ids):
                presence = self._presence(track_id, tracks[track_id].state, toward[row], time_s)
                people.append(Person(faces, row, presence, matches.get(track_id)))
        return tuple(sorted(people, key=lambda person: person.track_id))

    def _facing(self, ids: Sequence[int], faces: Faces, time_s: float) -> list[float | None]:
        """0–1 for each; None where the pose is not known, unsure, or read too long ago."""
        if faces.pose is None:
            return [None] * len(ids)
        unsure = faces.unsure.get("pose", np.zeros(len(ids), np.bool_))
        stale = [time_s - self._reading.known(track_id).last_s[landmarks.NAME] > POSE_STALE_S for track_id in ids]
        return [
            None if flag or old else float(value)
            for value, flag, old in zip(facing(faces.pose), unsure, stale, strict=True)
        ]

    def _presence(self, track_id: int, state: TrackState, toward: float | None, time_s: float) -> Presence:
        attendance = self._attendance.get(track_id)
        if attendance is None:
            attendance = self._attendance[track_id] = Attendance.begin(time_s)
        elif self._events.has_left(track_id):
            attendance.come_back(time_s)
        attendance.see(time_s, before_s=self._time_s, facing=toward)
        shares = self._fusion.emotion_shares(track_id)
        certainty = self._reading.known(track_id).certainty.get(demographics.NAME, 0.0)
        return Presence(
            state=state,
            first_s=attendance.first_s,
            began_s=attendance.began_s,
            last_s=attendance.last_s,
            seen_s=attendance.seen_s,
            attention_s=attendance.attention_s,
            visits=attendance.visits,
            settled=certainty >= SETTLED,
            emotion_shares=None if shares is None else dict(zip(EMOTIONS, shares.tolist(), strict=True)),
        )


def _boxes(tracks: Sequence[Track], detections: Faces | None) -> NDArray[np.float32]:
    """Of tracks, tentative ones too, and of detections that belong to none."""
    boxes = [track.box for track in tracks]
    if detections is not None:
        taken = {track.detection for track in tracks}
        boxes += [box for row, box in enumerate(detections.boxes) if row not in taken]
    return np.array(boxes, np.float32).reshape(-1, 4)
