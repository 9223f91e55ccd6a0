"""Open-set search: is the most similar person in the gallery the one seen, or is that somebody unknown?

A stranger has as many chances to be taken for somebody as there are templates in the gallery. With a false-match rate f
for one comparison and n comparisons that err independently, 1 - (1 - f)^n of the strangers are named (Daugman 2000,
"Biometric decision landscapes", sec. 5; ISO/IEC 19795-1 calls it the false-positive identification rate, FPIR). One
person's templates err together, so that the true rate is lower: the threshold is a little too strict, never too loose.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final, Literal

import numpy as np
from numpy.typing import NDArray

from mien.errors import InputError
from mien.identity.calibration import Calibration, check_rate
from mien.quality import LEAST_QUALITY

FPIR: Final = 0.01
"""One stranger in a hundred is named, where nothing else is asked for."""
SECOND_MORE_COMMON: Final = 10.0
"""That many times more strangers must reach the second person's similarity than the first's: a rule of thumb."""

Reason = Literal[
    "",
    "empty gallery",
    "poor picture",
    "too far",
    "too close to a second person",
    "somebody in view is more alike",  # in a stream, where one person is in view once
]


@dataclass(frozen=True, kw_only=True)
class Decision:
    """Who a face is, and the evidence.

    Attributes:
        person: the one named; `None` for somebody unknown.
        reason: why nobody is named, else empty.
        similarity: to the most similar person; `None` for an empty gallery.
        threshold: that similarity had to reach.
        fmr: the share of strangers that may be named, as asked for.
        false_match_rate: the share of strangers that are so similar to somebody in a gallery of this size.
        extrapolated: whether the threshold lies beyond the rates that were counted.
        probability: that the face and the most similar person, if these two were all there is, are one.
        second: the second person, `None` where there is none.
        margin: by how much less similar that one is.
        least_margin: that it had to be.
        gallery_size: templates compared.
    """

    person: str | None
    reason: Reason
    similarity: float | None
    threshold: float
    fmr: float
    false_match_rate: float | None
    extrapolated: bool
    probability: float | None
    second: str | None
    margin: float | None
    least_margin: float | None
    gallery_size: int

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready."""
        return asdict(self)


def decide(
    similarities: NDArray[Any],
    people: Sequence[str],
    *,
    calibration: Calibration,
    gallery_size: int,
    fmr: float = FPIR,
    margin: float | None = None,
    quality: float | None = None,
) -> Decision:
    """Name the most similar person, or nobody.

    Args:
        similarities: (n,) best first, one a person: that of the best template. The first two are enough.
        people: the same people.
        calibration: of the network that made the embeddings.
        gallery_size: templates that the face was compared with.
        fmr: the share of strangers that may be named.
        margin: by how much less similar the second person must be; `None` leaves that to the calibration, see
            `SECOND_MORE_COMMON`.
        quality: of the face, 0–1; nobody is named by one below `mien.quality.LEAST_QUALITY`.

    Raises:
        InputError: the numbers do not fit together, or the gallery is so large that the rate asked for is smaller than
            the calibration can tell; how large it may be is told.
    """
    check_rate(fmr)
    values = _checked(similarities, people, gallery_size, margin)
    if not values:
        return Decision(
            person=None,
            reason="empty gallery",
            similarity=None,
            threshold=calibration.threshold(fmr),
            fmr=fmr,
            false_match_rate=None,
            extrapolated=calibration.kind(fmr) == "extrapolated",
            probability=None,
            second=None,
            margin=None,
            least_margin=None,
            gallery_size=gallery_size,
        )
    each = rate_of_one(fmr, gallery_size)
    if each < calibration.least_fmr:
        raise InputError(
            f"naming at most {fmr:g} of strangers in a gallery of {gallery_size:,} templates needs a false-match rate "
            f"of {each:.2g}, but the calibration tells none below {calibration.least_fmr:.2g}, enough for "
            f"{math.floor(fmr / calibration.least_fmr):,} templates; allow more with --fmr, or calibrate on more people"
        )
    threshold, best = calibration.threshold(each), values[0]
    lead = least = None
    if len(values) > 1:
        lead = best - values[1]
        least = margin if margin is not None else _least_margin(best, calibration)
    return Decision(
        person=None if (reason := _reason(best, threshold, lead, least, quality)) else people[0],
        reason=reason,
        similarity=best,
        threshold=threshold,
        fmr=fmr,
        false_match_rate=rate_of_any(calibration.fmr(best), gallery_size),
        extrapolated=calibration.kind(each) == "extrapolated",
        probability=calibration.probability(best),
        second=people[1] if len(values) > 1 else None,
        margin=lead,
        least_margin=least,
        gallery_size=gallery_size,
    )


def rate_of_any(fmr: float, comparisons: int) -> float:
    """The chance that a stranger matches in one comparison or more.

    >>> round(rate_of_any(0.001, 100), 6)
    0.095208
    """
    return -math.expm1(comparisons * math.log1p(-fmr)) if fmr < 1 else 1.0


def rate_of_one(fmr: float, comparisons: int) -> float:
    """The false-match rate of one comparison that leaves a stranger the chance `fmr` to match in any.

    >>> f"{rate_of_one(0.01, 1000):.4g}"
    '1.005e-05'
    """
    return -math.expm1(math.log1p(-fmr) / max(1, comparisons))


def _reason(best: float, threshold: float, lead: float | None, least: float | None, quality: float | None) -> Reason:
    if quality is not None and not quality >= LEAST_QUALITY:  # NaN is poor too
        return "poor picture"
    if best < threshold:
        return "too far"
    if lead is not None and least is not None and lead < least:
        return "too close to a second person"
    return ""


def _least_margin(best: float, calibration: Calibration) -> float:
    """How far below the best that many times more strangers are found."""
    rate = min(calibration.fmr(best) * SECOND_MORE_COMMON, 1.0)
    tail, thresholds = calibration.tail, calibration.thresholds
    second = tail.threshold(rate) if tail is not None and rate < tail.fmr else thresholds.threshold(rate)
    return max(0.0, best - second)


def _checked(similarities: NDArray[Any], people: Sequence[str], gallery_size: int, margin: float | None) -> list[float]:
    values = np.asarray(similarities, np.float64)
    if values.ndim != 1 or len(values) != len(people):
        raise InputError(f"similarities must be (n,), one for each of {len(people)} people, got {values.shape}")
    if gallery_size < len(people):
        raise InputError(f"gallery_size must be at least the {len(people)} people compared, got {gallery_size}")
    if margin is not None and not 0 <= margin <= 2:
        raise InputError(f"margin must be a difference of cosines from 0 to 2, got {margin!r}")
    first: list[float] = values[:2].tolist()
    if not all(-1 <= value <= 1 for value in first):
        raise InputError(f"similarities must be cosines from -1 to 1, got {first}")
    if np.any(np.diff(values) > 0):
        raise InputError("similarities must fall, the best first; sort them, and the people with them")
    return first
