from __future__ import annotations

import io
import json
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result
from PIL import Image

pytest.importorskip("torch", reason="training needs the extra mien[train]")
pytest.importorskip("pyarrow", reason="training needs the extra mien[train]")

import pyarrow.parquet

from mien.cli.main import cli
from mien.errors import InputError, UnknownNameError
from mien.geometry.align import TEMPLATES, align
from mien.media.images import read_image
from mien.models.card import ModelCard
from mien.models.demographics import Demographics
from mien.models.session import Session
from mien.train import demographics, emotion
from mien.train.crops import plain_views
from mien.train.recipe import aligned, crop_detector
from mien.train.recipes import Run, configured, load_recipe

SMALL = (
    "stages=[[8,1]]",
    "stem=4",
    "schedule.epochs=1",
    "schedule.batch=8",
    "schedule.threads=1",
    "finish.epochs=1",
    "finish.batch=8",
    "finish.threads=1",
    "fold.epochs=1",
    "fold.batch=8",
    "fold.threads=1",
)
RACES7 = ("White", "Black", "Latino_Hispanic", "East Asian", "Southeast Asian", "Indian", "Middle Eastern")


def image(seed: int, side: int = 48) -> bytes:
    file = io.BytesIO()
    noise = np.random.default_rng(seed).integers(0, 256, (6, 6, 3), np.uint8)
    Image.fromarray(noise).resize((side, side)).save(file, "WEBP")
    return file.getvalue()


def write(path: Path, rows: int, **columns: list) -> None:
    table = {"image": [image(row) for row in range(rows)], **columns}
    pyarrow.parquet.write_table(pyarrow.table(table), path)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    folder = tmp_path / "data"
    folder.mkdir()
    rows = range(24)
    split = ["val" if row % 3 == 0 else "train" for row in rows]
    gender = ["male" if row % 2 else "female" for row in rows]
    write(
        folder / "utkface.parquet",
        24,
        age=[row * 4 for row in rows],
        gender=gender,
        race=[("White", "Black", "Asian", "Indian", "Others")[row % 5] for row in rows],
        split=split,
    )
    ages = ("0-2", "3-9", "10-19", "20-29", "30-39", "40-49", "50-59", "60-69", "more than 70")
    write(
        folder / "fairface.parquet",
        24,
        age_group=[ages[row % 9] for row in rows],
        gender=gender,
        race7=[RACES7[row % 7] for row in rows],
        split=split,
    )
    words = ("neutral", "happiness", "surprise", "sadness", "anger", "disgust", "fear", "contempt", "unknown", "NF")
    votes = {f"fp_{word}": [8.0 if row % 10 == place else 1.0 for row in rows] for place, word in enumerate(words)}
    usage = ["PublicTest" if row % 3 == 0 else "Training" for row in rows]
    write(folder / "ferplus.parquet", 24, usage=usage, **votes)
    emotions = ("angry", "disgust", "fear", "happy", "sad", "surprise", "neutral")
    write(folder / "rafdb.parquet", 24, emotion=[emotions[row % 7] for row in rows], split=split)
    return folder


def train(recipe: str, data: Path, out: Path, *settings: str) -> Result:
    arguments = ["train", recipe, "--data", str(data), "--out", str(out), "--packs", str(out.parent / "packs")]
    for setting in (*SMALL, *settings):
        arguments += ["--set", setting]
    return CliRunner().invoke(cli, arguments)


def test_demographics_ends_with_a_file_and_a_card_that_the_pipeline_takes(data: Path, tmp_path: Path) -> None:
    out = tmp_path / "run"
    result = train("demographics", data, out, "teacher=0", "size=64")
    assert result.exit_code == 0, result.stderr
    assert result.stdout.strip() == str(out / "demographics.json")
    card = ModelCard.read(out / "demographics.json")
    assert [figure.n for figure in card.metrics if figure.name == "mae"] == [8]
    assert {figure.of for figure in card.metrics} == {"age", "age_group", "gender", "race", "detection"}
    assert [item.images for item in card.training_data] == [16, 16]
    assert (out / "curves.png").stat().st_size > 1000
    for phase in ("phase-2", "phase-3"):
        assert len(json.loads((out / phase / "history.json").read_text())) == 1
    assert "soft gender" in json.loads((out / "phase-3" / "history.json").read_text())[0]
    history = json.loads((out / "history.json").read_text())
    assert len(history) == 1
    assert history[0].keys() >= {"utkface_age_mae", "utkface_race", "fairface_age_group", "fairface_race"}
    assert Demographics(Session(out / card.file), card).provides == {"age", "gender", "race"}


def test_emotion_ends_with_a_file_and_a_card(data: Path, tmp_path: Path) -> None:
    out = tmp_path / "run"
    result = train("emotion", data, out, "size=64")
    assert result.exit_code == 0, result.stderr
    card = ModelCard.read(out / "emotion.json")
    accuracies = {figure.data: figure.n for figure in card.metrics if figure.name == "accuracy"}
    assert accuracies == {"ferplus PublicTest": 6, "rafdb val": 8}  # 2 of 8 are contempt, unknown or no face
    crops = np.zeros((2, 64, 64, 3), np.uint8)
    assert Session(out / card.file).run({"crops": crops})["emotion"].shape == (2, 7)


def test_an_image_that_cannot_be_decoded_is_named_and_left_out(data: Path, tmp_path: Path) -> None:
    table = pyarrow.parquet.read_table(data / "rafdb.parquet").to_pydict()
    table["image"][10] = table["image"][10][:40]
    pyarrow.parquet.write_table(pyarrow.table(table), data / "rafdb.parquet")
    result = train("emotion", data, tmp_path / "run", "size=64")
    assert result.exit_code == 0
    assert "rafdb.parquet: 1 images cannot be decoded and are left out: rows 10" in result.stderr
    card = ModelCard.read(tmp_path / "run" / "emotion.json")
    assert card.training_data[1].images == 15


@pytest.mark.parametrize(
    ("name", "change", "message"),
    [
        ("utkface", None, r"no data set at .*utkface.parquet; name the folder .* --data"),
        ("utkface", {"age": None}, r"no column age; its columns: "),
        ("utkface", {"age": [20] * 5 + [-3] + [20] * 18}, r"age -3 in row 5 is not from 0 to 12\d years"),
        ("fairface", {"race7": ["Martian"] * 24}, r"labels martian are not among white, black"),
    ],
)
def test_data_that_cannot_be_used_is_told_before_hours_are_spent(
    data: Path, tmp_path: Path, name: str, change: dict | None, message: str
) -> None:
    path = data / f"{name}.parquet"
    if change is None:
        path.unlink()
    else:
        table = pyarrow.parquet.read_table(path).to_pydict() | change
        pyarrow.parquet.write_table(pyarrow.table({k: v for k, v in table.items() if v is not None}), path)
    result = train("demographics", data, tmp_path / "run", "teacher=0")
    assert result.exit_code == 2
    assert re.search(message, result.stderr)
    assert not (tmp_path / "packs").exists()


def test_empty_cells_are_of_no_effect(data: Path, tmp_path: Path) -> None:
    table = pyarrow.parquet.read_table(data / "utkface.parquet").to_pydict()
    for column in ("age", "gender", "race"):
        table[column][6] = None  # a row that is validated and calibrated on
        table[column][7] = None  # one that is trained on
    pyarrow.parquet.write_table(pyarrow.table(table), data / "utkface.parquet")
    result = train("demographics", data, tmp_path / "run", "teacher=0", "size=64")
    assert result.exit_code == 0, result.stderr
    card = ModelCard.read(tmp_path / "run" / "demographics.json")
    assert [figure.n for figure in card.metrics if figure.name == "mae"] == [7]


@pytest.mark.parametrize("size", [64, 96, 130])
def test_training_and_use_see_the_same_picture_at_any_size(data: Path, tmp_path: Path, size: int) -> None:
    run = Run(data=data, out=tmp_path, packs=tmp_path, report=lambda *_: None, note=lambda _: None)
    template = TEMPLATES["face"].resized(size)
    packed = aligned(run, data / "rafdb.parquet", crop_detector(), template=template, margin=12, grey=False)
    picture = read_image(image(3))
    keypoints = crop_detector().detect(picture).keypoints
    wanted = align(picture, keypoints, template)
    seen = plain_views(packed, np.array([3]), size)
    assert np.abs(seen.astype(int) - wanted).max() <= 1  # OpenCV rounds positions to 1/32 of a pixel


def test_a_training_goes_on_only_with_its_own_settings(data: Path, tmp_path: Path) -> None:
    assert train("emotion", data, tmp_path / "run", "size=64").exit_code == 0
    again = train("emotion", data, tmp_path / "run", "size=64", "dropout=0.1", "smoothing=0.2")
    assert again.exit_code == 2
    assert "belongs to a training with another dropout, smoothing;" in again.stderr


def test_without_pytorch_the_remedy_is_told(tmp_path: Path) -> None:
    script = "import sys; sys.modules['torch'] = None; from mien.cli.main import main; main()"
    done = subprocess.run(
        [sys.executable, "-c", script, "train", "emotion", "--show"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert done.stderr.strip().endswith("training needs torch, which is not installed; pip install 'mien[train]'")


def test_settings_change_the_configuration_by_name() -> None:
    config = configured(demographics.Config(), ["schedule.epochs=3", "stages=[[8, 1], [16, 2]]", "teacher=1"])
    assert config.schedule.epochs == 3
    assert config.stages == ((8, 1), (16, 2))
    assert config.teacher == 1.0
    assert config.schedule.batch == demographics.Config().schedule.batch


@pytest.mark.parametrize(
    ("setting", "error", "message"),
    [
        ("epoch=3", UnknownNameError, "unknown setting 'epoch'"),
        ("schedule.epoch=3", UnknownNameError, "did you mean epochs"),
        ("schedule.epochs", InputError, "is not NAME=JSON"),
        ("schedule.epochs=many", InputError, "is not NAME=JSON"),
        ('schedule.epochs="3"', InputError, "takes int like 8, got '3'"),
        ("size.x=3", InputError, "size has no parts"),
        ("stages=5", InputError, "takes tuple"),
        ('stages="ab"', InputError, "takes tuple"),
        ("dropout=NaN", InputError, "is not NAME=JSON"),
        ("schedule.epochs=-4", InputError, "epochs of a schedule must be at least 0, got -4"),
        ("schedule.batch=0", InputError, "batch of a schedule must be at least 2"),
        ("augmentation.flip=7", InputError, "flip of an augmentation must be from 0 to 1, got 7"),
    ],
)
def test_a_wrong_setting_is_told(setting: str, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        configured(emotion.Config(), [setting])


@pytest.mark.parametrize("setting", ["stages=[5, 6]", 'stages=[[64, "x"]]', "stages=[]", "stem=0", "dropout=1.5"])
def test_settings_that_make_no_network_are_told_before_any_work(data: Path, tmp_path: Path, setting: str) -> None:
    result = train("emotion", data, tmp_path / "run", setting)
    assert result.exit_code == 2
    assert re.search(r"stages must be pairs|stem must be at least 1|dropout must be from 0", result.stderr)
    assert not (tmp_path / "packs").exists()


def test_an_unknown_recipe_suggests_the_nearest() -> None:
    with pytest.raises(UnknownNameError, match="did you mean emotion"):
        load_recipe("emotions")


def test_show_prints_the_settings_and_trains_nothing() -> None:
    result = CliRunner().invoke(cli, ["train", "emotion", "--show", "--set", "schedule.epochs=7"])
    assert result.exit_code == 0
    shown = json.loads(result.stdout)
    assert shown["schedule"]["epochs"] == 7
    assert shown["size"] == 96


def test_a_training_without_a_folder_is_wrong_use() -> None:
    result = CliRunner().invoke(cli, ["train", "emotion", "--data", "somewhere"])
    assert result.exit_code == 2
    assert "--data and --out are needed" in result.stderr
