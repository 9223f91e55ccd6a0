"""`find_images`: the picture files that some paths, folders and patterns name."""

from __future__ import annotations

import glob
import os
from collections.abc import Iterable
from pathlib import Path

from mien.errors import ImageError
from mien.media.formats import ENDINGS
from mien.media.images import refuse_address


def find_images(patterns: Iterable[str | os.PathLike[str]]) -> list[Path]:
    """Every picture file named, in the order named; a file found twice is listed once.

    Args:
        patterns: files, taken whatever their ending; folders, searched with all their subfolders; and glob patterns,
            in which `**` stands for any number of folders. In folders and patterns only files with the known endings
            count, hidden ones are passed over, and the order is that of the names.

    Raises:
        ImageError: a path is not there, or no picture is in a folder or fits a pattern.
    """
    unique: dict[Path, Path] = {}
    for pattern in patterns:
        for path in _matches(os.fspath(pattern)):
            unique.setdefault(path.resolve(), path)
    return list(unique.values())


def _matches(pattern: str) -> list[Path]:
    refuse_address(pattern)
    path = Path(pattern)
    if path.is_dir():
        return _pictures(pattern, _files_below(path), f"{pattern}: no pictures in this folder or below it")
    if os.path.lexists(path):
        return [path]
    if glob.has_magic(pattern):
        # Path.glob takes no absolute patterns, and hidden files too.
        files = [Path(name) for name in glob.iglob(pattern, recursive=True)]  # noqa: PTH207
        return _pictures(pattern, files, f"{pattern}: no picture fits this pattern")
    raise ImageError(f"{pattern}: no such file or folder")


def _files_below(folder: Path) -> list[Path]:
    """Files that are not hidden, in folders that are not hidden. Links to folders could circle: not followed."""
    files = []
    for parent, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if not name.startswith(".")]
        files += [Path(parent, name) for name in names if not name.startswith(".")]
    return files


def _pictures(pattern: str, files: list[Path], none_found: str) -> list[Path]:
    pictures = sorted(path for path in files if path.suffix.lower() in ENDINGS and path.is_file())
    if not pictures:
        raise ImageError(f"{none_found}; files ending in {' '.join(ENDINGS)} count")
    return pictures
