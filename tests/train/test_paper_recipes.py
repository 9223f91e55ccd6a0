from __future__ import annotations

import hashlib
import io
import json
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result
from PIL import Image

pytest.importorskip("torch", reason="training needs the extra mien[train]")
pytest.importorskip("pyarrow", reason="training needs the extra mien[train]")

import pyarrow.parquet
import torch

from mien.cli.main import cli
from mien.errors import InputError, UnknownNameError
from mien.models.card import ModelCard
from mien.models.emotrack import EmoTrack
from mien.models.paper_age_gender import PaperAgeGender
from mien.models.paper_emotion import PaperEmotion
from mien.models.session import Session
from mien.preprocess.preparation import Preparation
from mien.train import paper_age_gender, paper_emotion
from mien.train.paper_crops import PUBLISHED, PaperCrops, cut_out
from mien.train.recipes import Run, configured
from mien.vocabulary import EMOTIONS

SMALL = ("schedule.batch=8", "schedule.threads=1")
FER_WORDS = ("neutral", "happiness", "surprise", "sadness", "anger", "disgust", "fear", "contempt", "unknown", "NF")


class Killed(BaseException):
    """Stands for a process that dies."""


def picture(seed: int, side: int) -> bytes:
    file = io.BytesIO()
    noise = np.random.default_rng(seed).integers(0, 256, (6, 6, 3), np.uint8)
    Image.fromarray(noise).resize((side, side)).save(file, "PNG")
    return file.getvalue()


def write(path: Path, side: int, **columns: list) -> None:
    rows = len(next(iter(columns.values())))
    table = {"image": [picture(row, side) for row in range(rows)], **columns}
    pyarrow.parquet.write_table(pyarrow.table(table), path)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    folder = tmp_path / "data"
    folder.mkdir()
    rows = range(30)
    votes = {f"fp_{word}": [10 * (place == row % 7) for row in rows] for place, word in enumerate(FER_WORDS)}
    write(
        folder / "ferplus.parquet",
        48,
        fer2013_label=[EMOTIONS[row % 7] for row in rows],
        usage=["PublicTest" if row % 3 == 0 else "Training" for row in rows],
        **votes,
    )
    split = ["val" if row % 3 == 0 else "train" for row in rows]
    gender = ["male" if row % 2 else "female" for row in rows]
    write(folder / "utkface.parquet", 144, age=[3 * row for row in rows], gender=gender, split=split)
    return folder


def change(path: Path, **columns: list) -> None:
    table = pyarrow.parquet.read_table(path).to_pydict() | columns
    pyarrow.parquet.write_table(pyarrow.table(table), path)


def train(recipe: str, data: Path, out: Path, *settings: str) -> Result:
    arguments = ["train", recipe, "--data", str(data), "--out", str(out), "--packs", str(out.parent / "packs")]
    for setting in (*SMALL, *settings):
        arguments += ["--set", setting]
    return CliRunner().invoke(cli, arguments)


def test_the_papers_network_for_expression_from_every_seed(data: Path, tmp_path: Path) -> None:
    out = tmp_path / "run"
    result = train("paper-emotion", data, out, "schedule.epochs=1", "seeds=[1,2]")
    assert result.exit_code == 0, result.stderr
    assert result.stdout.strip() == str(out / "paper-emotion.json")
    card = ModelCard.read(out / "paper-emotion.json")
    assert (card.parameters, card.training_data[0].images) == (4_496_903, 20)
    assert card.bytes < 5_000_000
    figures = {(one.data, one.name): one.n for one in card.metrics if one.of == "emotion"}
    for data_name in ("FER2013 validation, pictures as published", "FER+ validation, pictures as published"):
        assert figures[data_name, "accuracy"] == figures[data_name, "macro_f1"] == 10
    assert figures["FER2013 PublicTest, found by haar", "accuracy"] == 10
    spread = json.loads((out / "seeds.json").read_text())
    assert list(spread["seeds"]) == ["1", "2"]
    values = [one["accuracy"] for one in spread["seeds"].values()]
    assert spread["spread"]["accuracy"]["mean"] == pytest.approx(np.mean(values))
    assert spread["spread"]["accuracy"]["standard_deviation"] == pytest.approx(np.std(values, ddof=1))
    assert "Over 2 seeds: accuracy" in card.description
    report = json.loads((out / "evaluation" / "fer2013-publictest-found-by-haar.json").read_text())
    assert [one["label"] for one in report["emotion"]["classes"]] == list(EMOTIONS)
    assert (out / "evaluation" / "fer2013-publictest-found-by-haar-emotion.png").stat().st_size > 1000
    assert (out / "seed-2" / "curves.png").stat().st_size > 1000
    assert PaperEmotion(Session(out / card.file), card).provides == {"emotion"}


def test_a_training_that_was_killed_goes_on_to_the_same_file(data: Path, tmp_path: Path) -> None:
    def once(folder: str, die_at: str | None = None) -> str:
        def report(what: str, done: int, total: int, figures: object) -> None:
            if what == die_at and done == 1:
                raise Killed

        run = Run(data=data, out=tmp_path / folder, packs=tmp_path / "packs", report=report, note=lambda text: None)
        settings = (*SMALL, "schedule.epochs=2", "seeds=[7]")
        paper_emotion.run(run, configured(paper_emotion.Config(), settings))
        return hashlib.sha256((tmp_path / folder / "paper-emotion.onnx").read_bytes()).hexdigest()

    wanted = once("whole")
    with pytest.raises(Killed):
        once("killed", die_at="seed 7, epoch 2")
    assert len(json.loads((tmp_path / "killed" / "seed-7" / "history.json").read_text())) == 1
    assert once("killed") == wanted


def test_emotrack_ends_with_a_file_that_takes_pictures_and_points(data: Path, tmp_path: Path) -> None:
    result = train("emotrack", data, tmp_path / "run", "schedule.epochs=1", "size=64")
    assert result.exit_code == 0, result.stderr
    card = ModelCard.read(tmp_path / "run" / "emotrack.json")
    session = Session(tmp_path / "run" / card.file)
    assert session.inputs == ("pictures", "points")
    assert EmoTrack(session, card).requires == {"keypoints", "landmarks"}
    again = train("emotrack", data, tmp_path / "run", "schedule.epochs=1", "size=64")
    assert "landmarks of ferplus" not in again.stderr  # they are kept


def test_the_papers_network_for_age_and_gender_is_stored_thin(data: Path, tmp_path: Path) -> None:
    out = tmp_path / "run"
    result = train("paper-age-gender", data, out, "schedule.epochs=0", "rank=8", 'face="whole"')
    assert result.exit_code == 0, result.stderr
    card = ModelCard.read(out / "paper-age-gender.json")
    assert card.bytes < 1_600_000
    assert card.training_data[0].images == 20
    names = {one.data for one in card.metrics if one.name == "mae"}
    way = "UTKFace val, squares of whole"
    assert names == {f"{way}, as published", f"{way}, as stored", "UTKFace val, found by haar"}
    assert 0 < card.calibration["age_reach"]["years"] < 100
    groups = {one.group: one.n for one in card.groups if (one.of, one.name, one.by) == ("age", "mae", "age_group")}
    assert groups == {"child": 2, "teenager": 1, "young adult": 2, "middle-aged": 3, "senior": 2}
    assert PaperAgeGender(Session(out / card.file), card).provides == {"age", "gender"}


def test_ages_and_genders_are_learned(data: Path, tmp_path: Path) -> None:
    run = Run(data=data, out=tmp_path, packs=tmp_path, report=lambda *_: None, note=lambda _: None)
    change(data / "utkface.parquet", age=[None, *(3 * row for row in range(1, 30))])
    labels = paper_age_gender.read_labels(data / "utkface.parquet")
    preparation = Preparation(size=128)
    crops = PaperCrops(cut_out(run, data / "utkface.parquet", "whole", preparation), preparation)
    rows = np.arange(8)
    batch = paper_age_gender.make_batch(crops, labels, rows, PUBLISHED, np.arange(4), np.random.default_rng(0))
    assert batch["pictures"].shape == (4, 1, 128, 128)
    assert (batch["age"].tolist(), batch["gender"].tolist()) == ([-1, 3, 6, 9], [0, 1, 0, 1])
    outputs = {"age": torch.tensor([[50.0], [3.0], [16.0], [-1.0]]), "gender": torch.tensor([[9.0]] * 4)}
    total, figures = paper_age_gender.loss(outputs, batch)
    assert figures == {"age_mae": pytest.approx(20 / 3)}  # the first has no age
    assert float(total) == pytest.approx((20 / 10 + 2 * 9) / 4, abs=1e-3)  # two of four are men and called women


def test_without_augmentation_training_and_use_see_the_same_picture(data: Path, tmp_path: Path) -> None:
    run = Run(data=data, out=tmp_path, packs=tmp_path, report=lambda *_: None, note=lambda _: None)
    preparation = Preparation(size=48)
    crops = PaperCrops(cut_out(run, data / "ferplus.parquet", "whole", preparation), preparation)
    still = replace(PUBLISHED, turn_deg=0, zoom=0, shift=0, flip=0)
    views = crops.random_views(np.arange(5), still, np.random.default_rng(0))
    assert np.abs(views.numpy().transpose(0, 2, 3, 1) - crops.plain(np.arange(5))).max() < 1e-6
    published = np.array(Image.open(io.BytesIO(picture(3, 48))))
    assert np.array_equal(crops.plain(np.array([3])), preparation.crops(published[None]))  # the picture as it is


def test_a_corrupt_image_in_the_middle_is_named_and_left_out(data: Path, tmp_path: Path) -> None:
    images = pyarrow.parquet.read_table(data / "ferplus.parquet").to_pydict()["image"]
    images[10] = images[10][:40]
    change(data / "ferplus.parquet", image=images)
    result = train("paper-emotion", data, tmp_path / "run", "schedule.epochs=1", "seeds=[1]")
    assert result.exit_code == 0, result.stderr
    assert "ferplus.parquet: 1 images cannot be decoded and are left out: rows 10" in result.stderr
    assert ModelCard.read(tmp_path / "run" / "paper-emotion.json").training_data[0].images == 19


@pytest.mark.parametrize(
    ("recipe", "name", "columns", "message"),
    [
        ("paper-emotion", "ferplus", None, r"no data set at .*ferplus\.parquet; name the folder .* --data"),
        ("emotrack", "ferplus", {"fp_fear": None}, r"no column fp_fear; its columns: "),
        ("paper-emotion", "ferplus", {"fer2013_label": ["sad"] * 30}, r"all 20 labelled images .* train on are sad; "),
        ("paper-emotion", "ferplus", {"fer2013_label": ["bored"] * 30}, r"labels bored are not among angry, disgust"),
        (
            "paper-emotion",
            "ferplus",
            {"usage": ["Training"] * 30},
            r"no labelled images to measure on; correct its col",
        ),
        ("paper-age-gender", "utkface", None, r"no data set at .*utkface\.parquet"),
        ("paper-age-gender", "utkface", {"age": [20] * 4 + [-3] + [20] * 25}, r"age -3 in row 4 is not from 0 to 12"),
        ("paper-age-gender", "utkface", {"age": [20] * 30}, r"no two different ages to train on; take a set"),
        ("paper-age-gender", "utkface", {"gender": ["male"] * 30}, r"all 20 labelled images .* are male; a classifier"),
        ("paper-age-gender", "utkface", {"gender": ["x"] * 30}, r"labels x are not among female, male"),
    ],
)
def test_data_that_cannot_be_used_is_told_before_hours_are_spent(
    data: Path, tmp_path: Path, recipe: str, name: str, columns: dict | None, message: str
) -> None:
    path = data / f"{name}.parquet"
    if columns is None:
        path.unlink()
    else:
        table = pyarrow.parquet.read_table(path).to_pydict() | columns
        pyarrow.parquet.write_table(pyarrow.table({k: v for k, v in table.items() if v is not None}), path)
    result = train(recipe, data, tmp_path / "run")
    assert result.exit_code == 2
    assert re.search(message, result.stderr), result.stderr
    assert not (tmp_path / "packs").exists()


@pytest.mark.parametrize(
    ("recipe", "setting", "message"),
    [
        ("paper-emotion", 'labels="ferplu"', "unknown labels 'ferplu'; did you mean ferplus"),
        ("paper-emotion", 'face="yunett"', "unknown face 'yunett'; did you mean yunet"),
        ("paper-emotion", 'stored="int4"', "unknown stored 'int4'; did you mean int8"),
        ("paper-emotion", "seeds=[]", r"seeds must be different whole numbers, such as \[1, 2, 3\], got \[\]"),
        ("paper-emotion", "seeds=[1,1]", r"seeds must be different"),
        ("paper-emotion", "dropout=1.0", "dropout must leave something over"),
        ("paper-age-gender", "rank=300", "rank must be from 1 to 256, or 0 to keep the layers as published, got 300"),
        ("emotrack", "size=50", "a side of 48 or 64, got 50"),
    ],
)
def test_settings_that_mean_nothing_are_told_before_any_work(
    data: Path, tmp_path: Path, recipe: str, setting: str, message: str
) -> None:
    result = train(recipe, data, tmp_path / "run", setting)
    assert result.exit_code == 2
    assert re.search(message, result.stderr), result.stderr
    assert not (tmp_path / "packs").exists()


def test_other_settings_are_another_training(data: Path, tmp_path: Path) -> None:
    settings = ("schedule.epochs=1", "seeds=[1]")
    assert train("paper-emotion", data, tmp_path / "run", *settings).exit_code == 0
    other = train("paper-emotion", data, tmp_path / "run", *settings, "equalise=false", 'labels="ferplus"')
    assert other.exit_code == 2
    assert "belongs to a training with another equalise, labels;" in other.stderr
    stored = train("paper-emotion", data, tmp_path / "run", *settings, 'stored="fp16"')
    assert stored.exit_code == 0, stored.stderr  # how the file is stored is no part of the training


def test_the_configuration_is_checked_when_it_is_made() -> None:
    with pytest.raises(InputError, match="seeds must be"):
        paper_emotion.Config(seeds=())
    with pytest.raises(UnknownNameError, match="unknown face"):
        paper_age_gender.Config(face="viola")
