"""`analyze`: age, gender, race and expression."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from mien.compat.inputs import Pictures, split
from mien.compat.looked import FaceOptions, look, note_alignment
from mien.errors import InputError, UnknownNameError
from mien.face import Distribution, Face

ACTIONS: Final = ("emotion", "age", "gender", "race")
GENDERS: Final[Mapping[str, str]] = {"female": "Woman", "male": "Man"}
RACES: Final[Mapping[str, str]] = {
    "east_asian": "asian",
    "southeast_asian": "asian",
    "indian": "indian",
    "black": "black",
    "white": "white",
    "middle_eastern": "middle eastern",
    "latino_hispanic": "latino hispanic",
}
"""FairFace's seven → DeepFace's six; of two that come to one the probabilities are added."""


def analyze(
    img_path: Pictures,
    actions: Sequence[str] = ACTIONS,
    enforce_detection: bool = True,
    detector_backend: str = "opencv",
    align: bool = True,
    expand_percentage: int = 0,
    silent: bool = False,
    anti_spoofing: bool = False,
    *,
    strict: bool = False,
    allow_urls: bool = False,
) -> list[dict[str, Any]] | list[list[dict[str, Any]]]:
    """What everybody in a picture looks like.

    Args:
        img_path: a picture, or many.
        actions: out of `ACTIONS`.
        enforce_detection: whether a picture without a face is an error.
        detector_backend: see `mien.compat.names`.
        align: of no effect, faces are always turned upright.
        expand_percentage: by how much the boxes told are larger.
        silent: whether to leave the log alone.
        anti_spoofing: refused.
        strict: whether to refuse detectors that we don't have.
        allow_urls: whether a web address is fetched.

    Returns:
        A dictionary a face, with `region`, `face_confidence`, what was asked for, and, which is Mien's own, `unsure`:
        what of it should not be relied on. Of many pictures a list of such lists.

    Raises:
        InputError: an argument cannot be used; a `ValueError`, as all are that come of what was given.
        NoFaceError: there is no face, and `enforce_detection` is on.
    """
    asked = _checked(actions)
    options = FaceOptions(
        detector_backend=detector_backend,
        enforce_detection=enforce_detection,
        align=align,
        expand_percentage=expand_percentage,
        anti_spoofing=anti_spoofing,
        silent=silent,
        strict=strict,
        allow_urls=allow_urls,
    )
    note_alignment(options)
    pictures, many = split(img_path)
    results = []
    for picture in pictures:
        looked = look(picture, tuple(sorted(asked)), options)
        results.append(
            [
                _described(face, asked) | {"region": area, "face_confidence": score}
                for face, area, score in zip(looked.faces, looked.areas(), looked.confidences(), strict=True)
            ]
        )
    return results if many else results[0]


def _checked(actions: Sequence[str]) -> tuple[str, ...]:
    asked = (actions,) if isinstance(actions, str) else tuple(actions)
    if not asked:
        raise InputError(f"actions is empty; give some of {', '.join(ACTIONS)}")
    for action in asked:
        if action not in ACTIONS:
            raise UnknownNameError("action", action, ACTIONS)
    return asked


def _described(face: Face, actions: Sequence[str]) -> dict[str, Any]:
    described: dict[str, Any] = {}
    for action in dict.fromkeys(actions):
        described |= _TOLD[action](face)
    return described | {"unsure": [action for action in ACTIONS if action in actions and action in face.unsure]}


def _age(face: Face) -> dict[str, Any]:
    assert face.age is not None  # asked for
    return {"age": round(face.age)}


def _emotion(face: Face) -> dict[str, Any]:
    assert face.emotion is not None  # asked for
    return _percent("emotion", {label: label for label in face.emotion.probabilities}, face.emotion)


def _gender(face: Face) -> dict[str, Any]:
    assert face.gender is not None  # asked for
    return _percent("gender", GENDERS, face.gender)


def _race(face: Face) -> dict[str, Any]:
    assert face.race is not None  # asked for
    return _percent("race", RACES, face.race)


def _percent(name: str, words: Mapping[str, str], value: Distribution) -> dict[str, Any]:
    """Probabilities under DeepFace's words, in percent, and the most probable of them: unsure or not."""
    shares = dict.fromkeys(words.values(), 0.0)
    for label, word in words.items():
        shares[word] += 100 * float(value.probabilities[label])
    return {name: shares, f"dominant_{name}": max(shares, key=lambda word: shares[word])}


_TOLD: Final[Mapping[str, Callable[[Face], dict[str, Any]]]] = {
    "emotion": _emotion,
    "age": _age,
    "gender": _gender,
    "race": _race,
}
