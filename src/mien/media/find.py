"""`find_images`: the picture files that some paths, folders and patterns name."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from glob import has_magic
from pathlib import Path

from mien.errors import ImageError
from mien.media.formats import ENDINGS
from mien.media.images import refuse_address
from mien.media.paths import is_folder, is_missing
from mien.media.walk import Walk

Unreadable = Callable[[Path, ImageError], None]
"""Told of a folder that cannot be searched."""


def find_images(
    patterns: Iterable[str | os.PathLike[str]],
    *,
    skip: str | os.PathLike[str] | None = None,
    unreadable: Unreadable | None = None,
) -> list[Path]:
    """Every picture file named, in the order named; a file found twice is listed once.

    Args:
        patterns: files, taken whatever their ending; folders, searched with all their subfolders; and glob patterns,
            in which `**` stands for any number of folders. In folders and patterns only files with the known endings
            count, hidden ones are passed over, and the order is that of the names. Links to folders are followed
            where they are named or fit a `*`, but not on the way down through all subfolders.
        skip: a folder passed over on the way down from those above it.
        unreadable: told of each folder that cannot be searched; then the search goes on.

    Raises:
        ImageError: a path is empty or not there, no picture is in a folder or fits a pattern, or, without
            `unreadable`, a folder cannot be searched.
    """
    failed: list[Path] = []

    def cannot_search(error: OSError) -> None:
        folder = Path(error.filename)
        reason = ImageError(f"{folder}: this folder cannot be searched: {error.strerror}")
        if unreadable is None:
            raise reason from error
        failed.append(folder)
        unreadable(folder, reason)

    unique: dict[str, Path] = {}
    walk = Walk(skip=skip, on_error=cannot_search)
    for pattern in patterns:
        failed.clear()
        for path in _matches(os.fspath(pattern), walk, failed):
            unique.setdefault(os.path.realpath(path), path)
    return list(unique.values())


def _matches(pattern: str, walk: Walk, failed: list[Path]) -> list[Path]:
    refuse_address(pattern)
    if not pattern:
        raise ImageError("an empty path names nothing; name a file, a folder or a pattern")
    path = Path(pattern)
    if is_folder(path):
        return _pictures(walk.files(path), f"{pattern}: no pictures in this folder or below it", failed)
    if os.path.lexists(path):
        return [path]
    if has_magic(pattern):
        return _pictures(walk.matches(pattern), f"{pattern}: no picture fits this pattern", failed)
    if is_missing(path):
        raise ImageError(f"{pattern}: no such file or folder")
    return [path]  # why it cannot be reached is told when it is read


def _pictures(files: Iterator[Path], none_found: str, failed: list[Path]) -> list[Path]:
    pictures = sorted({path for path in files if path.suffix.lower() in ENDINGS and not is_folder(path)})
    if not pictures and not failed:
        raise ImageError(f"{none_found}; files ending in {' '.join(ENDINGS)} count")
    return pictures
