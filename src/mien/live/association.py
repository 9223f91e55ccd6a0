"""Which detection belongs to which track: costs between boxes, and the cheapest one-to-one assignment."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Pairs = tuple[NDArray[np.intp], NDArray[np.intp]]
"""Rows and columns that belong together."""


def assign(cost: NDArray[Any], limit: float) -> Pairs:
    """The one-to-one assignment of rows to columns with the least total cost.

    A row stays alone where that is cheaper: being alone costs `limit`, and no pair that costs as much is made.

    Args:
        cost: (n, m); infinite where a pair is forbidden.
        limit: finite.

    Returns:
        Rows and columns of the pairs, by rising row.

    >>> rows, columns = assign(np.array([[0.1, 0.2], [0.2, 0.9]]), limit=1.0)
    >>> list(zip(rows.tolist(), columns.tolist()))
    [(0, 1), (1, 0)]
    """
    cost = np.asarray(cost, np.float64)
    possible = cost < limit
    # Most faces overlap one track alone: those pairs need no search.
    sole = possible & (possible.sum(1, keepdims=True) == 1) & (possible.sum(0, keepdims=True) == 1)
    column_of = np.where(sole.any(1), sole.argmax(1) if cost.size else 0, -1)
    contested = np.flatnonzero(possible.any(1) & (column_of < 0))
    columns = np.flatnonzero(possible[contested].any(0))
    if len(contested):
        part = np.where(possible, cost, limit + 1)[np.ix_(contested, columns)]
        alone = np.full((len(contested), len(contested)), float(limit))
        chosen = _shortest_paths(np.hstack([part, alone]))
        paired = chosen < len(columns)
        column_of[contested[paired]] = columns[chosen[paired]]
    rows = np.flatnonzero(column_of >= 0)
    return rows, column_of[rows]


def _shortest_paths(cost: NDArray[np.float64]) -> NDArray[np.intp]:
    """The column of each row in the cheapest assignment of all rows, by shortest augmenting paths.

    Jonker and Volgenant (1987), in the form for rectangular matrices of Crouse (2016), "On implementing 2D rectangular
    assignment algorithms".

    Args:
        cost: (n, m), n ≤ m, finite.
    """
    rows, columns = cost.shape
    row_price, column_price = np.zeros(rows), np.zeros(columns)
    row_of, column_of = np.full(columns, -1, np.intp), np.full(rows, -1, np.intp)
    for start in range(rows):
        distance, before = np.full(columns, np.inf), np.full(columns, -1, np.intp)
        done = np.zeros(columns, bool)
        row, least, end = start, 0.0, -1
        while end < 0:
            through = least + cost[row] - row_price[row] - column_price
            nearer = ~done & (through < distance)
            distance[nearer], before[nearer] = through[nearer], row
            column = int(np.where(done, np.inf, distance).argmin())
            least = distance[column]
            if row_of[column] < 0:
                end = column
            else:
                done[column] = True
                row = row_of[column]
        row_price[start] += least
        row_price[row_of[done]] += least - distance[done]
        column_price[done] -= least - distance[done]
        while True:  # the path's pairs change places, from its end back to its start
            row = before[end]
            row_of[end] = row
            column_of[row], end = end, column_of[row]
            if row == start:
                break
    return column_of


def box_cost(tracks: NDArray[Any], detections: NDArray[Any], margin: NDArray[Any]) -> NDArray[np.float64]:
    """One minus the overlap of boxes that are grown by a margin first.

    Faces are small against the way that they move from frame to frame, so that boxes that belong together may not
    touch. Growing both (Yang et al. 2023, "Hard to track objects with irregular motions and similar appearances? Make
    it easier by buffering the matching space") finds them; here each track brings its own margin, for one that was
    seen a moment ago is where it is predicted, and one that is new or hidden may be elsewhere.

    Args:
        tracks: (n, 4) predicted boxes.
        detections: (m, 4).
        margin: (n,) what a box grows by on every side, as a share of its width and height.

    Returns:
        (n, m) in [0, 1].
    """
    share = np.asarray(margin)[:, None, None]
    one, other = _grown(np.asarray(tracks)[:, None], share), _grown(np.asarray(detections)[None], share)
    shared = _area(np.maximum(one[..., :2], other[..., :2]), np.minimum(one[..., 2:], other[..., 2:]))
    union = _area(one[..., :2], one[..., 2:]) + _area(other[..., :2], other[..., 2:]) - shared
    return np.asarray(1 - np.divide(shared, union, out=np.zeros_like(shared), where=union > 0), np.float64)


def appearance_cost(tracks: list[NDArray[np.float32] | None], detections: NDArray[np.float32]) -> NDArray[np.float64]:
    """One minus the cosine similarity of embeddings.

    Args:
        tracks: n embeddings (d,) of norm 1, `None` for a track whose appearance is not known.
        detections: (m, d) of norm 1.

    Returns:
        (n, m) in [0, 2]; NaN in the rows of tracks of unknown appearance.
    """
    cost = np.full((len(tracks), len(detections)), np.nan)
    for row, embedding in enumerate(tracks):
        if embedding is not None:
            cost[row] = 1 - detections @ embedding
    return cost


def covered(box: NDArray[Any], others: NDArray[Any]) -> float:
    """Largest share of a box (4,) that one of the others (m, 4) covers; 0 where there are none.

    >>> covered(np.array([0, 0, 4, 4]), np.array([[2, 0, 9, 9], [9, 9, 10, 10]]))
    0.5
    """
    low, high = np.maximum(others[:, :2], box[:2]), np.minimum(others[:, 2:], box[2:])
    return float((np.maximum(high - low, 0).prod(1) / np.prod(box[2:] - box[:2])).max(initial=0.0))


def _grown(boxes: NDArray[Any], share: NDArray[Any]) -> NDArray[np.float64]:
    """(…, 4) boxes by so many of their own sizes on every side."""
    more = (boxes[..., 2:] - boxes[..., :2]) * share
    return np.concatenate([boxes[..., :2] - more, boxes[..., 2:] + more], axis=-1)


def _area(low: NDArray[np.float64], high: NDArray[np.float64]) -> NDArray[np.float64]:
    """(…) of boxes between their corners (…, 2); 0 where they are turned inside out."""
    size = np.maximum(high - low, 0)
    return np.asarray(size[..., 0] * size[..., 1], np.float64)
