"""DeepFace's names of models and detectors, and what stands for them here."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from mien.compat.notes import note
from mien.errors import InputError, UnknownNameError
from mien.models import embedding, sface

_SFACE: Final = "SFace"
MODELS: Final[Mapping[str, str]] = {
    "VGG-Face": embedding.NAME,
    "Facenet": embedding.NAME,
    "Facenet512": embedding.NAME,
    "OpenFace": embedding.NAME,
    "DeepFace": embedding.NAME,
    "DeepID": embedding.NAME,
    "ArcFace": embedding.NAME,
    "Dlib": embedding.NAME,
    _SFACE: sface.CARD.name,
    "GhostFaceNet": embedding.NAME,
    "Buffalo_L": embedding.NAME,
}
"""Model → network; SFace is the same file here and there."""

SKIP: Final = "skip"
"""The detector of pictures that are a face cut out."""
_YUNET: Final = "yunet"
_OPENCV: Final = "opencv"
DETECTORS: Final = (
    _OPENCV,
    "ssd",
    "dlib",
    "mtcnn",
    "fastmtcnn",
    "retinaface",
    "mediapipe",
    "yolov8",
    *(f"yolov{version}{size}" for version, sizes in ((8, "nml"), (11, "nsml"), (12, "nsml")) for size in sizes),
    _YUNET,
    "centerface",
    SKIP,
)
NORMALIZATIONS: Final = ("base", "raw", "Facenet", "Facenet2018", "VGGFace", "VGGFace2", "ArcFace")
_CASCADE: Final = "haar"
"""What `opencv` is there: OpenCV's cascade for frontal faces; under `strict` it is that here too."""


def network(model_name: str, *, strict: bool = False, silent: bool = False) -> str:
    """The network for one of DeepFace's models.

    Args:
        model_name: one of `MODELS`.
        strict: whether to refuse models that we don't have, instead of using our own network for them.
        silent: whether to leave the log alone.

    Raises:
        UnknownNameError: there is no such model.
        InputError: `strict`, and we don't have it.
    """
    _check("model_name", model_name, MODELS)
    found = MODELS[model_name]
    if model_name != _SFACE:
        if strict:
            raise InputError(
                f"strict: Mien has no {model_name}; ask for model_name={_SFACE!r}, which it has, or leave strict out "
                f"for its own network {found!r}"
            )
        if not silent:
            note(
                f"{model_name} is not here, Mien's own network {found!r} stands for it: its embeddings have "
                f"{embedding.DIMENSIONS} numbers and cannot be compared with those that you stored"
            )
    return found


def detector(detector_backend: str, *, strict: bool = False, silent: bool = False) -> str | None:
    """The detector for one of DeepFace's; `None` for none, where pictures are a face cut out.

    Args:
        detector_backend: one of `DETECTORS`.
        strict: whether to refuse those that we don't have, instead of using YuNet for them.
        silent: whether to leave the log alone.

    Raises:
        UnknownNameError: there is no such detector.
        InputError: `strict`, and we don't have it.
    """
    _check("detector_backend", detector_backend, DETECTORS)
    if detector_backend == SKIP:
        return None
    if strict and detector_backend == _OPENCV:
        return _CASCADE
    if detector_backend != _YUNET:
        if strict:
            raise InputError(
                f"strict: Mien has no {detector_backend}; ask for detector_backend={_YUNET!r} or {_OPENCV!r}, which "
                "it has, or leave strict out"
            )
        if not silent:
            note(f"the detector {detector_backend} is not here, {_YUNET} stands for it")
    return _YUNET


def check_normalization(name: str, *, silent: bool) -> None:
    """Make sure that there is one of that name; our networks scale their input themselves.

    Raises:
        UnknownNameError: there is none.
    """
    _check("normalization", name, NORMALIZATIONS)
    if name != "base" and not silent:
        note(f"normalization={name!r} has no effect: Mien's networks scale their input themselves")


def _check(kind: str, name: str, known: Mapping[str, str] | tuple[str, ...]) -> None:
    if not isinstance(name, str) or name not in known:
        raise UnknownNameError(kind, name, known)
