from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="training needs the extra mien[train]")

from mien.errors import DatasetError, InputError  # noqa: E402
from mien.train.loop import Schedule, draw, fit  # noqa: E402

SCHEDULE = Schedule(epochs=3, batch=8, learning_rate=0.01, seed=4, threads=1)
POINTS = np.random.default_rng(0).normal(size=(64, 1, 2, 2)).astype(np.float32)


class Killed(BaseException):
    """Stands for a process that dies."""


def network() -> torch.nn.Module:
    class Mean(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.convolution = torch.nn.Conv2d(1, 4, 2)
            self.normalisation = torch.nn.BatchNorm2d(4)
            self.dropout = torch.nn.Dropout(0.2)
            self.head = torch.nn.Linear(4, 1)

        def forward(self, x: torch.Tensor) -> dict[str, torch.Tensor]:
            features = torch.relu(self.normalisation(self.convolution(x))).flatten(1)
            return {"mean": self.head(self.dropout(features))}

    torch.manual_seed(1)
    return Mean()


def train(folder: Path, *, schedule: Schedule = SCHEDULE, die_in_epoch: int | None = None, data: str = "points"):
    def report(epoch: int, step: int, steps: int, figures: object) -> None:
        if epoch == die_in_epoch and step == 2:
            raise Killed

    def make_batch(rows: np.ndarray, random: np.random.Generator) -> dict[str, torch.Tensor]:
        noise = random.normal(0, 0.01, (len(rows), 1, 2, 2)).astype(np.float32)
        return {"crops": torch.from_numpy(POINTS[rows] + noise), "y": torch.from_numpy(POINTS[rows].mean((2, 3)))}

    return fit(
        network(),
        identity={"data": data},
        weights=np.ones(len(POINTS)),
        make_batch=make_batch,
        loss=lambda out, batch: ((out["mean"] - batch["y"]).square().mean(), {}),
        validate=lambda trained: {"weight": sum(p.detach().abs().sum().item() for p in trained.parameters())},
        schedule=schedule,
        folder=folder,
        report=report,
    )


def test_a_run_that_was_killed_goes_on_to_the_same_result(tmp_path: Path) -> None:
    whole, whole_history = train(tmp_path / "whole")
    with pytest.raises(Killed):
        train(tmp_path / "killed", die_in_epoch=1)
    assert len(json.loads((tmp_path / "killed" / "history.json").read_text())) == 1
    resumed, history = train(tmp_path / "killed")
    assert history == whole_history
    for (name, wanted), got in zip(whole.state_dict().items(), resumed.state_dict().values(), strict=True):
        assert torch.equal(wanted, got), name


def test_training_lowers_the_loss(tmp_path: Path) -> None:
    _, history = train(tmp_path)
    assert [*history[0]] == ["loss", "weight"]
    assert history[-1]["loss"] < 0.7 * history[0]["loss"]


def test_a_finished_run_is_not_trained_again(tmp_path: Path) -> None:
    first, _ = train(tmp_path)
    again, history = train(tmp_path, die_in_epoch=0)
    assert len(history) == 3
    assert all(torch.equal(a, b) for a, b in zip(first.parameters(), again.parameters(), strict=True))


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"schedule": dataclasses.replace(SCHEDULE, epochs=4)}, "another epochs;"),
        ({"schedule": dataclasses.replace(SCHEDULE, batch=16, seed=5)}, "another batch, seed;"),
        ({"data": "others"}, "another data;"),
    ],
)
def test_a_checkpoint_of_another_training_is_refused(tmp_path: Path, change: dict, told: str) -> None:
    train(tmp_path)
    with pytest.raises(DatasetError, match=f"belongs to a training with {told} name another folder with --out"):
        train(tmp_path, **change)


@pytest.mark.parametrize(
    "setting",
    [{"epochs": -1}, {"batch": 0}, {"threads": 0}, {"learning_rate": 0.0}, {"average": 1.0}, {"warmup": -1.0}],
)
def test_a_schedule_that_cannot_be_is_refused(setting: dict) -> None:
    (name,) = setting
    with pytest.raises(InputError, match=name):
        Schedule(**{"epochs": 3, **setting})


def test_equal_weights_draw_every_image_once() -> None:
    drawn = draw(np.ones(50), 50, np.random.default_rng(2))
    assert sorted(drawn) == list(range(50))
    assert list(drawn) != list(range(50))


@pytest.mark.parametrize("seed", range(5))
def test_weights_set_how_often_an_image_is_drawn(seed: int) -> None:
    counts = np.bincount(draw(np.array([1.0, 2.0, 4.5, 0.5]), 80, np.random.default_rng(seed)), minlength=4)
    assert np.abs(counts - [10, 20, 45, 5]).max() <= 1
    assert counts.sum() == 80
