"""Places on this machine."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import IO

from mien.dataset.place import Kind, Place, open_place
from mien.errors import DatasetError
from mien.media.address import scheme_of
from mien.media.atomic import make_folder, write_bytes
from mien.media.images import ImageSource
from mien.media.paths import is_file, is_folder
from mien.media.walk import Walk


def local_place(path: Path) -> Place:
    """The place at a path."""
    return _LocalPlace(path)


class _LocalPlace(Place):
    """A place on this machine."""

    def __init__(self, path: Path) -> None:
        self.local = self._path = path
        self.text = str(path)

    @property
    def address(self) -> str:
        return str(self._path.resolve())

    def child(self, name: str) -> Place:
        return open_place(name) if scheme_of(name) else _LocalPlace(self._path / name)

    def parent(self) -> Place:
        return _LocalPlace(self._path.parent)

    def kind(self) -> Kind | None:
        if is_folder(self._path):
            return "folder"
        return "file" if is_file(self._path) else None

    def walk(self, *, skip: Place) -> Iterator[str]:
        def cannot_search(error: OSError) -> None:
            raise DatasetError(
                f"{error.filename}: this folder cannot be searched: {error.strerror}; "
                "allow it to be read, or name a table of the pictures instead"
            ) from error

        walk = Walk(skip=skip.local, on_error=cannot_search)
        for path in walk.files(self._path):
            yield path.relative_to(self._path).as_posix()

    def names(self) -> list[str]:
        return sorted(entry.name for entry in self._path.iterdir()) if is_folder(self._path) else []

    def open(self) -> AbstractContextManager[IO[bytes]]:
        return self._path.open("rb")

    def picture(self, *, max_bytes: int) -> ImageSource:
        return self._path

    def make(self) -> None:
        make_folder(self._path)

    def write(self, data: bytes) -> None:
        write_bytes(self._path, data)

    def remove(self) -> None:
        self._path.unlink(missing_ok=True)
