"""`verify`: whether two pictures show one person."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from mien.compat import distances, names
from mien.compat.inputs import Picture
from mien.compat.looked import FaceOptions, look, note_alignment
from mien.errors import ShapeError
from mien.models.embedding import DIMENSIONS

_NOWHERE: Final = dict.fromkeys(("x", "y", "w", "h", "left_eye", "right_eye"))


@dataclass(frozen=True, kw_only=True, eq=False)
class Side:
    """What one of the two pictures gives.

    Attributes:
        vectors: (n, d), n of 1 or more.
        areas: n; of an embedding that was given, all values are `None`.
        found: whether there is a face, as far as anybody knows.
    """

    vectors: NDArray[np.float32]
    areas: Sequence[dict[str, Any]]
    found: bool


def verify(
    img1_path: Picture | Sequence[float],
    img2_path: Picture | Sequence[float],
    model_name: str = "VGG-Face",
    detector_backend: str = "opencv",
    distance_metric: distances.Metric = "cosine",
    enforce_detection: bool = True,
    align: bool = True,
    expand_percentage: int = 0,
    normalization: str = "base",
    silent: bool = False,
    threshold: float | None = None,
    anti_spoofing: bool = False,
    *,
    strict: bool = False,
    allow_urls: bool = False,
) -> dict[str, Any]:
    """Whether somebody in one picture is somebody in the other: of all pairs of faces the nearest is told.

    Args:
        img1_path: a picture, or an embedding of `represent` with the same model.
        img2_path: likewise.
        model_name: see `mien.compat.names`.
        detector_backend: likewise.
        distance_metric: one of `mien.compat.distances.METRICS`, or a function of two embeddings.
        enforce_detection: whether a picture without a face is an error; where it is not, and no face is found, nobody
            is verified, however near the pictures are.
        align: of no effect, faces are always turned upright.
        expand_percentage: by how much the boxes told are larger.
        normalization: of no effect, our networks scale their input themselves.
        silent: whether to leave the log alone.
        threshold: the distance up to which two are one person; `None` is the calibrated one.
        anti_spoofing: refused.
        strict: whether to refuse models and detectors that we don't have.
        allow_urls: whether a web address is fetched.

    Returns:
        `verified`, `distance`, `threshold`, `confidence`, `model`, `detector_backend`, `similarity_metric`,
        `facial_areas` and `time` in seconds.

    Raises:
        InputError: an argument cannot be used.
        NoFaceError: there is no face, and `enforce_detection` is on.
    """
    began_s = time.perf_counter()
    distances.check_metric(distance_metric, threshold)
    options = FaceOptions(
        detector_backend=detector_backend,
        enforce_detection=enforce_detection,
        align=align,
        expand_percentage=expand_percentage,
        normalization=normalization,
        anti_spoofing=anti_spoofing,
        silent=silent,
        strict=strict,
        allow_urls=allow_urls,
    )
    network = names.network(model_name, strict=strict, silent=silent)
    note_alignment(options)
    one, other = (_side(source, name, options, network) for name, source in (("img1", img1_path), ("img2", img2_path)))
    distance, row, column = _nearest(one.vectors, other.vectors, distance_metric)
    if threshold is None:
        assert isinstance(distance_metric, str)  # checked above
        threshold = distances.threshold_of(network, distance_metric)
    verified = one.found and other.found and distance <= threshold
    sure = distances.confidence(
        distance,
        threshold=threshold,
        metric=distance_metric,
        network=network,
        same=verified,
    )
    return {
        "verified": verified,
        "distance": round(distance, 6),
        "threshold": round(threshold, 6),
        "confidence": sure if one.found and other.found else 0.0,
        "model": model_name,
        "detector_backend": detector_backend,
        "similarity_metric": distance_metric if isinstance(distance_metric, str) else "custom",
        "facial_areas": {"img1": one.areas[row], "img2": other.areas[column]},
        "time": round(time.perf_counter() - began_s, 2),
    }


def _side(source: Picture | Sequence[float], name: str, options: FaceOptions, network: str) -> Side:
    if isinstance(source, (list, tuple)) or (isinstance(source, np.ndarray) and source.ndim == 1 and source.size):
        return Side(vectors=_embedding(source, name)[None], areas=[dict(_NOWHERE)], found=True)
    looked = look(source, ("embedding",), options, network=network)  # type: ignore[arg-type] # no list any more
    assert looked.faces.embedding is not None  # asked for
    return Side(vectors=looked.faces.embedding, areas=list(looked.areas()), found=looked.found)


def _embedding(numbers: Any, name: str) -> NDArray[np.float32]:
    try:
        vector = np.asarray(numbers, np.float32)
    except (TypeError, ValueError) as error:
        raise ShapeError(f"{name}: a list must be an embedding, {DIMENSIONS} numbers, got {error}") from error
    if vector.shape != (DIMENSIONS,):
        raise ShapeError(
            f"{name}: an embedding has {DIMENSIONS} numbers, got shape {vector.shape}; embeddings of other models "
            "cannot be compared with ours, make them anew with represent()"
        )
    if not (np.isfinite(vector).all() and vector.any()):
        raise ShapeError(f"{name}: an embedding of zeros, NaN or infinity has no direction; make it anew")
    return vector


def _nearest(
    ours: NDArray[np.float32], theirs: NDArray[np.float32], metric: distances.Metric
) -> tuple[float, int, int]:
    """The least distance between two, and their rows."""
    if callable(metric):
        table = np.array([[distances.own_distance(metric, a, b) for b in theirs] for a in ours])
    else:
        table = np.stack([distances.distances(a, theirs, metric) for a in ours])
    row, column = divmod(int(np.argmin(table)), len(theirs))
    return float(table[row, column]), row, column
