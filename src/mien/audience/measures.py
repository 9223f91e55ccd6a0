"""The figures of an audience, by the industry's definitions (Quividi's glossary of charts).

People are counted by visits: who comes back after his stay has ended is counted again, as in an opportunity to see.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from mien.evaluate.figure import Figure
from mien.evaluate.metrics import RESAMPLES, SEED, Z95

LEAST_LOOK_S: Final = 0.2
"""Attention that makes a watcher: the eye rests no shorter on anything (fixations last 200–300 ms; Rayner 1998)."""
LOOKS_S: Final = (LEAST_LOOK_S, 2.0, 5.0, 10.0)
"""Seconds of attention that the funnel tells."""
FEW: Final = 100
"""Up to so many values an interval is made by the bootstrap, beyond it by the normal distribution."""

DEFINITIONS: Final[Mapping[str, str]] = {
    "opportunity to see": "People in view, whether they looked or not: visits, each from the moment that a face is "
    "found until it has been out of view for longer than the tracker knows it again.",
    "watchers": f"Those of them who looked at least once: the head was toward the camera for {LEAST_LOOK_S:g} s or "
    "more.",
    "conversion ratio": "Watchers / opportunity to see, among the people whose head pose could be read.",
    "dwell time": "Time in view of a watcher, absences left out; the mean of all watchers.",
    "attention time": "Time of it with the head toward the camera, summed over all looks; the mean of all watchers.",
    "attraction ratio": "Attention time / dwell time, both summed over all watchers.",
    "unique visitors": "Different people behind the visits, as far as faces tell them apart.",
    "repeat visits": "Visits less unique visitors: those of people who had been there before.",
}

Floats = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class Measures:
    """Of some visits.

    Attributes:
        visits: their number: opportunities to see; None where so few that it is not told.
        read: those whose head pose could be read; None as above.
        watchers: those of them who looked; None as above.
        conversion: watchers / read.
        dwell_s: mean of the watchers.
        attention_s: mean of the watchers.
        attraction: attention / dwell.
    """

    visits: int | None
    read: int | None
    watchers: int | None
    conversion: Figure
    dwell_s: Figure
    attention_s: Figure
    attraction: Figure

    @classmethod
    def of(cls, seen_s: Floats, attention_s: Floats) -> Measures:
        """Of visits.

        Args:
            seen_s: (n,) in view.
            attention_s: (n,) of that, with the head toward the camera; NaN where the pose could not be read.
        """
        read = ~np.isnan(attention_s)
        looked = read & (np.nan_to_num(attention_s) >= LEAST_LOOK_S)
        dwell, attention = seen_s[looked], attention_s[looked]
        return cls(
            visits=len(seen_s),
            read=int(read.sum()),
            watchers=int(looked.sum()),
            conversion=Figure.proportion(looked.sum(), read.sum()),
            dwell_s=mean_of(dwell),
            attention_s=mean_of(attention),
            attraction=ratio_of(attention, dwell),
        )

    def hidden(self, *, all_of_it: bool) -> Measures:
        """The same without what too few people stand behind.

        Args:
            all_of_it: whether that is everything, or only what is told of watchers.
        """
        nobody = Figure(value=None, n=0)
        return Measures(
            visits=None if all_of_it else self.visits,
            read=None if all_of_it else self.read,
            watchers=None,
            conversion=nobody,
            dwell_s=nobody,
            attention_s=nobody,
            attraction=nobody,
        )

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready."""
        return asdict(self)


def mean_of(values: Floats) -> Figure:
    """Mean with its 95 % interval."""
    return ratio_of(values, np.ones(len(values)))


def ratio_of(part: Floats, whole: Floats) -> Figure:
    """Σ part / Σ whole with its 95 % interval, both (n,) of the same people.

    The interval is that of the bootstrap over people, or where they are many, of the linearised ratio (Cochran 1977,
    "Sampling techniques", ch. 6). There is none where all people are alike: nothing tells then how others may differ.
    """
    n, total = len(part), float(whole.sum())
    if not n or total <= 0:
        return Figure(value=None, n=n)
    ratio = float(part.sum()) / total
    if np.allclose(part, ratio * whole):
        return Figure(value=ratio, n=n)
    if n <= FEW:
        drawn = np.random.default_rng(SEED).integers(n, size=(RESAMPLES, n))
        return Figure.of_resamples(ratio, n, part[drawn].sum(1) / np.maximum(whole[drawn].sum(1), 1e-12))
    half = Z95 * float(np.std(part - ratio * whole, ddof=1)) * math.sqrt(n) / total
    return Figure(value=ratio, n=n, low=ratio - half, high=ratio + half)
