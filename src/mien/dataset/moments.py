"""Sums over pictures from which shares, means and their errors follow, however many faces there are.

Faces in one picture are not independent: they are of one family, one class, one crowd. Every error here is therefore
that of a ratio estimator over clusters, the pictures (Cochran 1977, "Sampling techniques", sec. 9A.3 and 2.11): with
totals y and n a picture and r = Σy / Σn, var(r) = k / (k - 1) · Σ (y - r n)² / (Σn)² over k pictures. All that needs is
the sums of the pictures' totals and of their products, whose size does not depend on the number of pictures.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class Moments:
    """Of some quantities that every picture has a total of.

    Attributes:
        names: of the m quantities.
        pictures: how many there are, k.
        sums: (m,) over all pictures.
        products: (m, m) sums of the products of two quantities of a picture.
    """

    names: tuple[str, ...]
    pictures: int
    sums: Floats
    products: Floats
    _places: dict[str, int] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_places", {name: place for place, name in enumerate(self.names)})

    @classmethod
    def none(cls, names: Sequence[str]) -> Moments:
        """Of no picture."""
        return cls(names=tuple(names), pictures=0, sums=np.zeros(len(names)), products=np.zeros((len(names),) * 2))

    def plus(self, totals: Floats) -> Moments:
        """With some pictures more.

        Args:
            totals: (pictures, m).
        """
        return Moments(
            names=self.names,
            pictures=self.pictures + len(totals),
            sums=self.sums + totals.sum(0),
            products=self.products + totals.T @ totals,
        )

    def total(self, name: str) -> float:
        """Sum of a quantity over all pictures."""
        return float(self.sums[self._places[name]])

    def totals(self, names: Sequence[str]) -> Floats:
        """Sums of several quantities."""
        return np.asarray(self.sums[[self._places[name] for name in names]])

    def product(self, one: str, other: str) -> float:
        """Sum over all pictures of the product of two quantities."""
        return float(self.products[self._places[one], self._places[other]])

    def ratios(self, above: Sequence[str], below: Sequence[str]) -> tuple[Floats, Floats]:
        """Ratios of sums, and the covariance of their errors.

        Args:
            above: r quantities.
            below: r quantities that they are divided by, or one for all.

        Returns:
            (r,) ratios and (r, r) covariance; NaN where a sum below is 0.
        """
        below = list(below) * (len(above) // len(below))
        places, under = ([self._places[name] for name in names] for names in (above, below))
        with np.errstate(invalid="ignore", divide="ignore"):
            values = self.sums[places] / self.sums[under]
            weights = np.zeros((len(above), len(self.names)))
            rows = np.arange(len(above))
            weights[rows, places] += 1 / self.sums[under]
            weights[rows, under] -= values / self.sums[under]
            correction = self.pictures / (self.pictures - 1) if self.pictures > 1 else np.nan
            return values, correction * weights @ self.products @ weights.T


def side_by_side(a: Moments, b: Moments) -> Moments:
    """Moments of two data sets as if of one, whose pictures have quantities of either; names begin with `a.` and `b.`.

    The errors of ratios within either stay what they were, up to the factor k / (k - 1), and those of one are
    independent of those of the other.
    """
    count = len(a.names)
    products = np.zeros((count + len(b.names),) * 2)
    # Scaled so that each keeps its own k / (k - 1) under the common one.
    pictures = a.pictures + b.pictures
    products[:count, :count] = a.products * _correction(a.pictures) / _correction(pictures)
    products[count:, count:] = b.products * _correction(b.pictures) / _correction(pictures)
    names = (*(f"a.{name}" for name in a.names), *(f"b.{name}" for name in b.names))
    return Moments(names=names, pictures=pictures, sums=np.concatenate([a.sums, b.sums]), products=products)


def _correction(pictures: int) -> float:
    return pictures / (pictures - 1) if pictures > 1 else 1.0
