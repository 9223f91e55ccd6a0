"""The real command, the real networks, a real photo: what a new user sees."""

from __future__ import annotations

import csv
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import mien
from mien import samples
from mien.errors import DownloadError


def command(*arguments: object, folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "mien", *map(str, arguments)], cwd=folder, capture_output=True, text=True, check=False
    )


@pytest.fixture(scope="module")
def portrait() -> Path:
    try:
        return samples.fetch("astronaut")
    except DownloadError as error:
        pytest.skip(f"the sample photo cannot be had: {error}")


def test_the_sample_photo_is_profiled_as_people_see_it(portrait: Path, tmp_path: Path) -> None:
    done = command("analyze", portrait, "--json", "--draw", tmp_path / "drawn", folder=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    photo = json.loads(done.stdout)
    assert (photo["status"], photo["width"], photo["height"]) == ("ok", 512, 512)
    (face,) = photo["faces"]
    assert face["box"] == pytest.approx([178, 63, 268, 176], abs=4)
    assert face["score"] > 0.9
    assert face["emotion"]["label"] == "happy"
    assert face["emotion"]["probabilities"]["happy"] > 0.9
    assert face["race"]["label"] == "white"
    assert face["race"]["probabilities"]["white"] > 0.8
    # Gender is not asked for: the network takes her short hair for a man's, as docs/models.md's figures let expect of
    # one face in ten.
    assert sum(face["gender"]["probabilities"].values()) == pytest.approx(1, abs=1e-3)
    low, high = face["age"]["interval"]
    assert low < face["age"]["years"] < high
    assert 15 < face["age"]["years"] < 50
    assert (face["age"]["coverage"], face["age"]["group"]) == (0.8, "young adult")
    assert face["quality"]["score"] > 0.8
    before, after = (np.asarray(Image.open(path)) for path in (portrait, tmp_path / "drawn" / "astronaut.png"))
    assert before.shape == after.shape
    assert 0.01 < (before != after).any(2).mean() < 0.3


def test_python_the_command_line_and_csv_say_the_same(portrait: Path, tmp_path: Path) -> None:
    (face,) = mien.analyze(portrait).to_dicts()
    done = command("analyze", portrait, "-o", "people.csv", folder=tmp_path)
    assert done.returncode == 0
    with (tmp_path / "people.csv").open(encoding="utf-8") as file:
        (row,) = csv.DictReader(file)
    assert float(row["age"]) == face["age"]["years"]
    assert row["gender"] == face["gender"]["label"]
    assert float(row["emotion_happy"]) == face["emotion"]["probabilities"]["happy"]
    done = command("analyze", portrait, "--json", folder=tmp_path)
    assert json.loads(done.stdout)["faces"] == [face]


def test_haar_finds_the_same_face(portrait: Path) -> None:
    (yunet,) = mien.analyze(portrait, attributes=["emotion"])
    best = mien.analyze(portrait, attributes=["emotion"], detector="haar")[0]
    assert best.box == pytest.approx(yunet.box, abs=30)
    assert (str(best.emotion), str(yunet.emotion)) == ("happy", "happy")


def test_turned_mirrored_grey_and_small_copies_are_the_same_person(portrait: Path) -> None:
    image = mien.read_image(portrait)
    small = np.asarray(Image.fromarray(image).resize((192, 192)))
    grey = np.repeat(image.mean(2).astype(np.uint8)[:, :, None], 3, axis=2)
    ages = []
    for view in (image, image[:, ::-1], small, grey):
        (face,) = mien.analyze(view)
        assert str(face.emotion) == "happy"
        assert str(face.race) == "white"
        ages.append(face.age)
    assert max(ages) - min(ages) < 12


def test_forty_faces_are_forty_rows(portrait: Path) -> None:
    head = mien.read_image(portrait)[30:230, 120:320]
    tile = np.asarray(Image.fromarray(head).resize((128, 128)))
    crowd = np.tile(tile, (5, 8, 1))
    faces = mien.analyze(crowd)
    assert len(faces) == 40
    assert {str(face.emotion) for face in faces} == {"happy"}
    assert {str(face.race) for face in faces} == {"white"}


def test_demo_and_doctor_end_well(portrait: Path, tmp_path: Path) -> None:
    done = command("demo", folder=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "happy" in done.stdout
    assert (tmp_path / "mien-demo.png").stat().st_size > 100_000
    done = command("doctor", "--json", folder=tmp_path)
    assert (done.returncode, json.loads(done.stdout)["problems"]) == (0, [])


def test_a_broken_folder_is_told_and_the_rest_is_done(portrait: Path, tmp_path: Path) -> None:
    folder = tmp_path / "photos"
    folder.mkdir()
    whole = portrait.read_bytes()
    (folder / "good.png").write_bytes(whole)
    (folder / "cut.png").write_bytes(whole[: len(whole) // 2])
    (folder / "empty.jpg").write_bytes(b"")
    (folder / "letter.jpg").write_text("Dear Sir or Madam")
    done = command("analyze", folder, "-o", tmp_path / "out.json", folder=tmp_path)
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert "3 of 4 files could not be read" in done.stderr
    rows = json.loads((tmp_path / "out.json").read_text())
    assert {Path(row["path"]).name: row["status"] for row in rows} == {
        "good.png": "ok",
        "cut.png": "error",
        "empty.jpg": "error",
        "letter.jpg": "error",
    }
    assert all(row["reason"] for row in rows if row["status"] == "error")
