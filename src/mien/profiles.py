"""Named ways from a picture to profiles: which detector and which networks. `default` is Mien's own."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from mien.errors import InputError, UnknownNameError
from mien.geometry.align import BOX_IN_HAAR_SQUARE
from mien.models import demographics, emotion, emotrack, landmarks, paper_age_gender, paper_emotion, registry
from mien.models.card import ModelCard
from mien.models.session import Session, Threads
from mien.quality import Quality

if TYPE_CHECKING:
    from mien.pipeline import Stage

ATTRIBUTES: Final = ("age", "gender", "race", "emotion", "pose", "quality", "landmarks", "embedding")
"""What a face can be profiled by, in order."""
DEFAULT: Final = "default"

Stages = Sequence[tuple[frozenset[str], "Callable[[Threads], Stage]"]]


@dataclass(frozen=True, kw_only=True)
class Profile:
    """One way.

    Attributes:
        name: what users call it.
        description: in a line.
        detector: that finds the faces.
        attributes: what it can tell, out of `ATTRIBUTES` and in their order.
        usual: of these, what it tells where nothing else is asked for.
        stages: behind the detector, in order: the attributes that each is loaded for, and how it is loaded.
        networks: that an installation need not carry.
        whole: (x1, y1, x2, y2) the face's box in a picture that is one face cut out, in parts of its width and height,
            for those in which none is found.
    """

    name: str
    description: str
    detector: str
    attributes: tuple[str, ...]
    usual: tuple[str, ...]
    stages: Stages
    networks: tuple[str, ...] = ()
    whole: tuple[float, float, float, float] = (0.0, 0.0, 1.0, 1.0)

    def check(self, attributes: Sequence[str]) -> None:
        """Makes sure that the profile can tell these.

        Raises:
            InputError: it cannot tell one of them.
        """
        if missing := [name for name in attributes if name not in self.attributes]:
            raise InputError(
                f"the profile {self.name} does not tell {', '.join(missing)}, only {', '.join(self.attributes)}; "
                f"leave {'it' if len(missing) == 1 else 'them'} out, or take the profile {DEFAULT}"
            )

    def check_installed(self) -> None:
        """Makes sure that the profile's networks are in this installation.

        Raises:
            WeightsNotFoundError: one is not; how to make it is told.
        """
        for name in self.networks:
            registry.card(name)


def find_profile(name: str) -> Profile:
    """The profile of that name.

    Raises:
        InputError: `name` is no text.
        UnknownNameError: there is none of that name; the nearest are suggested.
    """
    if not isinstance(name, str):
        raise InputError(f"profile must be one of the names {', '.join(PROFILES)}, got {name!r}")
    if name not in PROFILES:
        raise UnknownNameError("profile", name, PROFILES)
    return PROFILES[name]


def _network(stage: Callable[[Session, ModelCard], Stage], name: str) -> Callable[[Threads], Stage]:
    """Makes the stage of one network, which is then found, verified and loaded."""
    return lambda threads: stage(registry.session(name, threads), registry.card(name))


_LANDMARKS: Final = _network(landmarks.Landmarks, landmarks.NAME)
_SQUARE: Final = tuple(float(part) for part in BOX_IN_HAAR_SQUARE)

PROFILES: Final[Mapping[str, Profile]] = MappingProxyType(
    {
        one.name: one
        for one in (
            Profile(
                name=DEFAULT,
                description="Mien's own networks behind YuNet",
                detector="yunet",
                attributes=ATTRIBUTES,
                # Landmarks are many numbers, and embeddings tell people apart.
                usual=("age", "gender", "race", "emotion", "pose", "quality"),
                stages=(
                    # Labels of faces of low quality are unsure, so these come with it.
                    (
                        Quality.provides | demographics.Demographics.provides | emotion.Emotion.provides,
                        lambda threads: Quality(),
                    ),
                    (demographics.Demographics.provides, _network(demographics.Demographics, demographics.NAME)),
                    (emotion.Emotion.provides, _network(emotion.Emotion, emotion.NAME)),
                    (landmarks.Landmarks.provides, _LANDMARKS),
                ),
            ),
            Profile(
                name="paper",
                description="the paper's chain: Haar cascade, grey, equalised, its two networks",
                detector="haar",
                attributes=("age", "gender", "emotion", "quality"),
                usual=("age", "gender", "emotion", "quality"),
                stages=(
                    (frozenset({"quality", "age", "gender", "emotion"}), lambda threads: Quality()),
                    (
                        paper_age_gender.PaperAgeGender.provides,
                        _network(paper_age_gender.PaperAgeGender, paper_age_gender.NAME),
                    ),
                    (paper_emotion.PaperEmotion.provides, _network(paper_emotion.PaperEmotion, paper_emotion.NAME)),
                ),
                networks=(paper_age_gender.NAME, paper_emotion.NAME),
                whole=(_SQUARE[0], _SQUARE[1], _SQUARE[2], _SQUARE[3]),
            ),
            Profile(
                name="emotrack",
                description="EmoTrack's network on grey pictures and landmarks, behind YuNet",
                detector="yunet",
                attributes=("emotion", "pose", "quality", "landmarks"),
                usual=("emotion", "quality"),
                stages=(
                    (frozenset({"quality", "emotion"}), lambda threads: Quality()),
                    (frozenset({"emotion", "pose", "landmarks"}), _LANDMARKS),
                    (emotrack.EmoTrack.provides, _network(emotrack.EmoTrack, emotrack.NAME)),
                ),
                networks=(emotrack.NAME,),
                whole=(_SQUARE[0], _SQUARE[1], _SQUARE[2], _SQUARE[3]),
            ),
        )
    }
)
"""Name → profile."""
