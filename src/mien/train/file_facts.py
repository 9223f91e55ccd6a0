"""What a card says of the file itself: how many numbers it holds, and how long a run takes."""

from __future__ import annotations

import statistics
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import numpy as np
import onnx
from numpy.typing import NDArray

from mien.machine import describe
from mien.models.measured import Latency
from mien.models.session import Session, Threads

WARM_UP: Final = 10
RUNS: Final = 100


def latency(session: Session, size: int, *, threads: Threads | None = None) -> Latency:
    """The time of a run for one face; only worth something on a machine that does nothing else.

    Args:
        session: of a network that takes `crops` (n, size, size, 3).
        size: side of the crops in pixels.
        threads: that the session was made with; None for one.
    """
    crops = np.random.default_rng(0).integers(0, 256, (1, size, size, 3), np.uint8)
    return latency_of(session, {"crops": crops}, threads=threads)


def latency_of(session: Session, inputs: Mapping[str, NDArray[Any]], *, threads: Threads | None = None) -> Latency:
    """The same for a network with other inputs.

    Args:
        session: of the network.
        inputs: of one face.
        threads: that the session was made with; None for one.
    """
    times = []
    for _ in range(WARM_UP + RUNS):
        start = time.perf_counter()
        session.run(inputs)
        times.append(time.perf_counter() - start)
    ms = statistics.median(times[WARM_UP:]) * 1000
    return Latency(ms=round(ms, 2), runs=RUNS, threads=(threads or Threads()).intra_op, machine=describe())


def stored_parameters(path: Path) -> int:
    """How many learned numbers an ONNX file holds; batch normalisation is folded into the weights there."""
    floats = (onnx.TensorProto.FLOAT, onnx.TensorProto.FLOAT16)
    weights = onnx.load(path).graph.initializer
    return sum(int(np.prod(weight.dims)) for weight in weights if weight.data_type in floats)
