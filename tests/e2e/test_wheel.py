"""The wheel that users install: everything that the default needs is in it, and nothing else."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from mien.models import registry

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def names(tmp_path_factory: pytest.TempPathFactory) -> dict[str, int]:
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", f"--wheel-dir={folder}", str(ROOT)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if "No matching distribution found for hatchling" in done.stderr:
        pytest.skip("building needs hatchling from the package index, which cannot be reached")
    assert done.returncode == 0, done.stderr
    (wheel,) = folder.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        return {item.filename: item.file_size for item in archive.infolist()}


def test_the_networks_and_their_cards_are_in_it(names: dict[str, int]) -> None:
    for name in registry.OWN:
        assert names[f"mien/weights/{name}.onnx"] > 1_000_000
        assert f"mien/weights/{name}.json" in names
    assert {"mien/geometry/mean_face.npy", "mien/py.typed"} <= names.keys()
    assert "mien/cli/main.py" in names


def test_it_is_small_and_holds_nothing_but_mien(names: dict[str, int]) -> None:
    assert sum(names.values()) < 30e6  # with the networks of the profiles paper and emotrack
    assert {name.split("/")[0].split("-")[0] for name in names} == {"mien"}
    assert not [name for name in names if name.endswith((".pyc", ".jpg", ".png", ".parquet"))]
