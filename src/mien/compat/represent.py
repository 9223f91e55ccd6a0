"""`represent`: embeddings."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from mien.compat import names
from mien.compat.extract_faces import cut
from mien.compat.inputs import Pictures, split
from mien.compat.looked import FaceOptions, look, note_alignment
from mien.errors import InputError
from mien.geometry.boxes import area


def represent(
    img_path: Pictures,
    model_name: str = "VGG-Face",
    enforce_detection: bool = True,
    detector_backend: str = "opencv",
    align: bool = True,
    expand_percentage: int = 0,
    normalization: str = "base",
    anti_spoofing: bool = False,
    max_faces: int | None = None,
    l2_normalize: bool = False,
    minmax_normalize: bool = False,
    return_face: bool = False,
    *,
    strict: bool = False,
    allow_urls: bool = False,
) -> list[dict[str, Any]] | list[list[dict[str, Any]]]:
    """The embedding of everybody in a picture.

    Args:
        img_path: a picture, or many.
        model_name: see `mien.compat.names`.
        enforce_detection: whether a picture without a face is an error.
        detector_backend: see `mien.compat.names`.
        align: of no effect, faces are always turned upright.
        expand_percentage: by how much the boxes told are larger.
        normalization: of no effect, our networks scale their input themselves.
        anti_spoofing: refused.
        max_faces: how many are wanted at most, the largest first; `None` is all.
        l2_normalize: of no effect, embeddings have length 1.
        minmax_normalize: whether to bring the numbers of each to 0–1; they then tell people apart less well.
        return_face: whether the face's picture is wanted too.
        strict: whether to refuse models and detectors that we don't have.
        allow_urls: whether a web address is fetched.

    Returns:
        A dictionary a face: `embedding` (128 floats), `facial_area`, `face_confidence`, and `face` where it is wanted.
        Of many pictures a list of such lists.

    Raises:
        InputError: an argument cannot be used.
        NoFaceError: there is no face, and `enforce_detection` is on.
    """
    options = FaceOptions(
        detector_backend=detector_backend,
        enforce_detection=enforce_detection,
        align=align,
        expand_percentage=expand_percentage,
        normalization=normalization,
        anti_spoofing=anti_spoofing,
        strict=strict,
        allow_urls=allow_urls,
    )
    network = names.network(model_name, strict=strict)
    if max_faces is not None and (isinstance(max_faces, bool) or not isinstance(max_faces, int) or max_faces < 1):
        raise InputError(f"max_faces must be a whole number of 1 or more, got {max_faces!r}; leave it out for all")
    note_alignment(options)
    pictures, many = split(img_path)
    results = []
    for picture in pictures:
        looked = look(picture, ("embedding",), options, network=network)
        assert looked.faces.embedding is not None  # asked for
        areas, scores = list(looked.areas()), looked.confidences()
        rows = np.arange(len(areas))
        if max_faces is not None:
            rows = np.argsort(-area(looked.faces.boxes), kind="stable")[:max_faces]
        told = []
        for row in rows.tolist():
            vector = looked.faces.embedding[row]
            one = {
                "embedding": (_minmax(vector) if minmax_normalize else vector).tolist(),
                "facial_area": areas[row],
                "face_confidence": scores[row],
            }
            if return_face:
                one["face"] = cut(looked, areas[row], align=align)
            told.append(one)
        results.append(told)
    return results if many else results[0]


def _minmax(vector: NDArray[np.float32]) -> NDArray[np.float32]:
    low, high = vector.min(), vector.max()
    return np.asarray((vector - low) / (high - low), np.float32)
