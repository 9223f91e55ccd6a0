"""ONNX Runtime sessions with explicit thread counts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import onnxruntime
from numpy.typing import NDArray
from onnxruntime.capi import onnxruntime_pybind11_state as runtime

from mien.errors import InputError, ModelError

_ERROR: Final = 3  # ONNX Runtime: 0 verbose, 1 info, 2 warning, 3 error, 4 fatal
_LOAD_ERRORS: Final = (
    runtime.Fail,
    runtime.InvalidArgument,
    runtime.InvalidGraph,
    runtime.InvalidProtobuf,
    runtime.NoSuchFile,
    runtime.NotImplemented,
    runtime.RuntimeException,
)


@dataclass(frozen=True, kw_only=True)
class Threads:
    """How many threads one run of one network may use.

    Attributes:
        intra_op: threads inside an operator. One is the fastest for networks this small when several run side by side.
        inter_op: operators run at once; all our graphs are chains, so more than one gains nothing.

    Raises:
        InputError: a count is below one; ONNX Runtime would read 0 as "all cores".
    """

    intra_op: int = 1
    inter_op: int = 1

    def __post_init__(self) -> None:
        for name, count in (("intra_op", self.intra_op), ("inter_op", self.inter_op)):
            if count < 1:
                raise InputError(f"threads.{name} must be 1 or more, got {count}")


class Session:
    """A network loaded once; `run` may be called from any number of threads at once.

    Args:
        model: the ONNX file, or its bytes.
        threads: explicit thread counts.

    Raises:
        ModelError: ONNX Runtime cannot load the model.
    """

    def __init__(self, model: Path | bytes, threads: Threads | None = None) -> None:
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
        try:
            self._session = onnxruntime.InferenceSession(source, options, providers=["CPUExecutionProvider"])
        except _LOAD_ERRORS as error:
            name = f"{len(model)} bytes" if isinstance(model, bytes) else str(model)
            raise ModelError(
                f"ONNX Runtime {onnxruntime.__version__} cannot load {name} ({error}); run `mien models verify`"
            ) from error
        self.inputs = tuple(node.name for node in self._session.get_inputs())
        self.outputs = tuple(node.name for node in self._session.get_outputs())

    def run(self, inputs: Mapping[str, NDArray[Any]]) -> dict[str, NDArray[np.float32]]:
        """Every output by name."""
        return dict(zip(self.outputs, self._session.run(None, dict(inputs)), strict=True))
