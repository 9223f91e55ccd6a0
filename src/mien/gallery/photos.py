"""The photos that somebody is enrolled from or searched for: what they are called, their hash, and their pixels."""

from __future__ import annotations

import hashlib
import os
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Final, cast

import numpy as np
from numpy.typing import NDArray

from mien.errors import ImageError
from mien.media.find import find_images
from mien.media.images import ImageLimits, ImageSource, read_image
from mien.media.paths import is_file, is_folder
from mien.media.result import printable

_READ_AHEAD: Final = 2  # photos decoded while one is embedded


@dataclass(frozen=True, eq=False)
class Photo:
    """A picture and what it is called.

    Attributes:
        source: as `mien.read_image` takes it.
        name: that the gallery keeps; empty for that of the file, or what kind of source it is.
    """

    source: ImageSource
    name: str = ""

    @property
    def label(self) -> str:
        """The name, or one made up."""
        if self.name:
            return printable(self.name)
        if isinstance(self.source, (str, os.PathLike)):
            return printable(self.source)
        return type(self.source).__name__


@dataclass(frozen=True, kw_only=True, eq=False)
class Pixels:
    """A photo as read.

    Attributes:
        image: (h, w, 3) uint8 RGB.
        sha256: of its file, or of its shape and pixels where it was none.
    """

    image: NDArray[np.uint8]
    sha256: str


PhotoSource = ImageSource | Photo
"""Whatever `mien.read_image` takes, or a `Photo`."""


_ONE: Final = (Photo, bytes, bytearray, memoryview, np.ndarray)
"""Kinds of one picture that could be gone through as if they were many."""


def photos_of(sources: PhotoSource | Iterable[PhotoSource]) -> list[Photo]:
    """Photos, one by one: a folder is all pictures in it and below it.

    Raises:
        ImageError: a folder or pattern has no pictures, or a path is not there.
    """
    if isinstance(sources, (str, os.PathLike)):
        return [Photo(path) for path in find_images([sources])]
    is_file_object = hasattr(sources, "read")  # which would give its lines
    one = isinstance(sources, _ONE) or is_file_object or not isinstance(sources, Iterable)
    listed = [cast(PhotoSource, sources)] if one else cast(Iterable[PhotoSource], sources)
    found: list[Photo] = []
    for source in listed:
        if isinstance(source, (str, os.PathLike)) and is_folder(source):
            found += photos_of(source)
        else:
            found.append(source if isinstance(source, Photo) else Photo(source))
    return found


def read_ahead(photos: Iterable[Photo], limits: ImageLimits) -> Iterator[tuple[Photo, Pixels | ImageError]]:
    """Every photo in order, with what was read or why it could not be; the next ones are decoded meanwhile."""
    with ThreadPoolExecutor(max_workers=1) as pool:
        waiting: deque[tuple[Photo, Future[Pixels | ImageError]]] = deque()
        for photo in photos:
            waiting.append((photo, pool.submit(_read, photo, limits)))
            if len(waiting) > _READ_AHEAD:
                yield _done(waiting.popleft())
        while waiting:
            yield _done(waiting.popleft())


def file_sha256(photo: Photo) -> str | None:
    """Of a photo's file; `None` where it is none, or cannot be read."""
    if not isinstance(photo.source, (str, os.PathLike)) or not is_file(photo.source):
        return None
    try:
        with Path(photo.source).open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError:
        return None  # why is told when it is read


def _done(entry: tuple[Photo, Future[Pixels | ImageError]]) -> tuple[Photo, Pixels | ImageError]:
    photo, future = entry
    return photo, future.result()


def _read(photo: Photo, limits: ImageLimits) -> Pixels | ImageError:
    try:
        image = read_image(photo.source, limits=limits)
    except ImageError as error:
        return error
    digest = file_sha256(photo)
    if digest is None:
        digest = hashlib.sha256(repr(image.shape).encode() + image.tobytes()).hexdigest()
    return Pixels(image=image, sha256=digest)
