import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mien.errors import ShapeError
from mien.identity.similarity import similarities


def test_cosines_of_known_angles():
    a = np.array([[1, 0], [0, 1]], np.float32)
    b = np.array([[1, 0], [-1, 0], [0.6, 0.8]], np.float32)
    np.testing.assert_allclose(similarities(a, b), [[1, -1, 0.6], [0, 0, 0.8]], atol=1e-7)


@given(st.integers(1, 6), st.integers(1, 6), st.integers(2, 200), st.integers(0, 99))
def test_every_similarity_is_a_cosine_and_that_to_oneself_is_one(n, m, d, seed):
    random = np.random.default_rng(seed)
    a, b = (rows / np.linalg.norm(rows, axis=1, keepdims=True) for rows in random.normal(size=(2, max(n, m), d)))
    found = similarities(a[:n], b[:m])
    assert found.shape == (n, m)
    assert found.dtype == np.float32
    assert np.abs(found).max() <= 1
    np.testing.assert_allclose(np.diag(similarities(a, a)), 1, atol=1e-6)
    np.testing.assert_array_equal(found, similarities(b[:m], a[:n]).T)


def test_nobody_is_similar_to_nobody():
    assert similarities(np.empty((0, 4)), np.eye(4)).shape == (0, 4)


@pytest.mark.parametrize(
    ("a", "told"),
    [
        ([1, 0], r"a must be embeddings \(n, d\), got \(2,\)"),
        ([[2, 0]], "row 0 has 2"),
        ([[0, 0]], "row 0 has 0"),
        ([[1, 0], [np.nan, 0]], "row 1 has nan"),
        ([[np.inf, 0]], "row 0 has inf"),
        ([[1, 0, 0]], "embeddings of 3 and 2 dimensions"),
    ],
)
def test_what_is_no_embedding_is_refused(a, told):
    with pytest.raises(ShapeError, match=told):
        similarities(np.array(a, np.float32), np.eye(2, dtype=np.float32))
