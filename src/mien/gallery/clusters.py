"""Groups of faces that are one person each: average linkage, and no two faces of one photo in a group.

Average linkage merges the two groups whose faces are the most alike on the mean, as long as that is above a threshold
(Sokal and Michener 1958; Otto, Wang and Jain 2018 cluster faces so). Faces in one photo are different people, whatever
they look like: cannot-link constraints (Wagstaff et al. 2001), here for whole groups.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from mien.errors import InputError
from mien.identity.similarity import similarities

_ROWS: Final = 2048  # faces compared with all others in one go
LARGEST: Final = 12_000
"""Faces that may hang together; the matrix of so many takes 1.2 GB."""


def cluster(embeddings: NDArray[Any], photos: NDArray[Any], threshold: float) -> NDArray[np.int64]:
    """The group of every face.

    Args:
        embeddings: (n, d) with L2 norm 1.
        photos: (n,) the photo of each face.
        threshold: least mean similarity of two groups that are merged.

    Returns:
        (n,) groups from 0 on, the largest first; those of one size in the order of their first faces.

    Raises:
        ShapeError: these are no embeddings.
        InputError: more than `LARGEST` faces hang together.

    >>> cluster(np.array([[1, 0], [0, 1], [0.8, 0.6]]), np.array([1, 1, 2]), 0.7)
    array([0, 1, 0])
    """
    embeddings = np.asarray(embeddings, np.float32)
    groups = np.empty(len(embeddings), np.int64)
    count = 0
    for faces in _components(embeddings, threshold):
        if len(faces) > LARGEST:
            raise InputError(
                f"{len(faces):,} faces hang together, and {LARGEST:,} can be grouped at once; "
                "ask for a smaller false-match rate, or group fewer photos"
            )
        inside = _average_linkage(embeddings[faces], photos[faces], threshold)
        groups[faces] = inside + count
        count += int(inside.max()) + 1
    return _by_size(groups)


def _components(embeddings: NDArray[np.float32], threshold: float) -> list[NDArray[np.intp]]:
    """Faces that are linked by pairs above the threshold: no group reaches beyond, as its mean would be below."""
    parent = np.arange(len(embeddings))

    def root(face: int) -> int:
        while parent[face] != face:
            parent[face] = parent[parent[face]]
            face = int(parent[face])
        return face

    for start in range(0, len(embeddings), _ROWS):
        alike = similarities(embeddings[start : start + _ROWS], embeddings) >= threshold
        for row, column in np.argwhere(np.triu(alike, start + 1)).tolist():
            parent[root(start + row)] = root(column)
    roots = np.array([root(face) for face in range(len(embeddings))], np.int64)
    order = np.argsort(roots, kind="stable")
    return [part for part in np.split(order, np.flatnonzero(np.diff(roots[order])) + 1) if len(part)]


def _average_linkage(embeddings: NDArray[np.float32], photos: NDArray[Any], threshold: float) -> NDArray[np.int64]:
    """Groups (n,) from 0 on."""
    count = len(embeddings)
    # A group's vector is the sum of its faces': the dot product of two sums is the sum of all similarities between.
    sums = similarities(embeddings, embeddings).astype(np.float64)
    size = np.ones(count)
    apart = photos[:, None] == photos[None, :]
    group = np.arange(count)
    mean = np.where(apart, -np.inf, sums)
    best = mean.argmax(1)
    while True:
        first = int(np.argmax(mean[np.arange(count), best]))
        second = int(best[first])
        if mean[first, second] < threshold:
            break
        sums[first] += sums[second]
        sums[:, first] += sums[:, second]
        size[first] += size[second]
        apart[first] |= apart[second]
        apart[:, first] |= apart[:, second]
        apart[second] = apart[:, second] = True
        group[group == second] = first
        mean[second] = mean[:, second] = -np.inf
        mean[first] = mean[:, first] = np.where(apart[first], -np.inf, sums[first] / (size[first] * size))
        mean[first, first] = -np.inf
        stale = np.flatnonzero((best == first) | (best == second))
        best[stale] = mean[stale].argmax(1)
        best[first] = mean[first].argmax()
        nearer = mean[:, first] > mean[np.arange(count), best]
        best[nearer] = first
    return np.unique(group, return_inverse=True)[1].astype(np.int64)


def _by_size(groups: NDArray[np.int64]) -> NDArray[np.int64]:
    if len(groups) == 0:
        return groups
    _, first, inverse, counts = np.unique(groups, return_index=True, return_inverse=True, return_counts=True)
    rank = np.empty(len(counts), np.int64)
    rank[np.lexsort((first, -counts))] = np.arange(len(counts))
    return rank[inverse]
