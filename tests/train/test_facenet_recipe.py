"""The recipe `facenet`, on drawn people, beginning with Mien's own weights."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
from click.testing import CliRunner
from PIL import Image

pytest.importorskip("torch", reason="training needs the extra mien[train]")
pytest.importorskip("pyarrow", reason="training needs the extra mien[train]")

import torch

from mien.cli.main import cli
from mien.errors import InputError
from mien.identity.similarity import distances, similarities
from mien.models import registry, weights
from mien.models.session import Session
from mien.train import facenet
from mien.train.identity_network import IdentityNetwork
from mien.train.identity_result import embed_with

SMALL = ("schedule.epochs=1", "schedule.batch=4", "schedule.threads=1", "photos=2", "crops=true")


def network() -> IdentityNetwork:
    return IdentityNetwork.from_file(weights.find(registry.card("embedding")))


def test_more_dimensions_change_no_distance() -> None:
    small, wide = network().eval(), network().eval()
    wide.widen(512, seed=3)
    pictures = torch.rand(4, 3, 112, 112, generator=torch.Generator().manual_seed(1)) * 2 - 1
    with torch.inference_mode():
        a, b = small(pictures)["embedding"], wide(pictures)["embedding"]
    assert b.shape == (4, 512)
    assert torch.cdist(b, b).numpy() == pytest.approx(torch.cdist(a, a).numpy(), rel=1e-3, abs=1e-3)


def test_fewer_dimensions_than_there_are_is_told() -> None:
    with pytest.raises(InputError, match="dimensions must be at least the 128 that the training begins with, got 64"):
        network().widen(64, seed=1)
    with pytest.raises(InputError, match="dimensions must be at least 0"):
        facenet.Config(dimensions=-1)


def test_distances_are_those_of_points_on_the_sphere() -> None:
    random = np.random.default_rng(0).standard_normal((5, 512))
    unit = random / np.linalg.norm(random, axis=1, keepdims=True)
    wanted = ((unit[:, None] - unit[None]) ** 2).sum(2)
    assert distances(unit, unit) == pytest.approx(wanted, abs=1e-5)
    assert distances(unit[:1], -unit[:1]).item() == pytest.approx(4)
    assert (distances(unit, unit).argsort(1) == (-similarities(unit, unit)).argsort(1)).all()


def test_it_ends_with_an_embedding_of_512_numbers(tmp_path: Path, draw_faces) -> None:
    random = np.random.default_rng(7)
    for person in range(6):
        face = cv2.transform(draw_faces(120, 120, [(60, 60, 90)]), random.uniform(0, 0.6, (3, 3)))
        for photo in range(2):
            path = tmp_path / "people" / f"person {person}" / f"{photo}.png"
            path.parent.mkdir(parents=True, exist_ok=True)
            Image.fromarray(np.clip(face * random.uniform(0.8, 1.2), 0, 255).astype(np.uint8)).save(path)
    arguments = ["--data", str(tmp_path / "people"), "--out", str(tmp_path / "run"), "--packs", str(tmp_path / "packs")]
    settings = [part for setting in SMALL for part in ("--set", setting)]
    result = CliRunner().invoke(cli, ["train", "facenet", *arguments, *settings])
    assert result.exit_code == 0, result.stderr
    embeddings = embed_with(Session(tmp_path / "run" / "embedding.onnx"), np.zeros((1, 112, 112, 3), np.uint8))
    assert embeddings.shape == (1, 512)
