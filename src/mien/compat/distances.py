"""DeepFace's distances between embeddings, and their thresholds at one false-match rate.

Embeddings of length 1 have one similarity s, their cosine, and every distance follows from it: 1 - s, √(2 - 2s) with
and without normalising, arccos(s) / π. So the thresholds of all four stand for the same pairs, and for the same rate:
that of `mien.identity.verify.FMR`, in the calibration of the network.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from mien.errors import InputError, ShapeError, UnknownNameError
from mien.identity.calibration import default_calibration
from mien.identity.verify import FMR

METRICS: Final = ("cosine", "euclidean", "euclidean_l2", "angular")
Metric = str | Callable[[NDArray[Any], NDArray[Any]], Any]
"""One of `METRICS`, or a function of two embeddings."""

# What DeepFace documents: those taken for one person have a confidence from 51 to 100, others from 0 to 49.
_LEAST_SAME: Final = 51.0
_MOST_DIFFERENT: Final = 49.0
_MOST_LOG_ODDS: Final = 700.0  # beyond, exp() overflows


def check_metric(metric: Metric, threshold: float | None) -> None:
    """Make sure that there is such a distance, and a threshold for it.

    Raises:
        UnknownNameError: there is no distance of that name.
        InputError: a function comes without a threshold, or the threshold is no number.
    """
    if callable(metric):
        if threshold is None:
            raise InputError("a distance_metric of your own needs a threshold; give threshold=…")
    elif not isinstance(metric, str) or metric not in METRICS:
        raise UnknownNameError("distance_metric", metric, METRICS)
    if threshold is not None and (
        isinstance(threshold, bool) or not isinstance(threshold, (int, float)) or math.isnan(threshold)
    ):
        raise InputError(f"threshold must be a number, got {threshold!r}; leave it out for the calibrated one")


def distances(probe: NDArray[np.float32], rows: NDArray[np.float32], metric: str) -> NDArray[np.float64]:
    """From one embedding to many.

    Args:
        probe: (d,) of any length above 0.
        rows: (n, d) likewise.
        metric: one of `METRICS`.

    Returns:
        (n,) from 0.

    >>> [round(float(distances(np.array([1, 0]), np.array([[0, 2]]), metric)[0]), 3) for metric in METRICS]
    [1.0, 2.236, 1.414, 0.5]
    """
    a, b = np.asarray(probe, np.float64), np.asarray(rows, np.float64)
    if metric == "euclidean":
        return np.asarray(np.linalg.norm(b - a, axis=1))
    cosine = np.clip(b @ a / (np.linalg.norm(b, axis=1) * np.linalg.norm(a)), -1, 1)
    return np.asarray(of_similarity(cosine, metric))


def own_distance(metric: Callable[[NDArray[Any], NDArray[Any]], Any], a: NDArray[Any], b: NDArray[Any]) -> float:
    """By a function of the caller's.

    Raises:
        ShapeError: it gives no number.
    """
    found = np.asarray(metric(a, b))
    if found.size != 1 or not np.issubdtype(found.dtype, np.number):
        raise ShapeError(f"distance_metric must give one number for two embeddings, got {found!r}")
    return float(found.reshape(()))


def of_similarity(similarity: Any, metric: str) -> Any:
    """The distance of embeddings of length 1 whose cosine is `similarity`, a number or an array of them."""
    if metric == "cosine":
        return 1 - similarity
    if metric == "angular":
        return np.arccos(similarity) / np.pi
    return np.sqrt(2 - 2 * similarity)


def similarity_of(distance: float, metric: str) -> float:
    """The cosine at a distance; what is beyond all cosines is that of the nearest.

    >>> [round(similarity_of(float(of_similarity(0.4, metric)), metric), 6) for metric in METRICS]
    [0.4, 0.4, 0.4, 0.4]
    """
    if metric == "cosine":
        found = 1 - distance
    elif metric == "angular":
        found = math.cos(math.pi * min(max(distance, 0.0), 1.0))
    else:
        found = 1 - distance * abs(distance) / 2
    return min(max(found, -1.0), 1.0)


def threshold_of(network: str, metric: str, *, fmr: float = FMR) -> float:
    """The distance up to which two faces are one person.

    Args:
        network: of `mien.models.embedding.NAMES`.
        metric: one of `METRICS`.
        fmr: the share of strangers that are so near.

    Raises:
        InputError: there is no threshold for `fmr`.
        ModelError: the network's card has no calibration.
    """
    return float(of_similarity(default_calibration(network).threshold(fmr), metric))


def confidence(distance: float, *, threshold: float, metric: Metric, network: str, same: bool) -> float:
    """How sure it is that two faces are one person, in percent: 51 to 100 for the same, 0 to 49 for others.

    The log-odds are those of the calibration, from the threshold on: there it is as likely as not. A distance that the
    calibration says nothing about, the caller's own, is 51 or 49.
    """
    logistic = default_calibration(network).logistic
    if callable(metric) or logistic is None:
        return _LEAST_SAME if same else _MOST_DIFFERENT
    log_odds = logistic.slope * (similarity_of(distance, metric) - similarity_of(threshold, metric))
    percent = 100 / (1 + math.exp(-min(max(log_odds, -_MOST_LOG_ODDS), _MOST_LOG_ODDS)))
    return round(max(percent, _LEAST_SAME) if same else min(percent, _MOST_DIFFERENT), 2)
