"""Writing files so that a half-written one never stands under its final name."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from errno import ENOSPC
from pathlib import Path

from mien.errors import OutputError
from mien.media.paths import is_file, is_folder


class PartialFile:
    """An empty file beside `target`, to be filled and then moved onto it.

    Args:
        target: the final path; where it is a symbolic link, the file that it points to is written.

    Attributes:
        target: the final path.
        path: what to write to until then.

    Raises:
        OutputError: the folder is not there or cannot be written to, or `target` is there and not an ordinary file.
    """

    def __init__(self, target: Path) -> None:
        self.target = target
        self._place = Path(os.path.realpath(target))
        self.path = _temporary(self._place.parent)
        with output_errors(target):
            if not _is_free(self._place) and not is_file(self._place):
                raise OutputError(f"{target}: not an ordinary file, so it cannot be replaced; name another output")
            self.path.touch(exist_ok=False)

    def finish(self) -> None:
        """Move the file to its final name.

        Raises:
            OutputError: it cannot be moved there.
        """
        with output_errors(self.target):
            self.path.replace(self._place)

    def discard(self) -> None:
        """Remove the file; nothing is left under either name."""
        self.path.unlink(missing_ok=True)


def write_bytes(target: Path, data: bytes) -> None:
    """Write a whole file, or nothing.

    Raises:
        OutputError: it cannot be written.
    """
    partial = PartialFile(target)
    try:
        with output_errors(target):
            partial.path.write_bytes(data)
        partial.finish()
    finally:
        partial.discard()


def make_folder(path: Path) -> None:
    """Make a folder, and those above it, where they are not there; and make sure that it can be written to.

    Raises:
        OutputError: it cannot be made or written to.
    """
    with output_errors(path):
        path.mkdir(parents=True, exist_ok=True)
        probe = _temporary(path)
        probe.touch(exist_ok=False)
        probe.unlink()


@contextmanager
def output_errors(target: str | os.PathLike[str]) -> Iterator[None]:
    """Turn what the system says of an output into an `OutputError` that names it."""
    try:
        yield
    except BrokenPipeError:
        raise  # the reader of our output has gone, as in `mien … | head`: no error of ours
    except OSError as error:
        if not is_folder(Path(target).parent):
            raise OutputError(f"{target}: its folder is not there; make it first or name another output") from error
        remedy = "make room there, or name another output" if error.errno == ENOSPC else "name another output"
        raise OutputError(f"{target}: cannot be written: {error.strerror or error}; {remedy}") from error


def _temporary(folder: Path) -> Path:
    """A new name, short enough beside files with the longest ones."""
    return folder / f".mien-{secrets.token_hex(4)}.part"


def _is_free(path: Path) -> bool:
    """Whether nothing is there; raises `OSError` where that cannot be told, as for names that are too long."""
    try:
        path.lstat()
    except (FileNotFoundError, NotADirectoryError):
        return True
    return False
