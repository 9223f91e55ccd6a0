"""What tests of trainings share."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest


@pytest.fixture(scope="session")
def tiny_sface(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file with the names of SFace's: 16×16 patches to 12 channels, a linear layer and its batch normalisation."""
    onnx = pytest.importorskip("onnx", reason="training needs the extra mien[train]")
    helper = onnx.helper
    random = np.random.default_rng(1)
    weights = {
        "patch": random.standard_normal((12, 3, 16, 16)) / 5000,
        "pre_fc1_weight": random.standard_normal((128, 12 * 49)),
        "pre_fc1_bias": random.standard_normal(128),
        "fc1_gamma": random.uniform(0.5, 2, 128),
        "fc1_beta": random.standard_normal(128),
        "fc1_moving_mean": random.standard_normal(128),
        "fc1_moving_var": random.uniform(0.5, 2, 128),
    }
    nodes = [
        helper.make_node("Conv", ["data", "patch"], ["bn1"], strides=[16, 16]),
        helper.make_node("Flatten", ["bn1"], ["flat"]),
        helper.make_node("Gemm", ["flat", "pre_fc1_weight", "pre_fc1_bias"], ["pre_fc1"], transB=1),
        helper.make_node(
            "BatchNormalization",
            ["pre_fc1", "fc1_gamma", "fc1_beta", "fc1_moving_mean", "fc1_moving_var"],
            ["fc1"],
            epsilon=2e-5,
        ),
    ]
    graph = helper.make_graph(
        nodes,
        "tiny",
        [helper.make_tensor_value_info("data", onnx.TensorProto.FLOAT, [1, 3, 112, 112])],
        [helper.make_tensor_value_info("fc1", onnx.TensorProto.FLOAT, [1, 128])],
        [onnx.numpy_helper.from_array(value.astype(np.float32), name) for name, value in weights.items()],
    )
    path = tmp_path_factory.mktemp("teacher") / "tiny.onnx"
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8), path)
    return path
