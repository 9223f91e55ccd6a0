"""Writing files so that a half-written one never stands under its final name."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from mien.errors import OutputError


class PartialFile:
    """An empty file beside `target`, to be filled and then moved onto it.

    Args:
        target: the final path.

    Attributes:
        target: the final path.
        path: what to write to until then.

    Raises:
        OutputError: the folder is not there or cannot be written to, or `target` is there and not an ordinary file.
    """

    def __init__(self, target: Path) -> None:
        self.target = target
        self.path = target.with_name(f".{target.name}.{os.getpid()}.part")
        with output_errors(target):
            if target.exists() and not target.is_file():
                raise OutputError(f"{target}: not an ordinary file, so it cannot be replaced; name another output")
            self.path.touch()

    def finish(self) -> None:
        """Move the file to its final name.

        Raises:
            OutputError: it cannot be moved there.
        """
        with output_errors(self.target):
            self.path.replace(self.target)

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
        probe = path / f".mien.{os.getpid()}.part"
        probe.touch()
        probe.unlink()


@contextmanager
def output_errors(target: str | os.PathLike[str]) -> Iterator[None]:
    """Turn what the system says of an output into an `OutputError` that names it."""
    try:
        yield
    except BrokenPipeError:
        raise  # the reader of our output has gone, as in `mien … | head`: no error of ours
    except OSError as error:
        if not Path(target).parent.is_dir():
            raise OutputError(f"{target}: its folder is not there; make it first or name another output") from error
        raise OutputError(f"{target}: cannot be written: {error.strerror or error}; name another output") from error
