"""SFace as a teacher, on a tiny network with the names of its file."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from mien.train.augment import GENTLE, Augmentation
from mien.train.pack import Pack
from mien.train.sface_teacher import Basis, Teacher, fit_basis
from mien.train.views import make_views

CHANNELS = 12  # of the tiny network's feature map


@pytest.fixture(scope="module")
def teacher(tiny_sface: Path) -> Teacher:
    return Teacher(tiny_sface)


@pytest.fixture(scope="module")
def crops() -> NDArray[np.uint8]:
    return np.random.default_rng(2).integers(0, 256, (20, 112, 112, 3), np.uint8)


def test_the_map_leads_to_the_embedding_through_the_teachers_own_layer(
    teacher: Teacher, crops: NDArray[np.uint8]
) -> None:
    embedding, features = teacher.look(crops[0])
    assert (embedding.shape, features.shape) == ((128,), (CHANNELS, 7, 7))
    by_hand = np.tensordot(teacher.weight, features, 3) + teacher.bias
    assert np.allclose(by_hand / np.linalg.norm(by_hand), embedding, atol=1e-5)


def test_a_basis_of_all_channels_loses_nothing(teacher: Teacher, crops: NDArray[np.uint8]) -> None:
    basis = fit_basis(teacher, crops, CHANNELS)
    for crop in crops[:3]:
        embedding, features = teacher.look(crop)
        assert np.allclose(basis.embed(basis.project(features)), embedding, atol=1e-4)


def test_coordinates_have_unit_variance_and_more_of_them_keep_more(teacher: Teacher, crops: NDArray[np.uint8]) -> None:
    looks = [teacher.look(crop) for crop in crops]
    kept = []
    for channels in (2, 5, CHANNELS):
        basis = fit_basis(teacher, crops, channels)
        assert basis.shape == (channels, 7, 7)
        coordinates = np.stack([basis.project(features) for _, features in looks])
        assert np.allclose(coordinates.transpose(1, 0, 2, 3).reshape(channels, -1).std(1), 1, atol=1e-2)
        cosines = [basis.embed(one) @ embedding for one, (embedding, _) in zip(coordinates, looks, strict=True)]
        kept.append(np.mean(cosines))
    assert kept == sorted(kept)
    assert kept[-1] == pytest.approx(1, abs=1e-4)


def test_a_saved_basis_is_the_same(teacher: Teacher, crops: NDArray[np.uint8], tmp_path: Path) -> None:
    basis = fit_basis(teacher, crops, 3)
    basis.save(tmp_path / "basis.npz")
    again = Basis.load(tmp_path / "basis.npz")
    assert again.digest == basis.digest
    assert np.array_equal(again.weight, basis.weight)
    assert [path.name for path in tmp_path.iterdir()] == ["basis.npz"]


def test_views_hold_what_the_teacher_says_of_exactly_that_view(
    teacher: Teacher, crops: NDArray[np.uint8], tmp_path: Path
) -> None:
    basis = fit_basis(teacher, crops, 3)
    padded = np.random.default_rng(3).integers(0, 256, (6, 144, 144, 3), np.uint8)
    pack = Pack(folder=tmp_path, crops=padded, found=np.ones(6, bool), readable=np.ones(6, bool))
    rows, strengths = np.array([1, 4]), Augmentation()
    views = make_views(pack, rows, strengths, teacher, basis, seed=1)
    assert views.crops.shape == (2, 112, 112, 3)
    for crop, embedding, coordinates in zip(views.crops, views.embeddings, views.maps, strict=True):
        seen, features = teacher.look(np.asarray(crop))
        assert np.allclose(embedding, seen, atol=1e-3)
        assert np.allclose(coordinates, basis.project(features), atol=2e-2)

    marked = tmp_path / next(path.name for path in tmp_path.iterdir() if path.name.startswith("views-")) / "done"
    before = marked.stat().st_mtime_ns
    again = make_views(pack, rows, strengths, teacher, basis, seed=1)
    assert np.array_equal(again.crops, views.crops)
    assert marked.stat().st_mtime_ns == before  # read, not made again
    assert not np.array_equal(make_views(pack, rows, strengths, teacher, basis, seed=2).crops, views.crops)
    assert not np.array_equal(make_views(pack, rows, GENTLE, teacher, basis, seed=1).crops, views.crops)
