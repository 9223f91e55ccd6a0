"""One run at a time in a folder: a lock that the system lets go of when its holder ends, however that happens."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from mien.errors import OutputError
from mien.media.atomic import output_errors

LOCK: Final = ".lock"
"""The file that is locked; it stays."""


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Hold the folder.

    Raises:
        OutputError: another run holds it, or it cannot be written to.
    """
    path = folder / LOCK
    with output_errors(path):
        lock = os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
    try:
        if not _take(lock):
            raise OutputError(f"{folder}: another run is writing here; wait for it, or name another output")
        yield
    finally:
        os.close(lock)


if sys.platform == "win32":
    import msvcrt

    def _take(lock: int) -> bool:
        try:
            msvcrt.locking(lock, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True

else:
    import fcntl

    def _take(lock: int) -> bool:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True
