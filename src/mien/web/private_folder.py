"""`PrivateFolder`: for uploads and what is made of them, which nobody else can look into, and which nothing survives.

It goes when its process ends; what a process that was killed left behind is removed by the next one. A lock tells the
two apart: the system lets go of it when the last process that has it open is gone.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import sys
import tempfile
import time
import weakref
from pathlib import Path
from typing import Final

PREFIX: Final = "mien-uploads-"
_LOCK: Final = ".lock"
_REMOVAL_S: Final = 1.0  # a process that is being killed may write its last file into the folder as it is removed
_RETRY_S: Final = 0.05


class PrivateFolder:
    """Made when first asked for, in the system's folder for temporary files (`TMPDIR` names another).

    After a fork the folder belongs to the parent: it stays until that ends.
    """

    def __init__(self) -> None:
        self._path: Path | None = None

    def make(self) -> Path:
        """The folder, made if need be.

        Raises:
            OSError: it cannot be made.
        """
        if self._path is None:
            remove_orphans()
            self._path = Path(tempfile.mkdtemp(prefix=PREFIX))  # readable by this user alone
            lock = os.open(self._path / _LOCK, os.O_CREAT | os.O_RDWR, 0o600)
            _take(lock)
            weakref.finalize(self, _remove, self._path, lock, os.getpid())
        return self._path

    def empty(self) -> None:
        """Remove what is in it: of a worker that was killed."""
        if self._path is not None:
            for path in self._path.iterdir():
                if path.name != _LOCK:
                    shutil.rmtree(path, ignore_errors=True)


def remove_orphans() -> None:
    """Remove the folders of this user whose processes are gone."""
    for folder in Path(tempfile.gettempdir()).glob(f"{PREFIX}*"):
        with contextlib.suppress(OSError):  # another user's, or removed by another process just now
            if not folder.is_symlink() and _is_ours(folder) and _is_free(folder / _LOCK):
                shutil.rmtree(folder)


def _remove(folder: Path, lock: int, owner: int) -> None:
    if os.getpid() != owner and os.getppid() == owner:
        return  # the parent's, who lives
    deadline = time.monotonic() + _REMOVAL_S
    os.close(lock)
    shutil.rmtree(folder, ignore_errors=True)
    while folder.exists() and time.monotonic() < deadline:
        time.sleep(_RETRY_S)
        shutil.rmtree(folder, ignore_errors=True)


def _is_ours(folder: Path) -> bool:
    return sys.platform == "win32" or folder.stat().st_uid == os.getuid()


if sys.platform == "win32":

    def _take(lock: int) -> None:
        """A file that is open cannot be removed."""

    def _is_free(path: Path) -> bool:
        path.unlink()  # raises where it is open
        return True

else:
    import fcntl

    def _take(lock: int) -> None:
        fcntl.flock(lock, fcntl.LOCK_EX)

    def _is_free(path: Path) -> bool:
        with path.open("rb") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return False
        return True
