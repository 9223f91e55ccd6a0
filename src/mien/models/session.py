"""ONNX Runtime sessions with explicit thread counts.

ONNX Runtime is imported when the first network is loaded: a process that forks must not have it before.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from mien.errors import InputError, ModelError

_ERROR: Final = 3  # ONNX Runtime: 0 verbose, 1 info, 2 warning, 3 error, 4 fatal


@dataclass(frozen=True, kw_only=True)
class Threads:
    """How many threads one run of one network may use.

    Attributes:
        intra_op: threads inside an operator. One is the fastest for networks this small when several run side by side.
        inter_op: operators run at once; all our graphs are chains, so more than one gains nothing.

    Raises:
        InputError: a count is no whole number of one or more; ONNX Runtime would read 0 as "all cores".
    """

    intra_op: int = 1
    inter_op: int = 1

    def __post_init__(self) -> None:
        for name, count in (("intra_op", self.intra_op), ("inter_op", self.inter_op)):
            if not isinstance(count, int) or count < 1:
                raise InputError(f"threads.{name} must be 1 or more, got {count!r}")


class Session:
    """A network loaded once; `run` may be called from any number of threads at once.

    Args:
        model: the ONNX file, or its bytes.
        threads: explicit thread counts.

    Raises:
        ModelError: ONNX Runtime cannot load the model.
    """

    def __init__(self, model: Path | bytes, threads: Threads | None = None) -> None:
        import onnxruntime

        threads = threads or Threads()
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads.intra_op
        options.inter_op_num_threads = threads.inter_op
        options.execution_mode = onnxruntime.ExecutionMode.ORT_SEQUENTIAL
        options.log_severity_level = _ERROR
        # Batches and picture sizes vary from call to call; a plan for each would only grow memory.
        options.enable_mem_pattern = False
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        source = model if isinstance(model, bytes) else str(model)
        self._name = f"{len(model)} bytes" if isinstance(model, bytes) else str(model)
        try:
            self._session = onnxruntime.InferenceSession(source, options, providers=["CPUExecutionProvider"])
        except _runtime_errors() as error:
            raise ModelError(
                f"ONNX Runtime {onnxruntime.__version__} cannot load {self._name} ({_in_one_line(error)}); "
                "run `mien models verify`"
            ) from error
        self.inputs = tuple(node.name for node in self._session.get_inputs())
        self.outputs = tuple(node.name for node in self._session.get_outputs())

    def run(self, inputs: Mapping[str, NDArray[Any]]) -> dict[str, NDArray[np.float32]]:
        """Every output by name.

        Raises:
            ModelError: the inputs are not those that the network takes, or an operator fails.
        """
        try:
            outputs = self._session.run(None, dict(inputs))
        except _runtime_errors(ValueError) as error:  # ValueError: an input is missing
            import onnxruntime

            given = ", ".join(f"{name} {values.shape} {values.dtype}" for name, values in inputs.items())
            raise ModelError(
                f"ONNX Runtime {onnxruntime.__version__} cannot run {self._name} on {given} ({_in_one_line(error)}); "
                "run `mien models verify`"
            ) from error
        return dict(zip(self.outputs, outputs, strict=True))


def _runtime_errors(*others: type[Exception]) -> tuple[type[Exception], ...]:
    from onnxruntime.capi import onnxruntime_pybind11_state as runtime

    return (
        runtime.EPFail,
        runtime.Fail,
        runtime.InvalidArgument,
        runtime.InvalidGraph,
        runtime.InvalidProtobuf,
        runtime.NoSuchFile,
        runtime.NotImplemented,
        runtime.RuntimeException,
        *others,
    )


def _in_one_line(error: Exception) -> str:
    return " ".join(str(error).split())
