"""From a photo to its faces with quality and embedding, by networks that are loaded when the first photo comes."""

from __future__ import annotations

import threading

import numpy as np
from numpy.typing import NDArray

from mien.faces import Faces
from mien.gallery.records import ModelId
from mien.media.images import ImageLimits
from mien.models import embedding as embeddings
from mien.models.session import Threads
from mien.pipeline import LONG_SIDE_PX, Profiler


class FaceReader:
    """Finds and embeds faces; may be called from many threads.

    Args:
        embedding: name of the network, out of `mien.models.embedding.NAMES`.
        detector: as of `Profiler`.
        long_side: likewise.
        threads: likewise.
        limits: on the photos' pixels and bytes.

    Raises:
        UnknownNameError: there is no such embedding.
        ModelError: its card cannot be read.
    """

    def __init__(
        self,
        embedding: str,
        *,
        detector: str = "yunet",
        long_side: int = LONG_SIDE_PX,
        threads: Threads | None = None,
        limits: ImageLimits | None = None,
    ) -> None:
        embeddings.check_name(embedding)
        self.model = ModelId.of(embedding)
        self.limits = limits or ImageLimits()
        self.threads = threads
        self._detector, self._long_side = detector, long_side
        self._lock = threading.Lock()
        self._profiler: Profiler | None = None

    def faces(self, image: NDArray[np.uint8]) -> Faces:
        """All faces in an (h, w, 3) uint8 RGB picture, with `quality` and `embedding`.

        Raises:
            ModelError: a network is missing or wrong.
            UnknownNameError: there is no such detector.
        """
        with self._lock:
            if self._profiler is None:
                self._profiler = Profiler(
                    attributes=("quality", "embedding"),
                    detector=self._detector,
                    embedding=self.model.name,
                    long_side=self._long_side,
                    threads=self.threads,
                    limits=self.limits,
                )
        return self._profiler.analyze(image)

    def with_embedding(self, embedding: str) -> FaceReader:
        """The same with another network."""
        return FaceReader(
            embedding, detector=self._detector, long_side=self._long_side, threads=self.threads, limits=self.limits
        )
