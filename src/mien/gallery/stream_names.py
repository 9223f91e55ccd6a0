"""Names for the people of a stream: once several good looks agree, never from a single poor frame."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from mien.gallery.gallery import Gallery
from mien.gallery.search import Match
from mien.identity.decision import FPIR
from mien.live.embedding_mean import EmbeddingMean
from mien.live.fusion_config import FusionConfig
from mien.live.person import Person
from mien.quality import LEAST_QUALITY

LEAST_LOOKS: Final = 2
"""Good pictures of a face that are averaged before anything is said of it; the schedule takes them 1.5 s apart."""
_KEPT: Final = 1000  # tracks; the ones not looked at for longest are dropped


class StreamNames:
    """Asks a gallery who the people in view are; their looks are averaged in memory and kept nowhere.

    Args:
        gallery: of the same network as the stream's embeddings.
        fmr: the share of strangers that may be named.
        margin: by how much less similar the second person must be; `None` leaves that to the calibration.
    """

    def __init__(self, gallery: Gallery, *, fmr: float = FPIR, margin: float | None = None) -> None:
        self._gallery, self._fmr, self._margin = gallery, fmr, margin
        self._means: dict[int, EmbeddingMean] = {}
        self._matches: dict[int, Match] = {}

    def update(
        self, people: Sequence[Person], looks: Mapping[int, NDArray[np.float32]], time_s: float
    ) -> dict[int, Match]:
        """What the gallery says of those who were looked at often enough, of this frame's people.

        Args:
            people: of a `WatchedFrame`.
            looks: of the same frame.
            time_s: likewise.

        Returns:
            Track → match; people of whom too little was seen are left out.

        Raises:
            OtherModelError: the gallery's templates are of another network.
        """
        for person in people:
            look, quality = looks.get(person.track_id), person.quality
            if look is None or quality is None or quality < LEAST_QUALITY:
                continue
            mean = self._means.pop(person.track_id, None) or EmbeddingMean(memory_s=FusionConfig().memory_s)
            self._means[person.track_id] = mean  # to the end of those kept
            mean.add(look, quality, time_s)
            if mean.looks >= LEAST_LOOKS and (fused := mean.mean) is not None:
                (match,) = self._gallery.search_embeddings(fused[None], fmr=self._fmr, margin=self._margin)
                self._matches[person.track_id] = match
        for track in list(self._means)[:-_KEPT]:
            del self._means[track]
            self._matches.pop(track, None)
        return {p.track_id: self._matches[p.track_id] for p in people if p.track_id in self._matches}
