"""The recipe `embedding`, and the recipes that begin with its trunk, with a tiny teacher in SFace's place."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result
from PIL import Image

pytest.importorskip("torch", reason="training needs the extra mien[train]")
pytest.importorskip("pyarrow", reason="training needs the extra mien[train]")

import pyarrow
import pyarrow.parquet

from mien.cli.main import cli
from mien.models import weights
from mien.models.card import ModelCard
from mien.models.embedding import Embedding
from mien.models.session import Session
from mien.models.thresholds import Thresholds

SMALL = ("stem=4", "stages=[[8,1],[8,1],[8,1]]", "schedule.epochs=1", "schedule.batch=8", "schedule.threads=1")
ROWS = 12


def image(seed: int) -> bytes:
    file = io.BytesIO()
    noise = np.random.default_rng(seed).integers(0, 256, (6, 6, 3), np.uint8)
    Image.fromarray(noise).resize((48, 48)).save(file, "WEBP")
    return file.getvalue()


@pytest.fixture
def data(tmp_path: Path) -> Path:
    folder = tmp_path / "data"
    folder.mkdir()
    split = ["val" if row % 3 == 0 else "train" for row in range(ROWS)]
    gender = ["male" if row % 2 else "female" for row in range(ROWS)]
    sets = {
        "utkface": {"age": [row * 5 for row in range(ROWS)], "gender": gender, "race": ["White"] * ROWS},
        "fairface": {"age_group": ["20-29"] * ROWS, "gender": gender, "race7": ["Indian"] * ROWS},
        "rafdb": {"emotion": ["happy"] * ROWS},
    }
    for place, (name, columns) in enumerate(sets.items()):
        images = [image(100 * place + row) for row in range(ROWS)]
        table = pyarrow.table({"image": images, "split": split, **columns})
        pyarrow.parquet.write_table(table, folder / f"{name}.parquet")
    paths = [f"person{row // 2}/{row}.png" for row in range(ROWS)]
    people = [path.split("/")[0] for path in paths]
    group = ["young" if row % 2 else "adult" for row in range(ROWS)]
    lag = pyarrow.table({"image": images, "path": paths, "identity": people, "group": group})
    pyarrow.parquet.write_table(lag, folder / "lag.parquet")
    with (folder / "lag_pairs.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["young", "adult", "same"])
        writer.writerows([paths[row], paths[row + 1], int(row % 2 == 0)] for row in range(ROWS - 1))
    return folder


@pytest.fixture
def sface(tiny_sface: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The tiny teacher where SFace's file of 39 MB would be."""
    find = weights.find

    def found(card: ModelCard, *, progress: object = None) -> Path:
        return tiny_sface if card.name == "sface" else find(card)

    monkeypatch.setattr(weights, "find", found)


def train(recipe: str, data: Path, out: Path, *settings: str) -> Result:
    arguments = ["train", recipe, "--data", str(data), "--out", str(out), "--packs", str(out.parent / "packs")]
    for setting in (*SMALL, *settings):
        arguments += ["--set", setting]
    return CliRunner().invoke(cli, arguments)


@pytest.mark.usefixtures("sface")
def test_embedding_ends_with_a_file_and_a_card_and_others_begin_with_its_trunk(data: Path, tmp_path: Path) -> None:
    out = tmp_path / "embedding"
    result = train("embedding", data, out, "channels=3")
    assert result.exit_code == 0, result.stderr
    assert result.stdout.strip() == str(out / "embedding.json")
    card = ModelCard.read(out / "embedding.json")
    assert [item.images for item in card.training_data] == [8, 8, 8, 0]
    figures = {figure.name: figure for figure in card.metrics}
    assert figures["mean_cosine_to_sface"].n == 8
    assert (figures["auc"].n, figures["sface_auc"].n) == (ROWS - 1, ROWS - 1)
    assert Thresholds.of_card(card) is None  # 28 pairs of strangers are too few to tell a rate by
    assert Embedding(Session(out / card.file), card).provides == {"embedding"}
    history = json.loads((out / "history.json").read_text())
    assert history[0].keys() >= {"cosine", "map", "val_cosine", "lag_auc"}
    # Given again it goes on where it was: nothing is left to do, and the views are not made anew.
    before = {path: path.stat().st_mtime_ns for path in (tmp_path / "packs").rglob("*.npy")}
    assert train("embedding", data, out, "channels=3").exit_code == 0
    assert before == {path: path.stat().st_mtime_ns for path in (tmp_path / "packs").rglob("*.npy")}

    again = tmp_path / "again"
    assert train("embedding", data, again, "channels=3", f'foundation="{out}"', "schedule.epochs=0").exit_code == 0
    assert (again / "embedding.onnx").read_bytes() == (out / "embedding.onnx").read_bytes()  # begins where that ended
    assert "does not fit" in train("embedding", data, tmp_path / "wide", f'foundation="{out}"', "channels=4").stderr

    small = ("finish.epochs=0", "fold.epochs=1", "fold.batch=8", "fold.threads=1", "probe=1", f'foundation="{out}"')
    result = train("demographics", data, tmp_path / "demographics", "size=64", *small)
    assert result.exit_code == 0, result.stderr
    (first,) = json.loads((tmp_path / "demographics" / "history.json").read_text())
    (folded,) = json.loads((tmp_path / "demographics" / "phase-3" / "history.json").read_text())
    assert first.keys() >= {"teacher", "probe age", "probe gender", "probe race"}
    assert folded.keys() >= {"soft age", "soft gender", "soft race"}

    result = train("demographics", data, tmp_path / "other", "size=64", *small, "stem=6")
    assert result.exit_code == 2
    assert "the foundation does not fit" in result.stderr


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ("channels=0", "channels must be at least 1, got 0"),
        ("map_weight=-0.1", "map_weight must be at least 0, got -0.1"),
        ("flip=1.5", "flip must be from 0 to 1, got 1.5"),
        ("stem=0", "stem must be at least 1, got 0"),
    ],
)
def test_settings_that_make_no_training_are_told_first(data: Path, tmp_path: Path, setting: str, message: str) -> None:
    result = train("embedding", data, tmp_path / "run", setting)
    assert result.exit_code == 2
    assert message in result.stderr
    assert not (tmp_path / "packs").exists()


def test_a_foundation_that_is_not_there_is_told_before_any_work(data: Path, tmp_path: Path) -> None:
    result = train("emotion", data, tmp_path / "run", 'foundation="nowhere"')
    assert result.exit_code == 2
    assert "no checkpoint at nowhere" in result.stderr
    assert not (tmp_path / "packs").exists()
