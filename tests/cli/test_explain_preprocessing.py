from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result
from PIL import Image

pytest.importorskip("matplotlib", reason="pictures need the extra mien[report]")

from mien.cli.main import cli


def explain(*arguments: object) -> Result:
    return CliRunner().invoke(cli, ["explain-preprocessing", *map(str, arguments)])


def test_a_picture_of_the_steps(draw_faces, tmp_path: Path) -> None:
    photo, steps = tmp_path / "photo.png", tmp_path / "steps.png"
    Image.fromarray(draw_faces(240, 320, [(80, 70, 90), (240, 170, 110)])).save(photo)
    done = explain(photo, "-o", steps)
    assert (done.exit_code, done.stdout.strip()) == (0, str(steps))
    picture = np.array(Image.open(steps).convert("RGB"))
    assert picture.shape == (792, 1440, 3)
    grey = (np.ptp(picture, axis=2) < 8).mean()
    assert 0.6 < grey < 0.99  # panels in grey, and two in colour


def test_a_photo_without_a_face_is_told(tmp_path: Path) -> None:
    photo = tmp_path / "wall.png"
    Image.fromarray(np.full((80, 80, 3), 127, np.uint8)).save(photo)
    done = explain(photo, "-o", tmp_path / "steps.png")
    assert done.exit_code == 2
    assert "finds no face in this photo; take one with an upright, frontal face" in done.stderr
    assert not (tmp_path / "steps.png").exists()


def test_the_photo_is_not_written_over(drawn_face, tmp_path: Path) -> None:
    photo = tmp_path / "photo.png"
    Image.fromarray(drawn_face).save(photo)
    before = photo.read_bytes()
    assert explain(photo, "-o", photo).exit_code == 2
    assert photo.read_bytes() == before


@pytest.mark.parametrize("content", [b"", b"no picture"])
def test_what_is_no_picture_is_told(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "photo.png").write_bytes(content)
    done = explain(tmp_path / "photo.png", "-o", tmp_path / "steps.png")
    assert done.exit_code == 2
    assert "photo.png" in done.stderr
