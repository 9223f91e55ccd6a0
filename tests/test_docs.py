from __future__ import annotations

import re
import runpy
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def test_generated_pages_are_up_to_date() -> None:
    done = subprocess.run(
        [sys.executable, ROOT / "docs" / "generate.py", "--check"], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_the_readmes_python_runs(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    drawn_face: NDArray[np.uint8],
    film: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    blocks = re.findall(r"```python\n(.*?)```", README, flags=re.DOTALL)
    photo, stream = blocks
    monkeypatch.chdir(tmp_path)
    Image.fromarray(drawn_face).save("photo.jpg", quality=95)
    (tmp_path / "block.py").write_text(photo, encoding="utf-8")
    names = runpy.run_path("block.py")
    assert len(names["rows"]) == len(names["faces"]) == 1
    told = capsys.readouterr().out.splitlines()
    assert told[0] == "1 in view"
    assert len(told) == 2
    assert names["picture"].shape == (400, 400, 3)

    shutil.copy(film, "clip.mp4")
    (tmp_path / "block.py").write_text(stream, encoding="utf-8")
    names = runpy.run_path("block.py")
    told = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert {line[1] for line in told} == {"1"}  # one person, one id
    assert names["frame"].index == 13


def test_the_readmes_commands_exist() -> None:
    from mien.cli.main import COMMANDS

    named = set(re.findall(r"\bmien ([a-z]+) ", README))
    assert named <= COMMANDS.keys()
    assert {"analyze", "evaluate", "models", "train"} <= named


def test_files_that_pages_link_to_exist() -> None:
    for page in [ROOT / "README.md", *(ROOT / "docs").glob("*.md")]:
        for target in re.findall(r"\]\(([^)#:]+)\)", page.read_text(encoding="utf-8")):
            assert (page.parent / target).exists(), f"{page.name} links to {target}"


def test_the_version_is_in_the_changelog() -> None:
    import mien

    assert f"\n## {mien.__version__}\n" in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")


def test_modules_other_than_training_do_without_pytorch() -> None:
    offenders = [
        str(path)
        for path in (ROOT / "src" / "mien").rglob("*.py")
        if "train" not in path.relative_to(ROOT / "src" / "mien").parts
        and re.search(r"^\s*(import torch|from torch)\b", path.read_text(encoding="utf-8"), flags=re.MULTILINE)
    ]
    assert offenders == []
