"""What a threshold on the similarity of two faces stands for: the rate at which strangers are taken for one person.

Two faces match where their similarity is at or above the threshold. The false-match rate (FMR, ISO/IEC 19795-1) is the
share of pairs of different people that match. A model's card holds the table under `calibration`:
`{"thresholds": [{"similarity": 0.21, "fmr": 0.01}, …]}`, and only this file knows how it is read.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Self

import numpy as np
from numpy.typing import NDArray

from mien.errors import InputError, ModelError
from mien.models.card import ModelCard

# Doddington et al. (2000), "The NIST speaker recognition evaluation", the rule of 30: with 30 errors, the true rate is
# within 30 % of the one that was measured, with 90 % confidence.
LEAST_FALSE_MATCHES: Final = 30
_LEVELS: Final = tuple(digit * 10.0**power for power in range(-1, -8, -1) for digit in (5, 2, 1))  # 0.5 … 1e-7
_ROUNDING: Final = 1e-9  # of a level times a number of pairs: 0.3 × 10 is not quite 3
_LEAST_SIMILARITY: Final = -1.0  # of two vectors; at this threshold everybody matches


@dataclass(frozen=True, kw_only=True)
class Thresholds:
    """A table from similarity to false-match rate; in between, the rate's logarithm is interpolated.

    Attributes:
        similarity: thresholds, rising, above -1 and at most 1.
        fmr: the false-match rate at each, falling, below 1 and above 0.

    Raises:
        InputError: the table is empty or not of that kind.
    """

    similarity: tuple[float, ...]
    fmr: tuple[float, ...]

    def __post_init__(self) -> None:
        if not self.similarity or len(self.similarity) != len(self.fmr):
            raise InputError(
                f"a table of thresholds needs as many similarities as rates and at least one of them, "
                f"got {len(self.similarity)} and {len(self.fmr)}"
            )
        if not _rises((_LEAST_SIMILARITY, *self.similarity)) or self.similarity[-1] > 1:
            raise InputError(f"similarities of thresholds must rise between -1 and 1, got {list(self.similarity)}")
        if not _rises((0.0, *reversed(self.fmr), 1.0)):
            raise InputError(f"false-match rates must fall from below 1 to above 0, got {list(self.fmr)}")

    @classmethod
    def of_card(cls, card: ModelCard) -> Self | None:
        """The table in a card; `None` where it has none.

        Raises:
            ModelError: what the card holds is no such table.
        """
        rows = card.calibration.get("thresholds")
        if rows is None:
            return None
        try:
            return cls.from_calibration(rows)
        except (InputError, KeyError, TypeError, ValueError) as error:
            raise ModelError(
                f"card {card.name}: calibration.thresholds is no table of similarity and fmr "
                f"({type(error).__name__}: {error})"
            ) from error

    @classmethod
    def from_calibration(cls, rows: Sequence[Mapping[str, Any]]) -> Self:
        """The table that `to_calibration` wrote.

        Raises:
            InputError, KeyError, TypeError or ValueError: it is none.
        """
        return cls(
            similarity=tuple(float(row["similarity"]) for row in rows), fmr=tuple(float(row["fmr"]) for row in rows)
        )

    @classmethod
    def measured(cls, different: NDArray[Any], *, least: int = LEAST_FALSE_MATCHES) -> Self | None:
        """The table of pairs that are known to be of different people.

        The rates are those near 0.5, 0.2, 0.1, 0.05 … that at least `least` of the pairs reach; each threshold lies
        midway between the last pair that it lets pass and the first that it does not.

        Args:
            different: (n,) similarities.
            least: false matches that a row needs; with fewer its rate is of little worth.

        Returns:
            `None` where there are too few pairs, or too few different similarities, for any row.
        """
        falling = np.sort(np.clip(np.asarray(different, np.float64), -1, 1))[::-1]
        last = np.flatnonzero(falling[:-1] > falling[1:]) + 1  # false matches at the ends of runs of equal similarities
        rows: dict[int, float] = {}
        for level in _LEVELS:
            place = int(np.searchsorted(last, level * len(falling) + _ROUNDING, side="right")) - 1
            if place >= 0 and (matches := int(last[place])) >= least:
                rows[matches] = float(falling[matches - 1] + falling[matches]) / 2
        if not rows:
            return None
        return cls(similarity=tuple(rows.values()), fmr=tuple(matches / len(falling) for matches in rows))

    def rate(self, similarity: float) -> float:
        """The false-match rate that a threshold stands for; above the table's end its last rate, as an upper bound.

        >>> round(Thresholds(similarity=(0.2, 0.4), fmr=(0.01, 0.0001)).rate(0.3), 6)
        0.001
        """
        known = [_LEAST_SIMILARITY, *self.similarity]
        return float(np.exp(np.interp(similarity, known, np.log([1.0, *self.fmr]))))

    def threshold(self, fmr: float) -> float:
        """The similarity at which the false-match rate is `fmr`.

        Raises:
            InputError: `fmr` is no rate, or smaller than the table can tell.

        >>> round(Thresholds(similarity=(0.2, 0.4), fmr=(0.01, 0.0001)).threshold(0.001), 6)
        0.3
        """
        if not 0 < fmr <= 1:
            raise InputError(f"a false-match rate must be above 0 and at most 1, got {fmr!r}; such as 0.001")
        if fmr < self.fmr[-1]:
            raise InputError(
                f"a false-match rate of {fmr:g} was not measured; the least is {self.fmr[-1]:.2g}: "
                "ask for that, or measure on more pairs"
            )
        known = [_LEAST_SIMILARITY, *self.similarity]
        return float(np.interp(-math.log(fmr), -np.log([1.0, *self.fmr]), known))

    def to_calibration(self) -> list[dict[str, float]]:
        """What a card holds under `calibration["thresholds"]`."""
        return [
            {"similarity": round(similarity, 6), "fmr": float(f"{fmr:.4g}")}
            for similarity, fmr in zip(self.similarity, self.fmr, strict=True)
        ]


def _rises(values: tuple[float, ...]) -> bool:
    return all(low < high for low, high in itertools.pairwise(values))
