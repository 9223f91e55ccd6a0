from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mien.audience.suppress import small_cells, small_in_table


@pytest.mark.parametrize(
    ("counts", "told"),
    [
        ([40, 12, 0], [40, 12, 0]),
        ([40, 3, 12], [40, None, None]),  # the second cannot be told by the sum, if the third is not told either
        ([40, 3, 4], [40, None, None]),  # 7 people behind the two: enough
        ([40, 2, 2, 9], [40, None, None, None]),  # 4 people behind the two: a third goes with them
        ([4, 0, 0], [None, 0, 0]),
        ([1, 4], [None, None]),
        ([5, 5], [5, 5]),
        ([], []),
    ],
)
def test_of_a_list_whose_sum_is_told(counts, told):
    hidden = small_cells(np.array(counts, np.int64), [np.arange(len(counts))], least=5)
    assert [None if hide else count for count, hide in zip(counts, hidden, strict=True)] == told


def test_of_a_table_whose_rows_and_columns_are_told():
    table = np.array([[20, 30, 2], [25, 35, 40], [9, 50, 60]])
    places = np.arange(9).reshape(3, 3)
    hidden = small_cells(table.ravel(), [*places, *places.T], least=5).reshape(3, 3)
    assert hidden[0, 2]
    assert (hidden.sum(0)[hidden.any(0)] >= 2).all()
    assert (hidden.sum(1)[hidden.any(1)] >= 2).all()


@given(
    rows=st.integers(1, 5),
    columns=st.integers(1, 5),
    least=st.integers(1, 8),
    data=st.data(),
)
def test_no_small_count_follows_from_a_sum(rows, columns, least, data):
    counts = np.array(data.draw(st.lists(st.integers(0, 12), min_size=rows * columns, max_size=rows * columns)))
    places = np.arange(rows * columns).reshape(rows, columns)
    lines = [*places, *places.T]
    hidden = small_cells(counts, lines, least=least)
    assert not (~hidden & (counts > 0) & (counts < least)).any()
    for line in lines:
        missing, others = line[hidden[line]], line[~hidden[line] & (counts[line] > 0)]
        if len(missing) and len(others):
            assert len(missing) >= 2
            assert counts[missing].sum() >= least


def test_nothing_follows_from_the_sums_of_a_table_where_hardly_anybody_is():
    """Two of one kind and 45 of another: the sum of all is told, so neither is."""
    table = np.zeros((3, 6), np.int64)
    table[1, 2], table[2, 5] = 2, 45
    nothing = np.array([], np.int64)
    hidden = small_in_table(table, nothing, nothing, least=5)
    assert np.argwhere(hidden.cells).tolist() == [[1, 2], [2, 5]]
    assert np.flatnonzero(hidden.rows).tolist() == [1, 2]
    assert np.flatnonzero(hidden.columns).tolist() == [2, 5]


def test_parts_of_a_cell_are_hidden_with_one_another():
    """Quarters of two hours: what is hidden in one does not help to hide what is in the other."""
    hours, quarters = np.array([[35, 23]]), np.array([12, 3, 20, 0, 4, 9, 10, 0])
    hidden = small_in_table(hours, quarters, np.repeat([0, 1], 4), least=5)
    assert hidden.parts.tolist() == [True, True, False, False, True, True, False, False]
    assert not hidden.cells.any()


@given(
    rows=st.integers(1, 4),
    columns=st.integers(1, 4),
    least=st.integers(1, 8),
    data=st.data(),
)
def test_no_table_tells_what_another_hides(rows, columns, least, data):
    size = rows * columns
    parts = np.array(data.draw(st.lists(st.integers(0, 9), min_size=2 * size, max_size=2 * size)), np.int64)
    table = parts.reshape(rows, columns, 2).sum(2)
    hidden = small_in_table(table, parts, np.repeat(np.arange(size), 2), least=least)
    sums = [(table, hidden.cells), (table.sum(1), hidden.rows), (table.sum(0), hidden.columns), (parts, hidden.parts)]
    for counts, hide in sums:
        assert not (~hide & (counts > 0) & (counts < least)).any()
    halves = hidden.parts.reshape(rows, columns, 2)
    for of, total in (
        *zip(hidden.cells, hidden.rows, strict=True),
        *zip(hidden.cells.T, hidden.columns, strict=True),
        *zip(halves.reshape(-1, 2), hidden.cells.ravel(), strict=True),
    ):
        assert of.sum() + total != 1  # one unknown of an equation would follow
    for margins, counts in ((hidden.rows, table.sum(1)), (hidden.columns, table.sum(0))):
        assert margins.sum() != 1 or not counts[~margins].any()


def test_with_a_cell_of_one_everything_is_told():
    assert not small_cells(np.array([1, 0, 2]), [np.arange(3)], least=1).any()
