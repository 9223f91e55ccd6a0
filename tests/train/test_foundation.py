"""Beginning a training with the trunk of a trained network."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from mien.errors import DatasetError
from mien.models import registry, weights
from mien.train.export import export
from mien.train.foundation import begin_with, continue_with, digest, load_foundation, load_network
from mien.train.network import FaceNetwork, build_trunk
from mien.train.unfold import is_folded, settle

STAGES = ((8, 1), (12, 1))


def checkpoint(folder: Path, weights: dict[str, torch.Tensor]) -> Path:
    torch.save({"averaged": weights}, folder / "checkpoint.pt")
    return folder


def test_the_trunk_of_a_checkpoint_is_taken_over(tmp_path: Path) -> None:
    torch.manual_seed(3)
    trained = build_trunk(channels=3, stem=4, stages=STAGES)
    kept = {f"module.trunk.{name}": value for name, value in trained.state_dict().items()}
    weights = load_foundation(
        checkpoint(tmp_path, {**kept, "module.head.weight": torch.ones(2), "n_averaged": torch.tensor(1)})
    )
    new = build_trunk(channels=3, stem=4, stages=STAGES)
    begin_with(new, weights)
    x = torch.rand(2, 3, 32, 32)
    assert torch.equal(new.eval()(x), trained.eval()(x))


def test_a_grey_trunk_gives_what_the_colour_trunk_gives_on_a_picture_without_colour(tmp_path: Path) -> None:
    trained = build_trunk(channels=3, stem=4, stages=STAGES)
    grey = build_trunk(channels=1, stem=4, stages=STAGES)
    begin_with(grey, trained.state_dict())
    x = torch.rand(2, 1, 32, 32)
    assert torch.allclose(grey.eval()(x), trained.eval()(x.expand(2, 3, 32, 32)), atol=1e-6)


def test_another_shape_is_refused_and_nothing_is_changed() -> None:
    wide, narrow = build_trunk(channels=3, stem=8, stages=STAGES), build_trunk(channels=3, stem=4, stages=STAGES)
    before = {name: value.clone() for name, value in narrow.state_dict().items()}
    with pytest.raises(DatasetError, match=r"does not fit: 0\.0\.weight is \(8, 3, 3, 3\), wanted \(4, 3, 3, 3\)"):
        begin_with(narrow, wide.state_dict())
    assert all(torch.equal(value, before[name]) for name, value in narrow.state_dict().items())


def test_more_stages_than_wanted_are_refused() -> None:
    with pytest.raises(DatasetError, match=r"wanted None; give both trainings the same stem and stages"):
        begin_with(
            build_trunk(channels=3, stem=4, stages=STAGES[:1]),
            build_trunk(channels=3, stem=4, stages=STAGES).state_dict(),
        )


def test_a_folder_without_a_checkpoint_is_named(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match=r"no checkpoint at .*checkpoint\.pt; foundation must be the --out"):
        load_foundation(tmp_path)


@pytest.mark.parametrize("content", [b"", b"no checkpoint", None])
def test_a_file_that_is_no_checkpoint_is_refused(content: bytes | None, tmp_path: Path) -> None:
    if content is None:
        torch.save({"weights": torch.ones(2)}, tmp_path / "checkpoint.pt")
    else:
        (tmp_path / "checkpoint.pt").write_bytes(content)
    with pytest.raises(DatasetError, match=r"checkpoint\.pt is no checkpoint of a training \(\w+\); foundation must"):
        load_foundation(tmp_path)


def test_a_checkpoint_without_a_trunk_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="holds no network with a trunk"):
        load_foundation(checkpoint(tmp_path, {"module.head.weight": torch.ones(2)}))


def exported(folder: Path, *, channels: int, half: bool) -> tuple[FaceNetwork, Path]:
    """A network whose normalisations have learned something, and its file."""
    torch.manual_seed(4)
    network = FaceNetwork(channels=channels, stem=4, stages=STAGES, heads={"mood": 3}, dropout=0.5)
    for module in network.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            module.running_mean.normal_()
            module.running_var.uniform_(0.2, 3)
            torch.nn.init.uniform_(module.weight, 0.5, 2)
            torch.nn.init.normal_(module.bias)
    export(network, folder / "mood.onnx", heads=["mood"], size=32, grey=channels == 1, half=half)
    return network.eval(), folder / "mood.onnx"


@pytest.mark.parametrize("channels", [1, 3])
def test_a_file_gives_the_network_back(channels: int, tmp_path: Path) -> None:
    network, path = exported(tmp_path, channels=channels, half=False)
    again = FaceNetwork(channels=channels, stem=4, stages=STAGES, heads={"mood": 3}, dropout=0.5).eval()
    continue_with(again, load_network(path))
    x = torch.rand(5, channels, 32, 32)
    assert torch.allclose(again(x)["mood"], network(x)["mood"], atol=1e-5)


def test_a_settled_network_says_the_same_also_while_it_learns(tmp_path: Path) -> None:
    network, path = exported(tmp_path, channels=3, half=False)
    again = FaceNetwork(channels=3, stem=4, stages=STAGES, heads={"mood": 3}, dropout=0.0)
    continue_with(again, load_network(path))
    x = torch.rand(16, 3, 32, 32)
    wanted = network(x)["mood"]
    assert is_folded(again)
    assert not torch.allclose(again.train()(x)["mood"], wanted, atol=0.1)  # each channel's spread is lost
    continue_with(again, load_network(path))
    settle(again, x)
    assert not is_folded(again)
    assert torch.allclose(again.eval()(x)["mood"], wanted, atol=1e-4)
    assert torch.allclose(again.train()(x)["mood"], wanted, atol=1e-4)


def test_the_trunk_of_a_file_stored_as_fp16(tmp_path: Path) -> None:
    network, path = exported(tmp_path, channels=3, half=True)
    trunk = build_trunk(channels=3, stem=4, stages=STAGES)
    begin_with(trunk, load_foundation(path))
    x = torch.rand(5, 3, 32, 32)
    assert torch.allclose(trunk.eval()(x), network.trunk(x), rtol=1e-2, atol=1e-2)


@pytest.mark.parametrize("content", [None, b"no network"])
def test_a_file_that_cannot_be_read_is_named(content: bytes | None, tmp_path: Path) -> None:
    path = tmp_path / "mood.onnx"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(DatasetError, match=r"mood\.onnx cannot be read \(\w+\); name the ONNX file of a network"):
        load_foundation(path)


def test_a_file_of_another_kind_is_refused() -> None:
    yunet = weights.find(registry.card("yunet"))
    with pytest.raises(DatasetError, match="holds no network that `mien train` exported"):
        load_foundation(yunet)


def test_the_digest_tells_weights_apart_and_not_their_order() -> None:
    a, b = torch.ones(3), torch.zeros(2)
    assert digest({"a": a, "b": b}) == digest({"b": b, "a": a})
    assert digest({"a": a, "b": b}) != digest({"a": a, "b": b + 1})
