"""Approximate search by inverted lists of vectors in eight bits a number; Faiss does the work.

Jégou, Douze and Schmid (2011), "Product quantization for nearest neighbor search", section IV. `benchmarks/gallery.py`
compares it with graphs (HNSW) in Faiss and USearch: these answer no faster at the same recall, and this is built ten
times as fast, takes a fifth of the memory, and truly loses what is removed. It only names candidates, whose vectors are
compared in full afterwards, so eight bits cost no accuracy.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final, Self

import numpy as np
from numpy.typing import NDArray

from mien.errors import GalleryDamagedError, MissingExtraError

LISTS: Final = 1024
_LEAST_A_LIST: Final = 16  # vectors to learn from; of fewer there are fewer lists
SEARCHED: Final = 0.5
"""Share of the lists looked into. Embeddings fill some fifty dimensions evenly, so that no few lists hold all near
neighbours: with a third of them recall@1 is 0.98 to 0.99, with half above 0.99, for people in the gallery and strangers
alike."""
SAMPLE: Final = 64 * LISTS
"""Vectors that the lists' centres are learned from, where there are so many."""
_ROUNDS: Final = 8  # of k-means; more move the centres hardly at all
_SEED: Final = 0


class ApproximateIndex:
    """Vectors by number. Immutable: what changes it gives another one, so threads may search while one adds.

    Args:
        index: Faiss's.
        numbers: (n,) of the vectors in it, rising.
        learned_at: how many there were when the centres were learned.
    """

    def __init__(self, index: Any, numbers: NDArray[np.int64], learned_at: int) -> None:
        self._index = index
        self._index.nprobe = max(1, round(SEARCHED * self._index.nlist))
        self.numbers = numbers
        self.learned_at = learned_at

    @classmethod
    def build(cls, sample: NDArray[np.float32], parts: Iterable[tuple[NDArray[np.int64], NDArray[np.float32]]]) -> Self:
        """An index of vectors that come in parts.

        Args:
            sample: (k, d) vectors to learn from.
            parts: numbers (m,) that rise and vectors (m, d).

        Raises:
            MissingExtraError: Faiss is not installed.
        """
        faiss = load_faiss()
        lists = max(1, min(LISTS, len(sample) // _LEAST_A_LIST))
        index = faiss.index_factory(sample.shape[1], f"IVF{lists},SQ8", faiss.METRIC_INNER_PRODUCT)
        index.by_residual = False
        index.cp.niter, index.cp.spherical, index.cp.seed = _ROUNDS, True, _SEED
        index.cp.min_points_per_centroid = 1  # else Faiss prints a warning
        index.train(np.ascontiguousarray(sample))
        known = [np.empty(0, np.int64)]
        for numbers, vectors in parts:
            index.add_with_ids(np.ascontiguousarray(vectors), numbers)
            known.append(numbers)
        return cls(index, np.concatenate(known), index.ntotal)

    @classmethod
    def from_bytes(cls, content: bytes | memoryview, numbers: NDArray[np.int64], learned_at: int) -> Self:
        """From what `to_bytes` gave.

        Raises:
            GalleryDamagedError: it is something else.
            MissingExtraError: Faiss is not installed.
        """
        try:
            index = load_faiss().deserialize_index(np.frombuffer(content, np.uint8))
        except RuntimeError as error:
            raise GalleryDamagedError(f"not a search index ({error}); delete its file, it is made anew") from error
        return cls(index, numbers, learned_at)

    def to_bytes(self) -> memoryview:
        """All but `numbers` and `learned_at`, as the content of a file."""
        content: NDArray[np.uint8] = load_faiss().serialize_index(self._index)
        return content.data

    def __len__(self) -> int:
        return len(self.numbers)

    def added(self, numbers: NDArray[np.int64], vectors: NDArray[np.float32]) -> Self:
        """With more vectors, whose numbers are higher than those before."""
        copy = load_faiss().clone_index(self._index)
        copy.add_with_ids(np.ascontiguousarray(vectors), numbers)
        return type(self)(copy, np.concatenate([self.numbers, numbers]), self.learned_at)

    def only(self, numbers: NDArray[np.int64]) -> Self:
        """Without the vectors that are not among `numbers`, which rise; nothing of those is left in it."""
        gone = np.setdiff1d(self.numbers, numbers, assume_unique=True)
        if len(gone) == 0:
            return self
        faiss = load_faiss()
        copy = faiss.clone_index(self._index)
        copy.remove_ids(faiss.IDSelectorBatch(gone))
        return type(self)(copy, np.setdiff1d(self.numbers, gone, assume_unique=True), self.learned_at)

    def candidates(self, probe: NDArray[np.float32], count: int) -> NDArray[np.int64]:
        """The numbers of vectors that are likely the most alike a probe (d,), at most `count`."""
        _, numbers = self._index.search(np.ascontiguousarray(probe[None]), count)
        found: NDArray[np.int64] = numbers[0]
        return found[found >= 0]  # -1 stands where there are no more


def is_installed() -> bool:
    """Whether Faiss can be imported."""
    try:
        load_faiss()
    except MissingExtraError:
        return False
    return True


def load_faiss() -> Any:
    """The module, set to one thread a search: several of ours run side by side.

    Raises:
        MissingExtraError: it is not installed.
    """
    try:
        import faiss
    except ImportError as error:
        raise MissingExtraError("faiss", "gallery", "searching a large gallery fast") from error
    faiss.omp_set_num_threads(1)
    return faiss
