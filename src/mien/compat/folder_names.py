"""`FolderNames`: the people of a stream under the names of a folder's photos, once several good looks agree."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from mien.compat import distances
from mien.compat.folder import FolderFaces
from mien.gallery.stream_names import LEAST_LOOKS
from mien.live.embedding_mean import EmbeddingMean
from mien.live.fusion_config import FusionConfig
from mien.live.watched_frame import WatchedFrame
from mien.media.result import printable
from mien.quality import LEAST_QUALITY

_KEPT: Final = 1000  # tracks; the ones not looked at for longest are dropped


class FolderNames:
    """Names people; their looks are averaged in memory and kept nowhere.

    Args:
        folder: where the photos are.
        faces: in them, embedded by the same network as the stream's.
        metric: one of `mien.compat.distances.METRICS`.
        threshold: the distance up to which two are one person.
    """

    def __init__(self, folder: str | os.PathLike[str], faces: FolderFaces, *, metric: str, threshold: float) -> None:
        self._faces, self._metric, self._threshold = faces, metric, threshold
        self._names = [name_of(folder, identity) for identity in faces.identities]
        self._means: dict[int, EmbeddingMean] = {}
        self._known: dict[int, str | None] = {}

    def name(self, frame: WatchedFrame) -> WatchedFrame:
        """The same frame, its people under their names as far as they are known."""
        for person in frame.people:
            look, quality = frame.looks.get(person.track_id), person.quality
            if look is None or quality is None or quality < LEAST_QUALITY:
                continue
            mean = self._means.pop(person.track_id, None) or EmbeddingMean(memory_s=FusionConfig().memory_s)
            self._means[person.track_id] = mean  # to the end of those kept
            mean.add(look, quality, frame.time_s)
            if mean.looks >= LEAST_LOOKS and (fused := mean.mean) is not None:
                self._known[person.track_id] = self._nearest(fused)
        for track in list(self._means)[:-_KEPT]:
            del self._means[track]
            self._known.pop(track, None)
        known = self._known
        people = (one.named(known[one.track_id]) if one.track_id in known else one for one in frame.people)
        return replace(frame, people=tuple(people))

    def _nearest(self, vector: NDArray[np.float64]) -> str | None:
        if not self._names:
            return None
        row = distances.distances(np.asarray(vector, np.float32), self._faces.vectors, self._metric)
        best = int(np.argmin(row))
        return self._names[best] if row[best] <= self._threshold else None


def name_of(folder: str | os.PathLike[str], identity: str) -> str:
    """Whom a photo shows: the folder that it is in, or its own name where it lies at the top.

    >>> name_of("people", "people/Ada/1.jpg"), name_of("people", "people/Bob.jpg")
    ('Ada', 'Bob')
    """
    parts = Path(identity).relative_to(folder).parts
    return printable(parts[0] if len(parts) > 1 else Path(parts[0]).stem)
