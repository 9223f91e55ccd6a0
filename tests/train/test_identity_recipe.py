"""The recipe `identity`, on drawn people, beginning with Mien's own weights."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import cv2
import numpy as np
import pytest
from click.testing import CliRunner, Result
from PIL import Image

pytest.importorskip("torch", reason="training needs the extra mien[train]")
pytest.importorskip("pyarrow", reason="training needs the extra mien[train]")

import torch

from mien.cli.main import cli
from mien.errors import DatasetError, InputError, ModelError, UnknownNameError
from mien.models import registry, weights
from mien.models.card import ModelCard
from mien.models.embedding import Embedding
from mien.models.session import Session
from mien.train.identity import Config, split
from mien.train.identity_crops import PeopleCrops
from mien.train.identity_network import IdentityNetwork
from mien.train.network import normalise

PEOPLE, PHOTOS = 8, 3
SMALL = ("schedule.epochs=1", "schedule.batch=4", "schedule.threads=1", "photos=2", "crops=true")


@pytest.fixture(scope="module")
def album(tmp_path_factory, draw_faces) -> Path:
    folder = tmp_path_factory.mktemp("album")
    random = np.random.default_rng(7)
    for person in range(PEOPLE):
        face = cv2.transform(draw_faces(120, 120, [(60, 60, 90)]), random.uniform(0, 0.6, (3, 3)))
        for photo in range(PHOTOS):
            path = folder / "people" / f"person {person}" / f"{photo}.png"
            path.parent.mkdir(parents=True, exist_ok=True)
            Image.fromarray(np.clip(face * random.uniform(0.8, 1.2), 0, 255).astype(np.uint8)).save(path)
    with (folder / "people.csv").open("w", newline="") as file:
        paths = sorted((folder / "people").rglob("*.png"))
        rows = [(path.relative_to(folder), path.parent.name) for path in paths]
        csv.writer(file).writerows([("path", "person"), *rows, ("people/gone.png", "person 1")])
    return folder


def train(data: Path, out: Path, *settings: str) -> Result:
    arguments = ["train", "identity", "--data", str(data), "--out", str(out), "--packs", str(out.parent / "packs")]
    for setting in (*SMALL, *settings):
        arguments += ["--set", setting]
    return CliRunner().invoke(cli, arguments)


@pytest.mark.parametrize("loss", ["triplet", "arcface", "cosface"])
def test_it_ends_with_a_file_that_takes_the_place_of_the_embedding(album, tmp_path, loss):
    out = tmp_path / "run"
    result = train(album / "people", out, f'loss="{loss}"')
    assert result.exit_code == 0, result.stderr
    assert result.stdout.strip() == str(out / "embedding.json")
    assert "AUC over 2 people held back" in result.stderr
    card = ModelCard.read(out / "embedding.json")
    assert loss in card.description
    assert {metric.name for metric in card.metrics} == {
        "start_tar_at_fmr_0.01",
        "tar_at_fmr_0.01",
        "gain_in_tar_at_fmr_0.01",
    }
    assert [metric.n for metric in card.metrics] == [2 * PHOTOS] * 3  # two people are held back
    assert card.training_data[0].images == (PEOPLE - 2) * PHOTOS
    assert Embedding(Session(out / card.file), card).provides == {"embedding"}
    if loss != "triplet":
        return
    # It goes on from there: a run can begin with what another ended with.
    again = train(album / "people", tmp_path / "again", f'start="{out / card.file}"')
    assert again.exit_code == 0, again.stderr


def test_a_table_does_as_well_and_what_cannot_be_read_is_told(album, tmp_path):
    result = train(album / "people.csv", tmp_path / "run", 'person_column="person"')
    assert result.exit_code == 0, result.stderr
    assert "people.csv: 1 of 25 photos cannot be read and are left out: people/gone.png" in result.stderr


def test_a_stopped_run_goes_on_and_another_is_refused(album, tmp_path):
    assert train(album / "people", tmp_path / "run").exit_code == 0
    assert train(album / "people", tmp_path / "run").exit_code == 0
    assert len(json.loads((tmp_path / "run" / "history.json").read_text())) == 1
    result = train(album / "people", tmp_path / "run", 'loss="cosface"')
    assert result.exit_code == 2
    assert "belongs to a training with another loss" in result.stderr


@pytest.mark.parametrize(
    ("settings", "error", "told"),
    [
        ({"loss": "triplets"}, UnknownNameError, "did you mean triplet"),
        ({"photos": 1}, InputError, "photos must be at least 2, got 1"),
        ({"held_back": 0.0}, InputError, "held_back must be above 0"),
        ({"held_back": 1.0}, InputError, "below 1, got 1.0"),
        ({"margin": -0.1}, InputError, "margin must be at least 0"),
        ({"scale": float("nan")}, InputError, "scale must be at least 0"),
    ],
)
def test_settings_are_checked(settings, error, told):
    with pytest.raises(error, match=told):
        Config(**settings)


@pytest.mark.parametrize(
    ("data", "told"),
    [
        ("people/person 1", "3 people, 0 of them with two photos"),
        ("people/none", "no manifest at"),
        ("people.csv", "has no column identity"),
    ],
)
def test_data_that_cannot_be_learned_from_is_refused(album, tmp_path, data, told):
    result = train(album / data, tmp_path / "run")
    assert result.exit_code == 2
    assert told in result.stderr


def test_photos_of_nobody_are_refused(tmp_path):
    for person in range(4):
        path = tmp_path / "walls" / str(person) / "0.png"
        path.parent.mkdir(parents=True)
        Image.new("RGB", (90, 90), (128, 128, 128)).save(path)
    result = train(tmp_path / "walls", tmp_path / "run", "crops=false")
    assert result.exit_code == 2
    assert "no face in any of 4 photos" in result.stderr
    assert "4 of 4 photos show no face and are left out" in result.stderr


def test_the_shipped_network_can_be_trained_on():
    path = weights.find(registry.card("embedding"))
    network = IdentityNetwork.from_file(path)
    crops = np.random.default_rng(1).integers(0, 256, (3, 112, 112, 3), np.uint8)
    wanted = Session(path).run({"crops": crops})["embedding"]
    for mode in (False, True):  # normalisation takes nothing from a batch, so training changes nothing by itself
        with torch.inference_mode():
            got = network.train(mode)(normalise(torch.from_numpy(crops)))["embedding"].numpy()
        np.testing.assert_allclose(got, wanted, atol=2e-2 * np.linalg.norm(wanted, axis=1).min())


@pytest.mark.parametrize("content", [b"", b"no network", None])
def test_a_file_that_is_no_embedding_is_refused(tmp_path, content):
    path = weights.find(registry.card("emotion")) if content is None else tmp_path / "x.onnx"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(ModelError, match="start must be the ONNX file of a `mien train embedding`"):
        IdentityNetwork.from_file(path)


def crops_of(counts: list[int]) -> PeopleCrops:
    people = np.repeat(np.arange(len(counts)), counts)
    names = tuple(map(str, range(len(counts))))
    return PeopleCrops(key="x", crops=np.zeros((len(people), 1, 1, 3), np.uint8), people=people, names=names)


def test_nobody_is_learned_from_and_held_back():
    crops = crops_of([3] * 30 + [1] * 10)
    learned, back = split(crops, 0.25, seed=3)
    assert len(back) == 10
    assert not set(learned.tolist()) & set(back.tolist())
    assert learned.max() < 30  # of a single photo nothing is learned
    np.testing.assert_array_equal(split(crops, 0.25, seed=3)[0], learned)


@pytest.mark.parametrize("counts", [[4], [4, 4], [4, 4, 4], [1, 1, 1, 1, 1, 1]])
def test_too_few_people_are_told(counts):
    with pytest.raises(DatasetError, match="are too few: 4 are the least"):
        split(crops_of(counts), 0.5, seed=1)
