from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

pytest.importorskip("torch", reason="training needs the extra mien[train]")
pytest.importorskip("onnx", reason="training needs the extra mien[train]")

import onnx
import torch

from mien.errors import InputError, ModelError, UnknownNameError
from mien.models.session import Session
from mien.train.layer_table import parameters
from mien.train.paper_networks import AgeGender, EmoTrack
from mien.train.paper_rank import check_rank, thinned
from mien.train.paper_store import export_published, in_int8

SIZES = {"fp32": 5_350_000, "fp16": 2_720_000, "int8": 1_390_000}
"""Bytes of EmoTrack's 1.3 million numbers, at most."""


@pytest.fixture(scope="module")
def network():
    torch.manual_seed(5)
    return EmoTrack().eval()


@pytest.fixture(scope="module")
def inputs() -> dict:
    random = np.random.default_rng(2)
    pictures = random.random((3, 48, 48, 1), np.float32)
    return {"pictures": pictures, "points": random.standard_normal((3, 136)).astype(np.float32)}


@pytest.mark.parametrize(("stored", "largest"), [("fp32", 1e-6), ("fp16", 1e-3), ("int8", 1e-2)])
def test_the_file_says_what_pytorch_says(tmp_path: Path, network, inputs, stored: str, largest: float) -> None:
    path = tmp_path / "e.onnx"
    differences = export_published(network, path, heads=("emotion",), inputs=inputs, stored=stored)
    assert differences["emotion"] < largest
    assert path.stat().st_size < SIZES[stored]
    session = Session(path)
    together = session.run(inputs)["emotion"]
    assert together.sum(1) == pytest.approx(1)
    alone = session.run({name: values[1:2] for name, values in inputs.items()})["emotion"]
    assert alone == pytest.approx(together[1:2], abs=1e-5)


def test_an_unknown_way_of_storing_is_told(tmp_path: Path, network, inputs) -> None:
    with pytest.raises(UnknownNameError, match=r"unknown stored 'int16'; did you mean int8"):
        export_published(network, tmp_path / "e.onnx", heads=("emotion",), inputs=inputs, stored="int16")


def test_a_file_that_says_something_else_is_refused(tmp_path: Path, inputs) -> None:
    torch.manual_seed(1)
    coarse = EmoTrack().eval()
    with torch.no_grad():
        # One weight so large that the others of its channel have no level left.
        coarse.classifier.weight[:, 0] = 3e5
        coarse.classifier.weight[:, 1:] = torch.randn(7, 575) * 100
    with pytest.raises(ModelError, match=r"emotion of .* differs from PyTorch .* export it with stored=fp16"):
        export_published(coarse, tmp_path / "e.onnx", heads=("emotion",), inputs=inputs, stored="int8")


@given(arrays(np.float32, (4, 64), elements=st.floats(-100, 100, width=32)))
def test_int8_is_off_by_half_a_level_at_most(values: np.ndarray) -> None:
    helper = onnx.helper
    graph = helper.make_graph(
        [helper.make_node("Gemm", ["x", "w"], ["y"], transB=1)],
        "one",
        [helper.make_tensor_value_info("x", onnx.TensorProto.FLOAT, ["n", 64])],
        [helper.make_tensor_value_info("y", onnx.TensorProto.FLOAT, ["n", 4])],
        [onnx.numpy_helper.from_array(values, "w")],
    )
    model = in_int8(helper.make_model(graph, ir_version=8, opset_imports=[helper.make_opsetid("", 17)]))
    stored = {one.name: onnx.numpy_helper.to_array(one) for one in model.graph.initializer}
    assert stored["w_int8"].dtype == np.int8
    back = stored["w_int8"] * stored["w_scale"]
    half_a_level = np.abs(values).max(1) / 127 / 2
    assert (np.abs(back - values).max(1) <= half_a_level * 1.001 + 1e-30).all()
    given_back = Session(model.SerializeToString()).run({"x": np.eye(64, dtype=np.float32)})["y"].T
    assert given_back == pytest.approx(back, abs=1e-30)


def test_thin_layers_say_the_same_at_full_rank_and_nearly_so_below() -> None:
    torch.manual_seed(3)
    network = AgeGender().eval()
    pictures = torch.rand(24, 1, 128, 128)
    with torch.inference_mode():
        wanted = network(pictures)
        errors = {}
        for rank in (2, 12, 256):
            thin = thinned(network, [pictures[:10], pictures[10:]], rank)
            assert parameters(thin) == 29_605_506 - 2 * 115_200 * 128 + 115_200 * rank + 256 * rank
            errors[rank] = [float((thin(pictures)[head] - wanted[head]).abs().max()) for head in ("age", "gender")]
    assert errors[256] == pytest.approx([0, 0], abs=1e-4)
    assert errors[2][0] > errors[12][0]


@pytest.mark.parametrize("rank", [-1, 257])
def test_a_rank_that_there_is_not_is_told(rank: int) -> None:
    with pytest.raises(InputError, match=f"rank must be from 1 to 256, or 0 .* got {rank}"):
        check_rank(rank)
