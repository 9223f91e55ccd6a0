"""`find`: whose photos in a folder show somebody in a picture."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from mien.compat import distances, names
from mien.compat.folder import FolderFaces, folder_faces
from mien.compat.inputs import Picture
from mien.compat.looked import FaceOptions, look, note_alignment
from mien.compat.tables import Column, as_asked, check_return_type
from mien.errors import InputError, ShapeError, UnknownNameError

if TYPE_CHECKING:
    import pandas

FORMATS: Final = ("npz", "feather", "parquet")
_PICKLES: Final = ("pkl", "pickle")


def find(
    img_path: Picture,
    db_path: str | os.PathLike[str],
    model_name: str = "VGG-Face",
    distance_metric: distances.Metric = "cosine",
    enforce_detection: bool = True,
    detector_backend: str = "opencv",
    align: bool = True,
    similarity_search: bool = False,
    k: int | None = None,
    expand_percentage: int = 0,
    threshold: float | None = None,
    normalization: str = "base",
    silent: bool = False,
    refresh_database: bool = True,
    anti_spoofing: bool = False,
    datastore_format: str = "npz",
    return_type: str | None = None,
    *,
    strict: bool = False,
    allow_urls: bool = False,
) -> list[pandas.DataFrame] | list[list[dict[str, Any]]]:
    """The photos in a folder that show somebody in a picture, the nearest first.

    Args:
        img_path: a picture.
        db_path: folder of photos; those in folders below it count too. What was found in them is kept in the file
            `.mien-index` there, and only new and changed photos are looked at the next time.
        model_name: see `mien.compat.names`.
        distance_metric: one of `mien.compat.distances.METRICS`, or a function: of two embeddings for DataFrames, of
            (n, d) in the folder and (m, d) in the picture, giving (m, n), for dictionaries.
        enforce_detection: whether a picture without a face is an error; where it is not, and no face is found, nobody
            is.
        detector_backend: see `mien.compat.names`.
        align: of no effect, faces are always turned upright.
        similarity_search: whether those beyond the threshold are told too.
        k: how many rows are told at most.
        expand_percentage: by how much the boxes told are larger.
        threshold: the distance up to which two are one person; `None` is the calibrated one.
        normalization: of no effect, our networks scale their input themselves.
        silent: whether to leave the log alone.
        refresh_database: whether to look what has changed in the folder.
        anti_spoofing: refused.
        datastore_format: of no effect, the index has a format of its own.
        return_type: `pandas` or `dict`; `None` is `pandas` where it is installed.
        strict: whether to refuse models and detectors that we don't have.
        allow_urls: whether a web address is fetched.

    Returns:
        A table for each face in the picture with `identity` (the photo's path), `hash`, `target_x`, `target_y`,
        `target_w`, `target_h`, `threshold`, `source_x`, `source_y`, `source_w`, `source_h`, `distance` and
        `confidence`; empty where nobody is found.

    Raises:
        InputError: an argument cannot be used.
        NoFaceError: there is no face in the picture, and `enforce_detection` is on.
        ImageError: no picture is in the folder, or the one given cannot be read.
        MissingExtraError: DataFrames are wanted, and pandas is not installed.
        GalleryError: the index cannot be read or written.
    """
    distances.check_metric(distance_metric, threshold)
    kind = check_return_type(return_type)
    _check_format(datastore_format)
    check_count(k)
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
    looked = look(img_path, ("embedding",), options, network=network)
    assert looked.faces.embedding is not None  # asked for
    folder = folder_faces(db_path, options, network, refresh=refresh_database)
    table = _distances(looked.faces.embedding, folder.vectors, distance_metric, kind)
    if threshold is None:
        assert isinstance(distance_metric, str)  # checked above
        threshold = distances.threshold_of(network, distance_metric)

    def sure(distance: float) -> float:
        return distances.confidence(
            distance, threshold=threshold, metric=distance_metric, network=network, same=distance <= threshold
        )

    found = []
    for area, row in zip(looked.areas(), table, strict=True):
        rows = nearest(row, None if similarity_search else threshold, k) if looked.found else np.empty(0, np.intp)
        found.append(_columns(folder, area, row, rows, threshold, sure))
    return as_asked(found, kind)


def nearest(row: NDArray[np.float64], threshold: float | None, k: int | None) -> NDArray[np.intp]:
    """The places of the least distances, the least first.

    Args:
        row: (n,) distances.
        threshold: beyond which none is told; `None` for no such end.
        k: how many are told at most.
    """
    order = np.argsort(row, kind="stable")
    if threshold is not None:
        order = order[row[order] <= threshold]
    return order[:k]


def check_count(k: int | None) -> None:
    """Make sure that so many rows can be told.

    Raises:
        InputError: it is no whole number of 1 or more.
    """
    if k is not None and (isinstance(k, bool) or not isinstance(k, (int, np.integer)) or k < 1):
        raise InputError(f"k must be a whole number of 1 or more, got {k!r}; leave it out for all")


def _check_format(datastore_format: str) -> None:
    if isinstance(datastore_format, str) and datastore_format.lower() in _PICKLES:
        raise InputError(
            "datastore_format: pickle files run whatever code is in them, so none is written or read; leave it out"
        )
    if datastore_format not in FORMATS:
        raise UnknownNameError("datastore_format", datastore_format, FORMATS)


def _distances(
    probes: NDArray[np.float32], vectors: NDArray[np.float32], metric: distances.Metric, kind: str
) -> NDArray[np.float64]:
    """(m, n) from every face in the picture to every one in the folder."""
    shape = (len(probes), len(vectors))
    if not callable(metric):
        return np.stack([distances.distances(probe, vectors, metric) for probe in probes])
    if kind == "pandas" or not len(vectors):
        own = [[distances.own_distance(metric, vector, probe) for vector in vectors] for probe in probes]
        return np.array(own, np.float64).reshape(shape)
    table = np.asarray(metric(vectors, probes), np.float64)
    if table.shape != shape:
        raise ShapeError(
            f"distance_metric must give (faces in the picture, faces in the folder), here {shape}, for "
            f"return_type='dict'; got {table.shape}"
        )
    return table


def _columns(
    folder: FolderFaces,
    area: dict[str, Any],
    row: NDArray[np.float64],
    rows: NDArray[np.intp],
    threshold: float,
    sure: Callable[[float], float],
) -> dict[str, Column]:
    places = rows.tolist()
    columns: dict[str, Column] = {
        "identity": [folder.identities[place] for place in places],
        "hash": [folder.hashes[place] for place in places],
    }
    columns |= {f"target_{key}": folder.boxes[rows, axis].tolist() for axis, key in enumerate("xywh")}
    columns["threshold"] = [round(threshold, 6)] * len(places)
    columns |= {f"source_{key}": [area[key]] * len(places) for key in "xywh"}
    told = row[rows].tolist()
    columns["distance"] = [round(distance, 6) for distance in told]
    columns["confidence"] = [sure(distance) for distance in told]
    return columns
