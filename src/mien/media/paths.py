"""What is at a path. Unlike methods of `Path` these never raise: on long paths, locked folders, circles of links."""

from __future__ import annotations

import os


def is_file(path: str | os.PathLike[str]) -> bool:
    """Whether an ordinary file is there; links are followed."""
    return os.path.isfile(path)  # noqa: PTH113


def is_folder(path: str | os.PathLike[str]) -> bool:
    """Whether a folder is there; links are followed."""
    return os.path.isdir(path)  # noqa: PTH112


def is_missing(path: str | os.PathLike[str]) -> bool:
    """Whether nothing is there; False too where that cannot be told, as in a locked folder."""
    try:
        os.lstat(path)
    except (FileNotFoundError, NotADirectoryError, ValueError):  # ValueError: a null character
        return True
    except OSError:
        return False
    return False
