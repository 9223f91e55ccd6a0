"""`folder_faces`: the faces in the photos of a folder, each photo looked at once, and again when its file changes."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from mien.compat.index_file import IndexedPhoto, IndexFile, State, place_of
from mien.compat.looked import FaceOptions, look_at
from mien.errors import GalleryDamagedError, ImageError, InputError, NoFaceError
from mien.gallery.photos import Photo, Pixels, read_ahead
from mien.gallery.records import ModelId
from mien.media.find import find_images
from mien.media.images import DEFAULT_LIMITS
from mien.media.paths import is_folder
from mien.media.result import printable
from mien.models.embedding import DIMENSIONS

_AT_ONCE: Final = 16  # photos; what was looked at outlasts a run that is killed
_ELSEWHERE: Final = ("s3://", "ftp://", "http://", "https://")
_LOG: Final = logging.getLogger("mien.compat")


@dataclass(frozen=True, kw_only=True, eq=False)
class FolderFaces:
    """The faces in a folder's photos.

    Attributes:
        identities: n paths of the photos, beginning as the folder was given.
        hashes: n sha256 of their files.
        boxes: (n, 4) pixels x, y, w, h.
        vectors: (n, d) embeddings with L2 norm 1.
    """

    identities: tuple[str, ...]
    hashes: tuple[str, ...]
    boxes: NDArray[np.int64]
    vectors: NDArray[np.float32]


def folder_faces(folder: str | os.PathLike[str], options: FaceOptions, network: str, *, refresh: bool) -> FolderFaces:
    """What is in a folder and below it.

    Photos without a face, and files that cannot be read, are passed over; the log tells which.

    Args:
        folder: path.
        options: how faces are found in the photos.
        network: that embeds them.
        refresh: whether to look what has changed; without, a folder that was never looked at is looked at all the same.

    Raises:
        InputError: this is no folder.
        ImageError: no picture is in it.
        GalleryError: the index cannot be read or written.
    """
    path = _checked(folder)
    with IndexFile(place_of(path), _way(options, network)) as index:
        try:
            return _faces(index, path, os.fspath(folder), options, network, refresh)
        except GalleryDamagedError as error:
            index.rebuild(error)
            return _faces(index, path, os.fspath(folder), options, network, refresh)


def _checked(folder: str | os.PathLike[str]) -> Path:
    if not isinstance(folder, (str, os.PathLike)) or not os.fspath(folder):
        raise InputError(f"db_path must be the path of a folder, got {folder!r}")
    text = os.fspath(folder)
    if text.lower().startswith(_ELSEWHERE):
        raise InputError(f"db_path {text.partition('://')[0]}://…: only folders are read; mount it or copy it first")
    if text.lower().endswith((".pkl", ".pickle")):
        raise InputError(
            f"{text}: pickle files run whatever code is in them, so none is read; name the folder with the photos, "
            "whose index is made anew"
        )
    if not is_folder(text):
        raise InputError(f"{text}: no such folder; db_path is the folder with the photos")
    return Path(text)


def _way(options: FaceOptions, network: str) -> str:
    """What all that decides on faces and embeddings is called."""
    parts = [str(ModelId.of(network)), options.detector or "whole pictures"]
    if not options.enforce_detection:
        parts.append("or whole pictures")
    if options.expand_percentage:
        parts.append(f"expanded by {options.expand_percentage:g}")
    return ", ".join(parts)


def _faces(
    index: IndexFile, folder: Path, given: str, options: FaceOptions, network: str, refresh: bool
) -> FolderFaces:
    before = index.states()
    if refresh or not before:
        now = _states(folder)
        index.drop([path for path in before if path not in now])
        changed = {path: state for path, state in now.items() if before.get(path) != state}
        _look_at(index, folder, changed, options, network)
    paths, hashes, boxes, vectors = index.faces()
    return FolderFaces(
        identities=tuple(os.path.join(given, path) for path in paths),  # noqa: PTH118 - as it was given
        hashes=tuple(hashes),
        boxes=boxes,
        vectors=vectors,
    )


def _states(folder: Path) -> dict[str, State]:
    """Path → state of every photo there is."""
    states = {}
    for path in find_images([folder], unreadable=lambda _, error: _LOG.warning("%s", error)):
        try:
            facts = path.stat()
        except OSError as error:  # a link to nowhere, or it has just been deleted
            _LOG.warning("%s: %s; passed over", path, error.strerror)
            continue
        states[str(path.relative_to(folder))] = State(size=facts.st_size, mtime_ns=facts.st_mtime_ns)
    return states


def _look_at(index: IndexFile, folder: Path, changed: dict[str, State], options: FaceOptions, network: str) -> None:
    if changed:
        _LOG.info("%s: %d photos are new or have changed", folder, len(changed))
    for names in _batches(changed):
        photos = []
        read = read_ahead((Photo(folder / name) for name in names), DEFAULT_LIMITS)
        for name, (_, pixels) in zip(names, read, strict=True):
            if not index.known(name, changed[name]):
                photos.append(_indexed(folder, name, changed[name], pixels, options, network))
                if photos[-1].problem and not options.silent:
                    _LOG.warning("%s; passed over", photos[-1].problem)
        index.put(photos)


def _indexed(
    folder: Path, name: str, state: State, pixels: Pixels | ImageError, options: FaceOptions, network: str
) -> IndexedPhoto:
    boxes, vectors = np.empty((0, 4), np.int64), np.empty((0, DIMENSIONS), np.float32)
    sha256, problem, nobody = "", "", f"{printable(folder / name)}: no face in it"
    if isinstance(pixels, ImageError):
        problem = str(pixels)
    else:
        sha256 = pixels.sha256
        try:
            looked = look_at(pixels.image, ("embedding",), options, network=network)
        except NoFaceError:
            problem = nobody
        else:
            assert looked.faces.embedding is not None  # asked for
            if looked.found:
                vectors = looked.faces.embedding
                boxes = np.array([[area[key] for key in "xywh"] for area in looked.areas()], np.int64)
            else:
                problem = nobody
    return IndexedPhoto(path=name, state=state, sha256=sha256, problem=problem, boxes=boxes, vectors=vectors)


def _batches(names: Iterable[str]) -> Iterator[list[str]]:
    every = list(names)
    return (every[start : start + _AT_ONCE] for start in range(0, len(every), _AT_ONCE))
