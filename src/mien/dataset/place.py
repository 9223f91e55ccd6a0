"""`Place`: a file or folder on this machine, or wherever fsspec reaches, such as s3:// and gs://.

Names below a place are relative, with slashes. On this machine a file is written whole or not at all; on object stores
that is so by their nature, for a file is one upload.
"""

from __future__ import annotations

import os
from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import IO, Literal
from urllib.parse import urlsplit
from urllib.request import url2pathname

from mien.errors import DatasetError
from mien.media.address import scheme_of
from mien.media.images import ImageSource

Kind = Literal["file", "folder"]


class Place(ABC):
    """A file or folder, there or not yet.

    Attributes:
        text: what messages call it.
        local: its path, if it is on this machine.
    """

    text: str
    local: Path | None = None

    @property
    @abstractmethod
    def address(self) -> str:
        """What the place is called from any folder."""

    @abstractmethod
    def child(self, name: str) -> Place:
        """What is called `name` below; a whole path or address stands for itself."""

    @abstractmethod
    def parent(self) -> Place:
        """The folder that it is in."""

    @abstractmethod
    def kind(self) -> Kind | None:
        """What is there; None for nothing."""

    @abstractmethod
    def walk(self, *, skip: Place) -> Iterator[str]:
        """Every file below, the names of each folder in order; hidden ones and the folder `skip` are passed over.

        Raises:
            DatasetError: a folder cannot be searched.
        """

    @abstractmethod
    def names(self) -> list[str]:
        """What is directly in the folder, in order; empty where it is not there."""

    @abstractmethod
    def open(self) -> AbstractContextManager[IO[bytes]]:
        """The file, for reading."""

    @abstractmethod
    def picture(self, *, max_bytes: int) -> ImageSource:
        """The file as `mien.read_image` takes it.

        Raises:
            ImageError: it is not there or cannot be read.
        """

    @abstractmethod
    def make(self) -> None:
        """Make the folder, and make sure that it can be written to.

        Raises:
            OutputError: it cannot be.
        """

    @abstractmethod
    def write(self, data: bytes) -> None:
        """Write the whole file, or nothing.

        Raises:
            OutputError: it cannot be written.
        """

    @abstractmethod
    def remove(self) -> None:
        """Remove the file, if it is there."""

    def read(self) -> bytes:
        """All bytes of the file.

        Raises:
            DatasetError: it cannot be read.
        """
        try:
            with self.open() as stream:
                return stream.read()
        except OSError as error:
            raise DatasetError(f"{self.text} cannot be read: {error.strerror or error}") from error


def open_place(text: str | os.PathLike[str]) -> Place:
    """The place that a path or an address names.

    Raises:
        DatasetError: fsspec knows no such address, or its driver is not installed.
        MissingExtraError: it is an address and fsspec is not installed.
    """
    from mien.dataset.place_local import local_place
    from mien.dataset.place_remote import remote_place

    address = os.fspath(text)
    scheme = scheme_of(address)
    if scheme == "file":
        return local_place(Path(url2pathname(urlsplit(address).path)))
    return local_place(Path(address)) if scheme is None else remote_place(address)
