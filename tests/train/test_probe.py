"""Soft labels from classifiers on embeddings."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from mien.train.probe import cross_fitted, together

HEADS = {"side": 2}


def points(count: int, seed: int) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """Unit vectors of eight dimensions whose first one tells the class."""
    random = np.random.default_rng(seed)
    label = random.integers(0, 2, count)
    x = random.standard_normal((count, 8)) * 0.4
    x[:, 0] += np.where(label == 1, 1, -1)
    return (x / np.linalg.norm(x, axis=1, keepdims=True)).astype(np.float32), label


def test_probabilities_say_the_class_that_the_embedding_tells() -> None:
    x, label = points(1000, seed=1)
    target = torch.from_numpy(label)

    def loss(logits: dict[str, Tensor], rows: NDArray[np.intp]) -> Tensor:
        return functional.cross_entropy(logits["side"], target[rows])

    soft = cross_fitted(x, HEADS, loss, seed=7)["side"]
    assert soft.shape == (1000, 2)
    assert np.allclose(soft.sum(1), 1, atol=1e-5)
    assert (soft.argmax(1) == label).mean() > 0.97


def test_no_image_is_judged_by_a_classifier_that_was_fitted_on_it() -> None:
    # Labels are coin tosses: classifiers that had seen them would be right far more often than by chance.
    x, _ = points(1000, seed=2)
    tossed = np.random.default_rng(3).integers(0, 2, 1000)
    target = torch.from_numpy(tossed)
    seen: list[set[int]] = []

    def loss(logits: dict[str, Tensor], rows: NDArray[np.intp]) -> Tensor:
        seen.append(set(rows.tolist()))
        return functional.cross_entropy(logits["side"], target[rows])

    soft = cross_fitted(x, HEADS, loss, seed=7)["side"]
    assert abs((soft.argmax(1) == tossed).mean() - 0.5) < 0.06
    assert set().union(*seen) == set(range(1000))


def test_the_same_seed_gives_the_same_labels() -> None:
    x, label = points(300, seed=4)
    target = torch.from_numpy(label)

    def loss(logits: dict[str, Tensor], rows: NDArray[np.intp]) -> Tensor:
        return functional.cross_entropy(logits["side"], target[rows])

    first, second = (cross_fitted(x, HEADS, loss, seed=5)["side"] for _ in range(2))
    assert np.array_equal(first, second)


def test_teachers_are_averaged_head_by_head() -> None:
    a = {"gender": np.array([[0.2, 0.8]], np.float32)}
    b = {"gender": np.array([[0.6, 0.4]], np.float32)}
    assert np.allclose(together([a, b])["gender"], [[0.4, 0.6]])
