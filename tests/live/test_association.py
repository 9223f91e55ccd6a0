from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from mien.geometry.boxes import iou
from mien.live.association import appearance_cost, assign, box_cost, covered

INF = np.inf


@pytest.mark.parametrize(
    ("cost", "limit", "pairs"),
    [
        ([[0.1, 0.2], [0.2, 0.9]], 1.0, [(0, 1), (1, 0)]),  # 0.4 together, where taking 0.1 first costs 1.0
        ([[0.1, 0.2], [0.2, 0.9]], 0.15, [(0, 0)]),
        ([[0.5]], 0.5, []),  # a pair as costly as the limit is none
        ([[0.5]], 0.51, [(0, 0)]),
        ([[INF, 1.0], [INF, 2.0]], 9.0, [(0, 1)]),  # both want the same column
        ([[3.0, 1.0, 2.0]], 9.0, [(0, 1)]),
        ([[3.0], [1.0], [2.0]], 9.0, [(1, 0)]),
        ([[-5.0, 0.0], [-4.0, -1.0]], 0.0, [(0, 0), (1, 1)]),
        ([[1.0, 1.0], [1.0, 1.0]], 2.0, [(0, 0), (1, 1)]),
        ([[INF]], 1.0, []),
    ],
)
def test_cheapest_pairs_below_the_limit(cost, limit, pairs):
    rows, columns = assign(np.array(cost), limit)
    assert list(zip(rows.tolist(), columns.tolist(), strict=True)) == pairs


@pytest.mark.parametrize("shape", [(0, 0), (0, 3), (3, 0)])
def test_nothing_to_assign(shape):
    rows, columns = assign(np.zeros(shape), 1.0)
    assert len(rows) == len(columns) == 0


def least_total(cost, limit):
    """By trying all assignments."""
    rows, columns = cost.shape
    totals = []
    for choice in itertools.product(range(-1, columns), repeat=rows):
        taken = [column for column in choice if column >= 0]
        if len(set(taken)) == len(taken):
            totals.append(sum(limit if c < 0 else cost[r, c] for r, c in enumerate(choice)))
    return min(totals)


costs = hnp.arrays(
    np.float64,
    hnp.array_shapes(min_dims=2, max_dims=2, min_side=1, max_side=4),
    elements=st.sampled_from([0.0, 0.1, 0.2, 0.3, 0.5, 0.7, INF]),
)


@given(costs, st.sampled_from([0.25, 0.6, 2.0]))
def test_no_assignment_is_cheaper(cost, limit):
    rows, columns = assign(cost, limit)
    assert len(set(columns.tolist())) == len(columns)
    total = cost[rows, columns].sum() + limit * (len(cost) - len(rows))
    assert total == pytest.approx(least_total(cost, limit))


def test_sixty_by_sixty():
    place = np.random.default_rng(0).permutation(60)
    cost = np.ones((60, 60))
    cost[np.arange(60), place] = 0.5
    assert assign(cost, 2.0)[1].tolist() == place.tolist()


def test_without_margin_the_cost_is_one_minus_the_overlap():
    tracks = np.array([[0, 0, 10, 10], [5, 5, 20, 25], [50, 50, 60, 60]], np.float32)
    found = np.array([[2, 0, 12, 10], [6, 7, 20, 22]], np.float32)
    assert box_cost(tracks, found, np.zeros(3)) == pytest.approx(1 - iou(tracks, found), abs=1e-6)


def test_a_margin_reaches_boxes_that_do_not_touch():
    track, found = np.array([[0, 0, 10, 10]]), np.array([[15, 0, 25, 10]])
    assert box_cost(track, found, np.array([0.0]))[0, 0] == 1
    # Grown by 5 on every side both are 20 × 20 and share 5 × 20: 100 of 700.
    assert box_cost(track, found, np.array([0.5]))[0, 0] == pytest.approx(1 - 100 / 700)


def test_boxes_of_no_area_overlap_nothing():
    assert box_cost(np.zeros((1, 4)), np.zeros((1, 4)), np.zeros(1))[0, 0] == 1


def test_appearance_is_one_minus_the_cosine_and_unknown_without_embedding():
    found = np.array([[1, 0], [0, 1], [-1, 0]], np.float32)
    cost = appearance_cost([np.array([1, 0], np.float32), None], found)
    assert cost[0].tolist() == [0, 1, 2]
    assert np.isnan(cost[1]).all()


@pytest.mark.parametrize(
    ("others", "share"),
    [([], 0.0), ([[2, 0, 9, 9]], 0.5), ([[8, 8, 9, 9]], 0.0), ([[3, 0, 4, 4], [0, 0, 4, 3]], 0.75)],
)
def test_share_covered_by_the_one_that_covers_most(others, share):
    assert covered(np.array([0, 0, 4, 4]), np.array(others).reshape(-1, 4)) == share
