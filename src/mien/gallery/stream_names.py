"""Names for the people of a stream: once several good looks agree, never from a single poor frame.

The looks at a person are averaged, and the gallery is asked who the average is, again as it gets better. Its answer is
told once `LEAST_LOOKS` good looks are in. A name then stays, as by a Schmitt trigger, until the gallery answers
`LEAST_ANSWERS` times in a row that it is somebody else, or nobody and certainly not the one named: more than `RELEASE`
times as many strangers as may be named are so similar, or the one named is not in the gallery any more.

One person is in view once: where several are taken for the same, the one most alike has the name, and the others are
unknown.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from mien.errors import GalleryError, GalleryUnavailableError
from mien.gallery.gallery import Gallery
from mien.gallery.search import Match
from mien.identity.decision import FPIR, rate_of_any
from mien.live.embedding_mean import EmbeddingMean
from mien.live.fusion_config import FusionConfig
from mien.models.embedding import DIMENSIONS
from mien.quality import LEAST_QUALITY

LEAST_LOOKS: Final = 3
"""Good pictures of a face that are averaged before anything is said of it; the schedule takes four a second."""
LEAST_ANSWERS: Final = 2
"""Answers of the gallery in a row that change what was told."""
RELEASE: Final = 10.0
"""That many times more strangers than may be named are as similar as somebody whose name is taken back."""
LEAD: Final = 0.05
"""Cosine by which one must be more alike than the one who has the name, to have it instead."""
EARLY_LOOKS: Final = 8
"""Up to so many the average still changes with each, and the gallery is asked after each; then every `ASK_S`."""
ASK_S: Final = 1.0
"""Without a new look too: somebody may have been enrolled or forgotten meanwhile."""
AGAIN_S: Final = 5.0
"""Between two attempts while the gallery cannot be asked."""


@dataclass(slots=True, kw_only=True)
class _Looked:
    """What is known of one track.

    Attributes:
        mean: of its good looks.
        told: what is told of it; None before there is anything to tell.
        other: whom else the gallery named last; None for nobody.
        answers: how often in a row it said so.
        asked_s: when it was asked last.
        asked_looks: how many looks there were then.
    """

    mean: EmbeddingMean
    told: Match | None = None
    other: str | None = None
    answers: int = 0
    asked_s: float = -math.inf
    asked_looks: int = 0


class StreamNames:
    """Asks a gallery who the people in view are; their looks are averaged in memory and kept nowhere.

    Of one stream; not to be called by several threads at once.

    Args:
        gallery: who may be named; of the same network as the stream's embeddings. It stays open.
        fmr: the share of strangers that may be named.
        margin: by how much less similar the second person must be; `None` leaves that to the calibration.
        tell: is told in a sentence when the gallery cannot be asked, and when it can again; everybody keeps the name
            meanwhile. `None` raises what is wrong.

    Raises:
        OtherModelError: the gallery's templates are of another network.
        GalleryError: the gallery is damaged; or cannot be read, and there is nobody to `tell` that.
        InputError: a number is out of range, or the gallery is too large for that `fmr`.
    """

    def __init__(
        self,
        gallery: Gallery,
        *,
        fmr: float = FPIR,
        margin: float | None = None,
        tell: Callable[[str], None] | None = None,
    ) -> None:
        self._gallery, self._fmr, self._margin, self._tell = gallery, fmr, margin, tell
        self._memory_s = FusionConfig().memory_s
        self._looked: dict[int, _Looked] = {}
        self._holders: dict[str, int] = {}  # who of those in view has a person's name
        self._failed_s: float | None = None  # when the gallery could not be asked
        try:  # what is wrong is told before the stream begins
            self._ask(np.eye(1, DIMENSIONS, dtype=np.float32))
        except GalleryUnavailableError as error:
            self._fail(error, -math.inf)

    @property
    def embedding(self) -> str:
        """Name of the network whose embeddings are compared."""
        return self._gallery.model.name

    def update(
        self, in_view: Mapping[int, float | None], looks: Mapping[int, NDArray[np.float32]], time_s: float
    ) -> dict[int, Match]:
        """What is to be told of the people in a frame.

        Args:
            in_view: track → quality of the face, 0–1, as it was read last; None where it never was.
            looks: track → (d,) embedding of norm 1, of those whose was read in this frame.
            time_s: of the frame.

        Returns:
            Track → match; people of whom too little was seen are left out.

        Raises:
            OtherModelError: the gallery's templates are of another network, now.
            GalleryError: the gallery cannot be read, and there is nobody to `tell` that.
            InputError: the gallery has become too large for the share of strangers that may be named.
        """
        for track, look in looks.items():
            quality = in_view.get(track)
            if quality is not None and quality >= LEAST_QUALITY:
                looked = self._looked.setdefault(track, _Looked(mean=EmbeddingMean(memory_s=self._memory_s)))
                looked.mean.add(look, quality, time_s)
        known = {track: self._looked[track] for track in in_view if track in self._looked}
        due = [one for one in known.values() if _is_due(one, time_s)]
        if due and (self._failed_s is None or time_s - self._failed_s >= AGAIN_S):
            self._decide(due, time_s)
        return self._one_each({track: one.told for track, one in known.items() if one.told is not None})

    def rename(self, old: int, new: int) -> None:
        """The person of track `old` turns out to be the one of `new`: the looks at both are brought together."""
        looked = self._looked.pop(old, None)
        if looked is None:
            return
        known = self._looked.setdefault(new, looked)
        if known is not looked:
            known.mean.absorb(looked.mean)
            known.told = known.told or looked.told

    def drop(self, track_ids: Iterable[int]) -> None:
        """Forgets people."""
        for track_id in track_ids:
            self._looked.pop(track_id, None)

    def _decide(self, due: list[_Looked], time_s: float) -> None:
        fused = [(one, mean) for one in due if (mean := one.mean.mean) is not None]
        if not fused:
            return
        try:
            matches = self._ask(np.array([mean for _, mean in fused], np.float32))
        except GalleryError as error:
            self._fail(error, time_s)
            return
        if self._failed_s is not None and self._tell is not None:
            self._tell(f"{self._gallery.place}: can be asked again")
        self._failed_s = None
        for (one, _), match in zip(fused, matches, strict=True):
            one.asked_s, one.asked_looks = time_s, one.mean.looks
            self._weigh(one, match)

    def _fail(self, error: GalleryError, time_s: float) -> None:
        if self._tell is None:
            raise error
        if self._failed_s is None:
            self._tell(f"{error}; people keep their names, and nobody new is named until it can be asked again")
        self._failed_s = time_s

    def _ask(self, embeddings: NDArray[np.float32]) -> tuple[Match, ...]:
        return self._gallery.search_embeddings(embeddings, fmr=self._fmr, margin=self._margin)

    def _weigh(self, one: _Looked, match: Match) -> None:
        """Takes in an answer of the gallery."""
        told, named = one.told, match.decision.person
        if told is None or told.decision.person == named:
            one.told, one.answers = match, 0
            return
        if named is None and self._may_still_be(told, match):
            one.answers = 0
            return
        one.answers = one.answers + 1 if one.other == named else 1
        one.other = named
        if one.answers >= LEAST_ANSWERS:
            one.told, one.answers = match, 0

    def _may_still_be(self, told: Match, match: Match) -> bool:
        """Whether it is not clear that it is not the one named; somebody less alike than `TOP` others is not."""
        for candidate in match.candidates:
            if candidate.person == told.decision.person:
                rate = rate_of_any(self._gallery.calibration.fmr(candidate.similarity), match.decision.gallery_size)
                return rate <= RELEASE * self._fmr
        return False

    def _one_each(self, told: dict[int, Match]) -> dict[int, Match]:
        """The same, each name at most once."""
        alike: dict[str, list[int]] = defaultdict(list)
        for track, match in told.items():
            if match.decision.person is not None:
                alike[match.decision.person].append(track)
        holders = {}
        for person, tracks in alike.items():
            before = self._holders.get(person)
            holders[person] = max(
                tracks, key=lambda track: (told[track].decision.similarity or 0.0) + LEAD * (track == before)
            )
            for track in tracks:
                if track != holders[person]:
                    decision = replace(told[track].decision, person=None, reason="somebody in view is more alike")
                    told[track] = replace(told[track], decision=decision)
        self._holders = holders
        return told


def _is_due(one: _Looked, time_s: float) -> bool:
    if one.mean.looks < LEAST_LOOKS:
        return False
    is_new = one.mean.looks != one.asked_looks
    return (is_new and one.mean.looks <= EARLY_LOOKS) or time_s - one.asked_s >= ASK_S
