"""`search` and `identify`: whom in a database a picture shows."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from mien.compat import distances, names
from mien.compat.database import Details, check_model, open_store
from mien.compat.find import check_count, nearest
from mien.compat.inputs import Picture, Pictures, split
from mien.compat.looked import FaceOptions, look, note_alignment
from mien.compat.tables import Column, as_asked, check_return_type
from mien.errors import InputError, UnknownNameError
from mien.gallery.records import ModelId
from mien.gallery.store import Store

if TYPE_CHECKING:
    import pandas

SEARCH_METHODS: Final = ("exact", "ann")
_AT_ONCE: Final = 500  # values in one statement; SQLite takes 999 at most in older versions


def search(
    img: Pictures,
    model_name: str = "VGG-Face",
    detector_backend: str = "opencv",
    distance_metric: str = "cosine",
    enforce_detection: bool = True,
    align: bool = True,
    l2_normalize: bool = False,
    expand_percentage: int = 0,
    normalization: str = "base",
    anti_spoofing: bool = False,
    similarity_search: bool = False,
    k: int | None = None,
    database_type: str = "postgres",
    connection_details: Details | None = None,
    connection: Any = None,
    search_method: str = "exact",
    return_type: str | None = None,
    *,
    strict: bool = False,
    allow_urls: bool = False,
) -> list[pandas.DataFrame] | list[list[dict[str, Any]]]:
    """Whom in a database a picture shows, the nearest first.

    Args:
        img: a picture, or many.
        model_name: as of `register`.
        detector_backend: likewise.
        distance_metric: one of `mien.compat.distances.METRICS`.
        enforce_detection: whether a picture without a face is an error; where it is not, it shows nobody.
        align: of no effect, faces are always turned upright.
        l2_normalize: of no effect, embeddings have length 1.
        expand_percentage: by how much the boxes told are larger.
        normalization: of no effect, our networks scale their input themselves.
        anti_spoofing: refused.
        similarity_search: whether those beyond the threshold are told too.
        k: how many rows are told at most.
        database_type: as of `register`.
        connection_details: likewise.
        connection: refused.
        search_method: `exact` or `ann`; of no effect, large databases are searched by an index and then exactly.
        return_type: `pandas` or `dict`; `None` is `pandas` where it is installed.
        strict: whether to refuse models and detectors that we don't have.
        allow_urls: whether a web address is fetched.

    Returns:
        A table for each face with `id`, `img_name`, `model_name`, `aligned`, `l2_normalized`, `search_method`,
        `target_x`, `target_y`, `target_w`, `target_h` (of the face in the picture), `threshold`, `distance_metric`,
        `distance` and `confidence`.

    Raises:
        InputError: an argument cannot be used, or nobody was registered with that model.
        NoFaceError: there is no face, and `enforce_detection` is on.
        GalleryError: the database cannot be used.
        MissingExtraError: DataFrames are wanted, and pandas is not installed.
    """
    distances.check_metric(distance_metric, None)
    kind = check_return_type(return_type)
    check_count(k)
    if search_method not in SEARCH_METHODS:
        raise UnknownNameError("search_method", search_method, SEARCH_METHODS)
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
    note_alignment(options)
    network = names.network(model_name, strict=strict)
    threshold = distances.threshold_of(network, distance_metric)
    pictures, _ = split(img)
    tables: list[dict[str, Column]] = []
    with open_store(database_type, connection_details, connection, create=False) as store:
        check_model(store, ModelId.of(network))
        if not store.templates():
            raise InputError(f"nobody is in {store.database.place}; register() somebody first")
        for picture in pictures:
            looked = look(picture, ("embedding",), options, network=network)
            assert looked.faces.embedding is not None  # asked for
            count = min(k or store.templates(), store.templates())
            for area, vector in zip(looked.areas(), looked.faces.embedding, strict=True):
                found = store.database.nearest(vector, count).neighbours if looked.found else ()
                row = np.array([_distance(one.similarity, distance_metric) for one in found], np.float64)
                rows = nearest(row, None if similarity_search else threshold, k).tolist()
                ids = [found[place].template for place in rows]
                columns: dict[str, Column] = {"id": ids, "img_name": _img_names(store, ids)}
                columns |= {
                    name: [value] * len(ids)
                    for name, value in {
                        "model_name": model_name,
                        "aligned": align,
                        "l2_normalized": l2_normalize,
                        "search_method": search_method,
                        **{f"target_{key}": area[key] for key in "xywh"},
                        "threshold": round(threshold, 6),
                        "distance_metric": distance_metric,
                    }.items()
                }
                columns["distance"] = [round(float(row[place]), 6) for place in rows]
                columns["confidence"] = [
                    _confidence(float(row[place]), threshold, distance_metric, network) for place in rows
                ]
                tables.append(columns)
    return as_asked(tables, kind)


def identify(
    img: Picture,
    identity_id: str | int,
    model_name: str = "VGG-Face",
    detector_backend: str = "opencv",
    distance_metric: str = "cosine",
    enforce_detection: bool = True,
    align: bool = True,
    l2_normalize: bool = False,
    expand_percentage: int = 0,
    normalization: str = "base",
    anti_spoofing: bool = False,
    database_type: str = "postgres",
    connection_details: Details | None = None,
    connection: Any = None,
    *,
    strict: bool = False,
    allow_urls: bool = False,
) -> dict[str, Any]:
    """Whether a picture shows the one in a database who has an id; of several faces the nearest is told.

    Args:
        img: a picture.
        identity_id: an id that `search` tells.
        model_name: as of `search`, as are all below.
        detector_backend: likewise.
        distance_metric: likewise.
        enforce_detection: likewise.
        align: likewise.
        l2_normalize: likewise.
        expand_percentage: likewise.
        normalization: likewise.
        anti_spoofing: likewise.
        database_type: likewise.
        connection_details: likewise.
        connection: likewise.
        strict: likewise.
        allow_urls: likewise.

    Returns:
        The keys of `verify`, and `id` and `img_name`.

    Raises:
        InputError: an argument cannot be used, or nobody has that id.
        NoFaceError: there is no face, and `enforce_detection` is on.
        GalleryError: the database cannot be used.
    """
    began_s = time.perf_counter()
    distances.check_metric(distance_metric, None)
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
    note_alignment(options)
    network = names.network(model_name, strict=strict)
    threshold = distances.threshold_of(network, distance_metric)
    looked = look(img, ("embedding",), options, network=network)
    assert looked.faces.embedding is not None  # asked for
    with open_store(database_type, connection_details, connection, create=False) as store:
        check_model(store, ModelId.of(network))
        number = _number(identity_id)
        if number not in store.template_numbers():
            raise InputError(f"nobody in {store.database.place} has the id {identity_id!r}; search() tells the ids")
        vector, (img_name,) = store.vector(number), _img_names(store, [number])
    row = distances.distances(vector, looked.faces.embedding, distance_metric)
    place = int(np.argmin(row))
    distance = float(row[place])
    return {
        "verified": looked.found and distance <= threshold,
        "distance": round(distance, 6),
        "threshold": round(threshold, 6),
        "confidence": _confidence(distance, threshold, distance_metric, network) if looked.found else 0.0,
        "model": model_name,
        "detector_backend": detector_backend,
        "similarity_metric": distance_metric,
        "id": number,
        "img_name": img_name,
        "facial_areas": {"img1": list(looked.areas())[place], "img2": None},
        "time": round(time.perf_counter() - began_s, 2),
    }


def _number(identity_id: str | int) -> int:
    try:
        return int(identity_id)
    except (TypeError, ValueError) as error:
        raise InputError(f"identity_id must be an id that search() tells, got {identity_id!r}") from error


def _distance(similarity: float, metric: str) -> float:
    return float(distances.of_similarity(min(max(similarity, -1.0), 1.0), metric))


def _confidence(distance: float, threshold: float, metric: str, network: str) -> float:
    return distances.confidence(
        distance, threshold=threshold, metric=metric, network=network, same=distance <= threshold
    )


def _img_names(store: Store, ids: Sequence[int]) -> list[str]:
    """What the photos of templates are called."""
    found: dict[int, str] = {}
    for start in range(0, len(ids), _AT_ONCE):
        part = ids[start : start + _AT_ONCE]
        marks = ", ".join("?" * len(part))
        found |= dict(store.database.rows(f"SELECT number, photo FROM template WHERE number IN ({marks})", *part))
    return [found[number] for number in ids]
