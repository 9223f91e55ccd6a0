from __future__ import annotations

import numpy as np
import onnxruntime
import pytest

from mien.errors import ModelError
from mien.models import weights
from mien.models.detectors.yunet import CARD
from mien.models.dimensions import free_dimensions
from mien.models.session import Session


def _input_shape(model):
    return onnxruntime.InferenceSession(model, providers=["CPUExecutionProvider"]).get_inputs()[0].shape


@pytest.mark.parametrize(
    ("names", "shape"),
    [
        (("batch", None), ["batch", 2]),
        ((None, "width"), [1, "width"]),
        (("batch", "width"), ["batch", "width"]),
        (("batch",), ["batch", 2]),
        ((None, None), [1, 2]),
        ((), [1, 2]),
    ],
)
def test_only_the_named_dimensions_become_free(make_onnx, names, shape):
    assert _input_shape(free_dimensions(make_onnx((1, 2), declared=("a", "b")), names)) == shape


def test_a_freed_model_takes_another_shape_and_a_fixed_one_does_not(make_onnx):
    model = make_onnx((1, 2), declared=("a", "b"))
    x = np.log(np.array([[1, 3], [1, 1], [3, 2]], np.float32))
    y = Session(free_dimensions(model, ("batch", None))).run({"x": x})["y"]
    np.testing.assert_allclose(y, [[0.25, 0.75], [0.5, 0.5], [0.6, 0.4]], rtol=1e-6)
    with pytest.raises(ModelError, match="Got: 3 Expected: 1"):
        Session(model).run({"x": x})


def test_naming_no_dimension_copies_every_byte():
    model = weights.find(CARD).read_bytes()
    assert free_dimensions(model, ()) == model
    assert free_dimensions(model, (None,) * 4) == model


def test_a_freed_network_computes_the_same_numbers():
    model = weights.find(CARD).read_bytes()
    freed = free_dimensions(model, (None, None, "height", "width"))
    assert _input_shape(freed) == [1, 3, "height", "width"]
    image = np.random.default_rng(3).uniform(0, 255, (1, 3, 640, 640)).astype(np.float32)
    fixed_outputs, freed_outputs = Session(model).run({"input": image}), Session(freed).run({"input": image})
    assert len(fixed_outputs) == 12
    for name, values in fixed_outputs.items():
        np.testing.assert_array_equal(freed_outputs[name], values)


def test_every_cut_is_either_refused_or_ends_between_fields(tiny_onnx):
    whole = [length for length in range(len(tiny_onnx)) if _is_read(tiny_onnx[:length])]
    # The file is ir_version (2 bytes), graph, opset_import (6 bytes): it can be cut between these alone.
    assert whole == [0, 2, len(tiny_onnx) - 6]


def _is_read(model):
    try:
        return isinstance(free_dimensions(model, ("batch",)), bytes)
    except ModelError:
        return False


def test_bytes_of_another_kind_are_refused():
    with pytest.raises(ModelError, match="not an ONNX file: unknown wire type 4 at byte 0"):
        free_dimensions(b"<html>", ("batch",))
