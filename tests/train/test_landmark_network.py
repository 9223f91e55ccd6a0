from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("torch", reason="training needs the extra mien[train]")

import torch

from mien.errors import InputError
from mien.geometry.face_pose import from_6d
from mien.geometry.landmark_subsets import LEFT_EYE, OUTER_LIPS
from mien.models.session import Session
from mien.train.export import export
from mien.train.landmark_loss import loss, point_weights
from mien.train.landmark_network import HEADS, InPixels, LandmarkNetwork, orthonormal


def network(size: int = 48, **changes: int) -> LandmarkNetwork:
    torch.manual_seed(0)
    random = np.random.default_rng(0)
    settings = {
        "stem": 4,
        "stages": ((8, 1), (8, 1)),
        "narrow": 4,
        "mean": random.standard_normal(478 * 3).astype(np.float32),
        "components": random.standard_normal((5, 478 * 3)).astype(np.float32),
    }
    return LandmarkNetwork(size=size, **{**settings, **changes})


@pytest.mark.parametrize("size", [32, 48, 50, 112])
def test_every_size_of_crops_is_taken(size: int) -> None:
    out = network(size).eval()(torch.zeros(3, 3, size, size))
    assert {name: tuple(values.shape) for name, values in out.items()} == {
        "landmarks": (3, 478 * 3),
        "rotation": (3, 6),
        "presence": (3, 1),
    }


def test_training_starts_at_the_mean_shape_and_a_head_that_looks_into_the_camera() -> None:
    fresh = network().eval()
    for head in (fresh.weights, fresh.rotation):
        torch.nn.init.zeros_(head.weight)
    torch.nn.init.zeros_(fresh.weights.bias)
    out = fresh(torch.randn(2, 3, 48, 48))
    assert np.allclose(
        out["landmarks"][1].detach().numpy(), np.random.default_rng(0).standard_normal(478 * 3), atol=1e-5
    )
    assert torch.equal(orthonormal(out["rotation"]), torch.eye(3).expand(2, 3, 3))


def test_heads_keep_their_precision_in_bfloat16() -> None:
    with torch.autocast("cpu", torch.bfloat16):
        assert all(values.dtype == torch.float32 for values in network()(torch.zeros(2, 3, 48, 48)).values())


def test_settings_that_make_no_network_are_told() -> None:
    with pytest.raises(InputError, match="narrow must be at least 1, got 0"):
        network(narrow=0)


def test_orthonormal_is_what_the_runtime_does_with_the_six_numbers() -> None:
    columns = torch.randn(20, 6, generator=torch.Generator().manual_seed(1))
    rotations = orthonormal(columns)
    assert np.allclose(rotations.numpy(), from_6d(columns.numpy()), atol=1e-5)
    assert np.allclose(torch.linalg.det(rotations).numpy(), 1, atol=1e-5)


def test_the_file_gives_pixels_columns_and_a_probability(tmp_path: Path) -> None:
    plain = network().eval()
    in_pixels = InPixels(plain, size=48, unit=12.5)
    difference = export(
        in_pixels,
        tmp_path / "landmarks.onnx",
        heads=HEADS,
        size=48,
        grey=False,
        half=True,
        softmax=False,
        tolerance=0.25,
    )
    assert difference < 0.25
    crops = np.random.default_rng(0).integers(0, 256, (3, 48, 48, 3), np.uint8)
    out = Session(tmp_path / "landmarks.onnx").run({"crops": crops})
    assert [(name, values.shape) for name, values in out.items()] == [
        ("landmarks", (3, 478, 3)),
        ("rotation", (3, 6)),
        ("presence", (3, 1)),
    ]
    with torch.inference_mode():
        wanted = plain((torch.from_numpy(crops).permute(0, 3, 1, 2).float() - 127.5) / 127.5)
    pixels = wanted["landmarks"].numpy().reshape(3, 478, 3) * 12.5 + [24, 24, 0]
    assert np.abs(out["landmarks"] - pixels).max() < 0.25
    assert np.allclose(out["presence"], 1 / (1 + np.exp(-wanted["presence"].numpy())), atol=0.01)


def batch(presence: list[float]) -> dict[str, torch.Tensor]:
    landmarks = torch.zeros(len(presence), 478, 3)
    landmarks[:, 33, 0], landmarks[:, 263, 0] = -1.0, 1.0  # two units between the outer eye corners
    return {
        "landmarks": landmarks,
        "rotation": torch.eye(3).repeat(len(presence), 1, 1),
        "presence": torch.tensor(presence, dtype=torch.float32),
    }


def outputs(truth: dict[str, torch.Tensor], shift: float = 0.0) -> dict[str, torch.Tensor]:
    moved = truth["landmarks"] + torch.tensor([shift, 0, 0])
    return {
        "landmarks": moved.flatten(1),
        "rotation": torch.tensor([[1.0, 0, 0, 0, 1, 0]]).repeat(len(moved), 1),
        "presence": (truth["presence"][:, None] - 0.5) * 40,
    }


def test_the_loss_of_a_perfect_answer_is_nearly_nothing() -> None:
    total, parts = loss(outputs(truth := batch([1, 1, 0])), truth)
    assert parts == pytest.approx({"landmarks": 0.05, "depth": 0, "lids": 0, "rotation": 0, "presence": 0}, abs=1e-4)
    assert total.item() == pytest.approx(0.05, abs=1e-3)  # the rounding of the distance at nought


def test_the_loss_is_the_distance_by_that_of_the_eyes() -> None:
    _, parts = loss(outputs(truth := batch([1, 1]), shift=0.5), truth)
    assert parts["landmarks"] == pytest.approx(10 * 0.5 / 2, rel=1e-3)
    assert parts["lids"] == pytest.approx(0, abs=1e-5)  # all points moved alike: no lid opened


def test_pictures_without_a_face_teach_presence_alone() -> None:
    truth = batch([1, 0])
    good = outputs(truth)
    bad = {name: values.clone() for name, values in good.items()}
    bad["landmarks"][1] += 7
    bad["rotation"][1] = torch.tensor([0.0, 1, 0, 1, 0, 0])
    assert loss(bad, truth)[1] == loss(good, truth)[1]
    bad["presence"][1] = 20
    assert loss(bad, truth)[1]["presence"] == pytest.approx(10, rel=1e-3)


def test_eyes_and_lips_weigh_twice_as_much_as_the_rest() -> None:
    weights = point_weights()
    assert weights.mean().item() == pytest.approx(1)
    assert weights[LEFT_EYE[0]] == weights[OUTER_LIPS[3]] == pytest.approx(2 * weights[10].item())
