from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from mien.errors import InputError, ModelError
from mien.models.session import Session, Threads

_TASKS = Path("/proc/self/task")


def test_names_and_numbers(tiny_onnx):
    session = Session(tiny_onnx)
    assert (session.inputs, session.outputs) == (("x",), ("y",))
    y = session.run({"x": np.log(np.array([[1, 3]], np.float32))})["y"]
    np.testing.assert_allclose(y, [[0.25, 0.75]], rtol=1e-6)


def test_a_file_and_its_bytes_are_the_same_model(tiny_onnx, tmp_path):
    path = tmp_path / "tiny.onnx"
    path.write_bytes(tiny_onnx)
    x = np.array([[0.5, -1.0]], np.float32)
    np.testing.assert_array_equal(Session(path).run({"x": x})["y"], Session(tiny_onnx).run({"x": x})["y"])


@pytest.mark.skipif(not _TASKS.exists(), reason="needs /proc to count the threads of a process")
@pytest.mark.parametrize(("count", "started"), [(1, 0), (3, 2)])
def test_a_session_starts_the_threads_that_it_is_told_to(tiny_onnx, count, started):
    before = len(list(_TASKS.iterdir()))
    session = Session(tiny_onnx, Threads(intra_op=count))
    assert len(list(_TASKS.iterdir())) - before == started  # the caller's thread is one of them
    del session


@pytest.mark.parametrize(
    ("name", "count"), [("intra_op", 0), ("inter_op", 0), ("intra_op", -1), ("intra_op", 1.5), ("inter_op", "4")]
)
def test_thread_counts_are_explicit(name, count):
    with pytest.raises(InputError, match=rf"threads\.{name} must be 1 or more, got {count!r}"):
        Threads(**{name: count})


def test_eight_threads_get_the_numbers_of_one(make_onnx):
    session = Session(make_onnx((64, 64)))
    pictures = np.random.default_rng(0).standard_normal((32, 64, 64)).astype(np.float32)
    alone = [session.run({"x": picture})["y"] for picture in pictures]
    with ThreadPoolExecutor(8) as pool:
        together = list(pool.map(lambda picture: session.run({"x": picture})["y"], pictures))
    np.testing.assert_array_equal(together, alone)


@pytest.mark.parametrize("model", [b"", b"<html>not found</html>", b"\x00" * 100])
def test_bytes_that_are_no_model_are_refused(model):
    with pytest.raises(ModelError, match=rf"cannot load {len(model)} bytes .*mien models verify"):
        Session(model)


def test_a_model_with_an_unknown_operator_is_refused_with_its_path(make_onnx, tmp_path):
    path = tmp_path / "future.onnx"
    path.write_bytes(make_onnx((1, 2), operator="Teleport"))
    with pytest.raises(ModelError, match=r"future\.onnx"):
        Session(path)


def test_a_path_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(ModelError, match=r"nowhere\.onnx"):
        Session(tmp_path / "nowhere.onnx")


@pytest.mark.parametrize(
    ("inputs", "given"),
    [
        ({"x": np.zeros((1, 3), np.float32)}, r"x \(1, 3\) float32"),
        ({"x": np.zeros((1, 2))}, r"x \(1, 2\) float64"),
        ({"crops": np.zeros((1, 2), np.float32)}, r"crops \(1, 2\) float32"),
    ],
)
def test_inputs_that_do_not_fit_are_named_with_the_model(tiny_onnx, tmp_path, inputs, given):
    path = tmp_path / "tiny.onnx"
    path.write_bytes(tiny_onnx)
    with pytest.raises(ModelError, match=rf"cannot run .*tiny\.onnx on {given} \(") as caught:
        Session(path).run(inputs)
    assert "\n" not in str(caught.value)
