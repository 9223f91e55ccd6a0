"""Places wherever fsspec reaches."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager
from typing import IO, Any

from mien.dataset.place import Kind, Place, open_place
from mien.errors import DatasetError, ImageError, ImageTooLargeError, MissingExtraError, OutputError
from mien.media.address import scheme_of
from mien.media.images import ImageSource


def remote_place(address: str) -> Place:
    """The place at an address.

    Raises:
        DatasetError: fsspec knows no such address, or its driver is not installed.
        MissingExtraError: fsspec is not installed.
    """
    try:
        from fsspec.core import url_to_fs
    except ImportError as error:
        raise MissingExtraError("fsspec", "ray", f"reading {address}") from error
    try:
        system, path = url_to_fs(address)
    except (ImportError, ValueError) as error:
        raise DatasetError(f"{address}: fsspec cannot open this: {error}; install its driver") from error
    return _RemotePlace(system, path, address)


class _RemotePlace(Place):
    """Wherever fsspec reaches.

    Args:
        system: the fsspec file system.
        path: in it.
        text: the whole address.
    """

    def __init__(self, system: Any, path: str, text: str) -> None:
        self._system, self._path = system, path.rstrip("/")
        self.text = text.rstrip("/")

    @property
    def address(self) -> str:
        return self.text

    def child(self, name: str) -> Place:
        return (
            open_place(name)
            if scheme_of(name)
            else _RemotePlace(self._system, f"{self._path}/{name}", f"{self.text}/{name}")
        )

    def parent(self) -> Place:
        return _RemotePlace(self._system, self._path.rpartition("/")[0], self.text.rpartition("/")[0])

    def kind(self) -> Kind | None:
        if self._system.isdir(self._path):
            return "folder"
        return "file" if self._system.isfile(self._path) else None

    def walk(self, *, skip: Place) -> Iterator[str]:
        skipped = skip._path if isinstance(skip, _RemotePlace) else None
        for parent, folders, files in self._system.walk(self._path, on_error="raise"):
            parent = parent.rstrip("/")
            folders[:] = sorted(name for name in folders if not name.startswith(".") and f"{parent}/{name}" != skipped)
            below = parent.removeprefix(self._path).strip("/")
            for name in sorted(files):
                if not name.startswith("."):
                    yield f"{below}/{name}" if below else name

    def names(self) -> list[str]:
        try:
            entries = self._system.ls(self._path, detail=False, refresh=True)
        except FileNotFoundError:
            return []
        return sorted(entry.rstrip("/").rsplit("/", 1)[-1] for entry in entries)

    def open(self) -> AbstractContextManager[IO[bytes]]:
        stream: AbstractContextManager[IO[bytes]] = self._system.open(self._path, "rb")
        return stream

    def picture(self, *, max_bytes: int) -> ImageSource:
        try:
            data: bytes = self._system.cat_file(self._path, start=0, end=max_bytes + 1)
        except FileNotFoundError as error:
            raise ImageError(f"{self.text}: no such file") from error
        except OSError as error:
            raise ImageError(f"{self.text}: cannot be read: {error.strerror or error}") from error
        if len(data) > max_bytes:
            raise ImageTooLargeError(
                f"{self.text}: more than {max_bytes:,} bytes, the limit; raise max_bytes if you trust the file"
            )
        return data

    def make(self) -> None:
        try:
            self._system.makedirs(self._path, exist_ok=True)
        except OSError as error:
            raise OutputError(f"{self.text}: cannot be made: {error.strerror or error}; name another output") from error

    def write(self, data: bytes) -> None:
        try:
            self._system.pipe_file(self._path, data)
        except OSError as error:
            raise OutputError(
                f"{self.text}: cannot be written: {error.strerror or error}; name another output"
            ) from error

    def remove(self) -> None:
        try:
            self._system.rm_file(self._path)
        except FileNotFoundError:
            return
