import numpy as np
import pytest

from mien.identity.calibration import Calibration
from mien.identity.calibration_probability import Logistic
from mien.identity.calibration_tail import Tail
from mien.models.thresholds import Thresholds


@pytest.fixture
def calibration():
    """Strangers' similarities are normal with mean 0.2 and deviation 0.1; counted down to 1e-4."""
    table = Thresholds(similarity=(0.2, 0.432635, 0.509023, 0.571902), fmr=(0.5, 0.01, 0.001, 0.0001))
    return Calibration(
        model="embedding",
        sha256="a" * 64,
        thresholds=table,
        data="made up",
        different=1_000_000,
        same=500,
        tail=Tail.after(table, slope=0.1),
        logistic=Logistic(slope=20.0, intercept=-8.0),
    )


@pytest.fixture
def unit():
    """`unit(n, d, seed)`: random embeddings of length 1."""

    def make(n, d=8, seed=0):
        rows = np.random.default_rng(seed).normal(size=(n, d))
        return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)

    return make
