"""`Person`: what is known of one person in view, at one moment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mien.face import UNKNOWN, Face
from mien.faces import Faces
from mien.live.track import TrackState

if TYPE_CHECKING:
    from mien.gallery.search import Match


@dataclass(frozen=True, kw_only=True)
class Presence:
    """What is known of a person beside the face.

    Attributes:
        state: confirmed, or coasting where this frame does not show the face.
        first_s: when the person was first in view.
        began_s: when this visit began.
        last_s: when last in view.
        seen_s: seconds in view, absences left out.
        attention_s: seconds of them with the head toward the camera; None where the pose was never read.
        visits: 1, and one more for every time that the person left and came back.
        settled: whether further frames will hardly change age, gender and race.
        emotion_shares: expression → share of the observed time, summing to 1; None where it was never read.
    """

    state: TrackState
    first_s: float
    began_s: float
    last_s: float
    seen_s: float
    attention_s: float | None
    visits: int
    settled: bool
    emotion_shares: Mapping[str, float] | None


class Person(Face):
    """A `Face` whose values are fused over the time that the person was in view; cannot be changed.

    The expression is that of the moment. Box, keypoints, landmarks and pose are smoothed.
    """

    __slots__ = ("_match", "_presence")

    def __init__(self, faces: Faces, index: int, presence: Presence, match: Match | None = None) -> None:
        super().__init__(faces, index)
        self._presence, self._match = presence, match

    @property
    def track_id(self) -> int:
        """Positive number, the same for as long as the tracker knows the person."""
        assert self._faces.track_id is not None
        return int(self._faces.track_id[self._index])

    @property
    def presence(self) -> Presence:
        """All below in one."""
        return self._presence

    @property
    def state(self) -> TrackState:
        """Confirmed, or coasting where this frame does not show the face."""
        return self._presence.state

    @property
    def seen_s(self) -> float:
        """Seconds in view, absences left out."""
        return self._presence.seen_s

    @property
    def attention_s(self) -> float | None:
        """Seconds of them with the head toward the camera; None where the pose was never read."""
        return self._presence.attention_s

    @property
    def settled(self) -> bool:
        """Whether further frames will hardly change age, gender and race."""
        return self._presence.settled

    @property
    def emotion_shares(self) -> Mapping[str, float] | None:
        """Expression → share of the observed time; None where it was never read."""
        return self._presence.emotion_shares

    @property
    def match(self) -> Match | None:
        """What a gallery says of the person; None where none is asked, and as long as too little was seen."""
        return self._match

    @property
    def identity(self) -> str | None:
        """The name of the person in a gallery."""
        return super().identity if self._match is None else self._match.label

    @property
    def who(self) -> str | None:
        """The same in words: `"unknown"` for nobody known; None as long as there is nothing to tell."""
        return super().who if self._match is None else self._match.label or UNKNOWN

    def named(self, identity: str | None) -> Person:
        """The same under a name; `None` for somebody unknown."""
        return Person(self._faces[[self._index]].replace(identity=(identity,)), 0, self._presence)

    def unrecognisable(self) -> Person:
        """The same without name, keypoints, landmarks and embedding: what tells who it is or shows the face."""
        faces = self._faces[[self._index]].replace(keypoints=None, landmarks=None, embedding=None, identity=None)
        return Person(faces, 0, self._presence)

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready: the face as anywhere else, and what is known beside it; `match` only once there is one."""
        presence = self._presence
        shares = presence.emotion_shares
        matched = {} if self._match is None else {"match": self._match.to_dict()}
        return (
            super().to_dict()
            | matched
            | {
                "state": presence.state.value,
                "first_s": round(presence.first_s, 3),
                "began_s": round(presence.began_s, 3),
                "last_s": round(presence.last_s, 3),
                "seen_s": round(presence.seen_s, 3),
                "attention_s": None if presence.attention_s is None else round(presence.attention_s, 3),
                "visits": presence.visits,
                "settled": presence.settled,
                "emotion_shares": None if shares is None else {name: round(share, 4) for name, share in shares.items()},
            }
        )

    def __repr__(self) -> str:
        return f"Person(#{self.track_id}, seen_s={self.seen_s:.1f}, {super().__repr__()})"
