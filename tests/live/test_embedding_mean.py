import numpy as np
import pytest

from mien.errors import ShapeError
from mien.live.embedding_mean import EmbeddingMean

X, Y = np.array([1.0, 0.0]), np.array([0.0, 1.0])


def mean(*looks, memory_s=1e9):
    made = EmbeddingMean(memory_s=memory_s)
    for embedding, weight, *time_s in looks:
        made.add(embedding, weight, time_s[0] if time_s else 0.0)
    return made


@pytest.mark.parametrize(
    ("looks", "expected"),
    [
        ([(X, 1.0)], [1, 0]),
        ([(X, 0.2)], [1, 0]),
        ([(X, 1.0), (Y, 1.0)], [0.5**0.5, 0.5**0.5]),
        ([(X, 0.8), (Y, 0.6)], [0.8, 0.6]),
        ([(X, 1.0), (Y, 0.0)], [1, 0]),
    ],
)
def test_the_mean_direction_is_weighted(looks, expected):
    assert mean(*looks).mean == pytest.approx(expected)


def test_nothing_is_known_without_weight_or_where_all_cancels():
    assert mean((X, 0.0)).mean is None
    assert mean((X, 1.0), (-X, 1.0)).mean is None


def test_old_looks_give_way():
    assert mean((X, 1.0, 0.0), (Y, 1.0, 10.0), memory_s=10 / np.log(2)).mean == pytest.approx([0.2**0.5, 0.8**0.5])


def test_absorbing_is_as_if_all_looks_had_been_taken_in():
    one, two = mean((X, 1.0, 0.0), memory_s=7.0), mean((Y, 0.5, 3.0), memory_s=7.0)
    one.absorb(two)
    assert one.mean == pytest.approx(mean((X, 1.0, 0.0), (Y, 0.5, 3.0), memory_s=7.0).mean)
    one.absorb(EmbeddingMean(memory_s=7.0))
    assert np.linalg.norm(one.mean) == pytest.approx(1)


def test_embeddings_of_another_length_are_refused():
    with pytest.raises(ShapeError, match="3 numbers and those before had 2"):
        mean((X, 1.0), (np.ones(3) / 3**0.5, 1.0))
