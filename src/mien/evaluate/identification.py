"""Open-set identification (1:N): figures over searches for people who are enrolled and for people who are not.

The false-positive identification rate (FPIR) of a threshold is the share of strangers that are as similar to somebody,
and the false-negative one (FNIR) the share of those enrolled who are not, or not to themselves most: ISO/IEC 19795-1.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from mien.evaluate.by_person import share_of_same
from mien.evaluate.figure import Figure
from mien.evaluate.identification_rounds import rounds
from mien.evaluate.searches import NOWHERE, Searches, search
from mien.identity.calibration import Calibration
from mien.identity.decision import decide, rate_of_one

FPIRS: Final = (1e-1, 1e-2, 1e-3)
"""Rates at which the others are reported."""
RANKS: Final = (1, 5, 10)
_POINTS: Final = 200  # of the curve


@dataclass(frozen=True, kw_only=True)
class FnirAtFpir:
    """How many are missed where few strangers are named.

    Attributes:
        fpir: the most that is allowed.
        threshold: the loosest that keeps to it; `None` where there are too few strangers to tell.
        fnir: share of those enrolled that are missed there; of `None` likewise.
    """

    fpir: float
    threshold: float | None
    fnir: Figure


@dataclass(frozen=True, kw_only=True)
class Decided:
    """What `mien.identity.decision.decide` makes of the probes, with the calibration's thresholds and margins.

    Attributes:
        asked: the share of strangers that may be named.
        fpir: that were.
        right: share of those enrolled that were named rightly.
        wrong: share of those enrolled that were taken for somebody else.
        unknown: share of those enrolled that were not named.
    """

    asked: float
    fpir: Figure
    right: Figure
    wrong: Figure
    unknown: Figure


@dataclass(frozen=True, kw_only=True)
class Rank:
    """Share of the probes of enrolled people whose person is among the `rank` most similar ones."""

    rank: int
    share: Figure


@dataclass(frozen=True, kw_only=True)
class Point:
    """One threshold of the DET curve."""

    threshold: float
    fpir: float
    fnir: float


@dataclass(frozen=True, kw_only=True)
class Identification:
    """Figures over the photos that gave a face; see `mien.evaluate.identification_rounds` for what is searched for.

    Attributes:
        name: `"identification"`.
        model: name of the network.
        people: with two photos or more; half of them are enrolled in either round.
        templates: in the gallery, on average over the rounds.
        mated: probes of people who are enrolled.
        non_mated: probes of people who are not.
        not_found: photos without a face, which are neither enrolled nor looked for.
        unreadable: photos that could not be read.
        ranks: of all of `RANKS` that the gallery is large enough for, whatever the similarity.
        fnir_at_fpir: for each of `FPIRS`.
        decided: for those of `FPIRS` that the calibration has thresholds for; empty without a calibration.
        curve: DET, from the strictest threshold.
    """

    name: str = "identification"
    model: str
    people: int
    templates: float
    mated: int
    non_mated: int
    not_found: int
    unreadable: int
    ranks: tuple[Rank, ...]
    fnir_at_fpir: tuple[FnirAtFpir, ...]
    decided: tuple[Decided, ...]
    curve: tuple[Point, ...]

    @classmethod
    def of(
        cls,
        embeddings: NDArray[np.float32],
        people: NDArray[Any],
        *,
        model: str,
        templates: int = 1,
        calibration: Calibration | None = None,
        not_found: int = 0,
        unreadable: int = 0,
    ) -> Identification:
        """From embeddings.

        Args:
            embeddings: (n, d) of L2 norm 1.
            people: (n,) whom each shows.
            model: name of the network.
            templates: photos enrolled of each person, at most.
            calibration: of the network.
            not_found: photos without a face.
            unreadable: photos that could not be read.

        Raises:
            DatasetError: there are too few people with two photos.
        """
        whose = np.unique(people, return_inverse=True)[1].reshape(-1)
        both = list(rounds(whose, templates=templates))
        found = Searches.merge([search(embeddings, whose, one) for one in both])
        mated, others = found[found.place != NOWHERE], found[found.place == NOWHERE]
        enrolled = min(len(np.unique(whose[one.gallery])) for one in both)
        return cls(
            model=model,
            people=int((np.bincount(whose) > 1).sum()),
            templates=float(np.mean([len(one.gallery) for one in both])),
            mated=len(mated),
            non_mated=len(others),
            not_found=not_found,
            unreadable=unreadable,
            ranks=tuple(
                Rank(rank=rank, share=share_of_same(mated.place <= rank, mated.person))
                for rank in RANKS
                if rank < enrolled
            ),
            fnir_at_fpir=tuple(_fnir(mated, others, fpir) for fpir in FPIRS),
            decided=tuple(_decided(mated, others, calibration)),
            curve=tuple(_curve(mated, others)),
        )


def _missed(mated: Searches, threshold: float) -> NDArray[np.bool_]:
    return np.asarray((mated.place != 1) | (mated.first < threshold), bool)


def _fnir(mated: Searches, others: Searches, fpir: float) -> FnirAtFpir:
    allowed = int(fpir * len(others) + 1e-9)  # 0.1 × 30 is not quite 3
    if allowed < 1:
        return FnirAtFpir(fpir=fpir, threshold=None, fnir=Figure(value=None, n=len(mated)))
    falling = np.sort(others.first)[::-1]
    threshold = float(np.nextafter(falling[allowed], np.float32(2))) if allowed < len(falling) else -1.0
    missed = share_of_same(_missed(mated, threshold), mated.person)
    return FnirAtFpir(fpir=fpir, threshold=threshold, fnir=missed)


def _decided(mated: Searches, others: Searches, calibration: Calibration | None) -> Iterator[Decided]:
    if calibration is None:
        return
    largest = int(max(mated.gallery_size.max(initial=1), others.gallery_size.max(initial=1)))
    for asked in FPIRS:
        if rate_of_one(asked, largest) < calibration.least_fmr:
            continue
        named, strangers = (_named(found, asked, calibration) for found in (mated, others))
        right = named & (mated.place == 1)
        yield Decided(
            asked=asked,
            fpir=share_of_same(strangers, others.person),
            right=share_of_same(right, mated.person),
            wrong=share_of_same(named & ~right, mated.person),
            unknown=share_of_same(~named, mated.person),
        )


def _named(found: Searches, asked: float, calibration: Calibration) -> NDArray[np.bool_]:
    rows = zip(found.first.tolist(), found.second.tolist(), found.gallery_size.tolist(), strict=True)
    decisions = (
        decide(np.array([first, second]), ("1", "2"), calibration=calibration, gallery_size=size, fmr=asked)
        for first, second, size in rows
    )
    return np.array([decision.person is not None for decision in decisions], bool)


def _curve(mated: Searches, others: Searches) -> Iterator[Point]:
    """Thresholds at even steps of the logarithm of the rate."""
    if len(others) == 0 or len(mated) == 0:
        return
    falling = np.sort(others.first)[::-1]
    for allowed in np.unique(np.geomspace(1, len(falling), _POINTS).astype(int)).tolist():
        threshold = float(falling[allowed - 1])
        yield Point(
            threshold=threshold,
            fpir=float((others.first >= threshold).mean()),
            fnir=float(_missed(mated, threshold).mean()),
        )
