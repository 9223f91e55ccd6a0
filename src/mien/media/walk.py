"""`Walk`: the files below a folder and those that fit a pattern, in trees where links may circle."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from fnmatch import fnmatch
from glob import has_magic
from pathlib import Path
from typing import Final

from mien.media.paths import is_folder

_ANY_FOLDERS: Final = "**"


class Walk:
    """Goes down through folders, past hidden files and folders and past links to folders, so that it always ends.

    Args:
        skip: a folder passed over on the way down from those above it.
        on_error: told of each folder that cannot be listed; the error's `filename` is the folder's path.
    """

    def __init__(self, *, skip: str | os.PathLike[str] | None, on_error: Callable[[OSError], None]) -> None:
        self._skip = None if skip is None else os.path.realpath(skip)
        self._on_error = on_error

    def files(self, folder: Path) -> Iterator[Path]:
        """All that is no folder in a folder and below it."""
        for parent, names in self._folders(folder):
            yield from (parent / name for name in names if not _is_hidden(name))

    def matches(self, pattern: str) -> Iterator[Path]:
        """What fits a pattern, some of it more than once.

        `*`, `?` and `[…]` are those of `glob`; `**` is any number of folders, and at the end all files in them.
        """
        parts = Path(pattern).parts
        first = next(place for place, part in enumerate(parts) if has_magic(part))
        return self._fitting(Path(*parts[:first]), parts[first:])

    def _fitting(self, folder: Path, parts: Sequence[str]) -> Iterator[Path]:
        part, rest = parts[0], parts[1:]
        if part == _ANY_FOLDERS:
            while rest and rest[0] == _ANY_FOLDERS:
                rest = rest[1:]
            if not rest:
                yield from self.files(folder)
            else:
                for parent, _ in self._folders(folder):
                    yield from self._fitting(parent, rest)
            return
        for name in self._names(folder, part):
            path = folder / name
            if not rest and os.path.lexists(path):
                yield path
            elif rest and is_folder(path) and not self._is_skipped(path):
                yield from self._fitting(path, rest)

    def _names(self, folder: Path, part: str) -> list[str]:
        """Those in a folder that fit a pattern; hidden ones only where it begins with a dot too."""
        if not has_magic(part):
            return [part]
        try:
            names = os.listdir(folder)  # noqa: PTH208
        except OSError as error:
            self._on_error(error)
            return []
        return [name for name in names if fnmatch(name, part) and (part.startswith(".") or not _is_hidden(name))]

    def _folders(self, folder: Path) -> Iterator[tuple[Path, list[str]]]:
        """A folder and all below it, each with the names of what is no folder in it; names are in order."""
        for parent, folders, names in os.walk(folder, onerror=self._on_error):
            here = Path(parent)
            folders[:] = sorted(name for name in folders if not _is_hidden(name) and not self._is_skipped(here / name))
            yield here, sorted(names)

    def _is_skipped(self, path: Path) -> bool:
        return self._skip is not None and os.path.realpath(path) == self._skip


def _is_hidden(name: str) -> bool:
    return name.startswith(".")
