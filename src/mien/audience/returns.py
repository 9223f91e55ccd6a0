"""How many of a number of visits are by people who had been there before.

Of every visit it is known how alike its face is to the likest of the people who had been there before. New people and
those who come back are a mixture of two distributions of that similarity, and the share of the second is sought:

- A new person's is the highest of as many strangers' similarities as there were people to compare with. How alike
  strangers are is in the network's card, but for a shift and a stretch, as those in one place are not those of the
  card: people in view at the same time are surely strangers, and tell both.
- Of a person who comes back it is normally distributed. Two halves of one visit are surely one person, and mostly more
  alike than two visits. A few come back from another side, and are like nobody.

The posterior is computed on a grid. It is wide where the network tells people apart badly, and narrow where it tells
them well: nothing is taken for granted but the shapes of the distributions.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from mien.models.thresholds import Thresholds

DRAWS: Final = 4000
SHIFTS: Final = np.linspace(-0.06, 0.18, 7)
COUNTED: Final = 50
"""Pairs of strangers that count in full, however many there were: those in view together are not those who are compared
later."""
SHIFT_PRIOR: Final = (0.04, 0.05)
STRETCHES: Final = np.linspace(0.7, 1.2, 6)
STRETCH_PRIOR: Final = (0.9, 0.1)
"""Of how alike strangers are here against the card, mean and standard deviation: in videos and among the portraits of
LAG their median is -0.02 to 0.08 above it, and the distance of their upper quantiles from that 0.8 to 0.9 times its."""
MARKS: Final = (0.5, 0.2, 0.05, 0.01)
"""False-match rates at whose similarities strangers are counted."""
MEANS: Final = np.linspace(0.4, 0.95, 12)
"""Of known people's similarities, where no visit has halves."""
SPREADS: Final = np.array([0.05, 0.1, 0.16, 0.22])
LESS: Final = np.linspace(-0.04, 0.24, 8)
LESS_PRIOR: Final = (0.06, 0.06)
"""By how much two visits are less alike than two halves of one: mean and standard deviation. Light and angle differ."""
WIDER_PRIOR: Final = (1.5, 0.5)
"""By how much the similarities of two visits spread more than those of two halves: the factor, and the standard
deviation of its logarithm."""
UNLIKE_PRIOR: Final = (0.5, 19.5)
"""Share of returns that are like nobody, of a Beta distribution: none to 12 %, 2.5 % on the mean."""
COARSE: Final = 100
"""Visits whose similarities say as much about the distributions as any number may: these are not what real ones are
exactly, and many visits must not make a wrong shape look sure (Miller and Dunson 2019, "Robust Bayesian inference via
coarsening")."""
SHARES: Final = (np.arange(60) + 0.5) / 60
"""Of visits by people who were there before; the prior is Beta(1/2, 1)."""
_EDGES: Final = np.linspace(-1, 1, 101)
_STRANGERS: Final = np.array([(shift, stretch) for shift in SHIFTS for stretch in STRETCHES])
_TINY: Final = 1e-12
_SOME: Final = 10  # values that tell a spread
_FAR: Final = 12.0  # below the best, in logarithms: one in 160,000

Floats = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True, eq=False)
class Evidence:
    """Of n visits of sessions with the same network; NaN where a value is not known.

    Attributes:
        compared: (n,) people remembered that the visit was compared with; NaN where its face was not seen well enough.
        best: (n,) similarity with the likest of them.
        own: (n,) similarity of the visit's two halves.
        other: (n,) similarity with somebody in view at the same time.
    """

    compared: Floats
    best: Floats
    own: Floats
    other: Floats


def plausible_returns(evidence: Evidence, thresholds: Thresholds, rng: np.random.Generator) -> NDArray[np.int64]:
    """Draws from the posterior.

    Args:
        evidence: of all visits.
        thresholds: of the network.
        rng: of the draws.

    Returns:
        (DRAWS,) numbers of visits.
    """
    could = evidence.compared > 0
    if not could.any():
        return np.zeros(DRAWS, np.int64)
    bins, others, counts = _cells(evidence.best[could], evidence.compared[could])
    trust = 1 / (1 + counts.sum() / COARSE)
    weights, means, variances = [], [], []
    own = evidence.own[~np.isnan(evidence.own)]
    means_of_known, of_means = _means_of_known(own)
    of_spreads = _spread_weights(own)
    of_strangers = _stranger_weights(evidence.other, thresholds)
    plausible = of_strangers > of_strangers.max() - _FAR
    for stranger, of_stranger in zip(_STRANGERS[plausible], of_strangers[plausible], strict=True):
        new = _below(_EDGES, thresholds, *stranger) ** others[:, None]  # cumulative, of new people's similarities
        p_new = _at(bins, new) * (1 - SHARES)
        for mean, of_mean in zip(means_of_known, of_means, strict=True):
            for spread, of_spread in zip(SPREADS, of_spreads, strict=True):
                known = new * _normal((_EDGES - mean) / spread)  # a stranger may be even more alike
                p_known = _at(bins, known) * SHARES
                either = p_new + p_known + _TINY
                is_known = p_known / either
                weights.append(
                    trust * (counts @ np.log(either)) - 0.5 * np.log(SHARES) + of_stranger + of_mean + of_spread
                )
                means.append(counts @ is_known)
                variances.append(counts @ (is_known * (1 - is_known)))
    weight = np.exp(np.concatenate(weights) - np.max(weights))
    chosen = rng.choice(len(weight), DRAWS, p=weight / weight.sum())
    likely = rng.normal(np.concatenate(means)[chosen], np.sqrt(np.concatenate(variances)[chosen]))
    returns = np.maximum(np.rint(likely), 0)
    unlike = rng.negative_binomial(returns + _TINY, 1 - rng.beta(*UNLIKE_PRIOR, DRAWS))
    return np.minimum(returns + unlike, int(could.sum())).astype(np.int64)


def _cells(best: Floats, others: Floats) -> tuple[NDArray[np.int64], Floats, Floats]:
    """Visits that are about alike, as one: (cells,) bin of the similarity, number of others, number of visits."""
    bins = np.clip(np.digitize(best, _EDGES) - 1, 0, len(_EDGES) - 2)
    octave = np.floor(np.log2(others))
    cells, place = np.unique(np.stack([bins, octave]), axis=1, return_inverse=True)
    place = place.ravel()
    counts = np.bincount(place).astype(np.float64)
    return cells[0].astype(np.int64), np.bincount(place, others) / counts, counts


def _at(bins: NDArray[np.int64], cumulative: Floats) -> Floats:
    """(cells, 1) probability of each cell's bin, by (cells, edges) cumulative distributions."""
    return np.take_along_axis(np.diff(cumulative), bins[:, None], 1)


def _stranger_weights(other: Floats, thresholds: Thresholds) -> Floats:
    """Logarithm of the posterior of `_STRANGERS`."""
    other = other[~np.isnan(other)]
    marks = np.array([thresholds.threshold(max(fmr, thresholds.fmr[-1])) for fmr in MARKS])
    seen = np.bincount(np.digitize(other, marks), minlength=len(marks) + 1) * min(1.0, COUNTED / max(len(other), 1))
    weights = []
    for shift, stretch in _STRANGERS:
        shares = np.diff(_below(marks, thresholds, shift, stretch), prepend=0, append=1)
        prior = ((shift - SHIFT_PRIOR[0]) / SHIFT_PRIOR[1]) ** 2 + (
            (stretch - STRETCH_PRIOR[0]) / STRETCH_PRIOR[1]
        ) ** 2
        weights.append(seen @ np.log(np.maximum(shares, _TINY)) - prior / 2)
    return np.array(weights)


def _means_of_known(own: Floats) -> tuple[Floats, Floats]:
    """Means of known people's similarities, and the logarithm of their prior."""
    if len(own) < _SOME:
        return MEANS, np.zeros(len(MEANS))
    return float(np.median(own)) - LESS, -(((LESS - LESS_PRIOR[0]) / LESS_PRIOR[1]) ** 2) / 2


def _spread_weights(own: Floats) -> Floats:
    """Logarithm of the posterior of `SPREADS`, before any visit is looked at."""
    if len(own) < _SOME:
        return np.zeros(len(SPREADS))
    factor, deviation = WIDER_PRIOR
    wanted = max(factor * float(np.std(own)), SPREADS[0])
    return np.asarray(-((np.log(SPREADS / wanted) / deviation) ** 2) / 2)


def _below(similarity: Floats, thresholds: Thresholds, shift: float, stretch: float) -> Floats:
    """Share of strangers' similarities below; the table's end is drawn out to no strangers at 1."""
    median = thresholds.threshold(0.5)
    as_in_card = median + (similarity - shift - median) / stretch
    similarities, logs = [-1.0, *thresholds.similarity], np.log([1.0, *thresholds.fmr])
    slope = (logs[-1] - logs[-2]) / (similarities[-1] - similarities[-2])
    beyond = slope * np.maximum(as_in_card - similarities[-1], 0)
    return np.asarray(np.where(similarity < 1, 1 - np.exp(np.interp(as_in_card, similarities, logs) + beyond), 1.0))


def _normal(values: Floats) -> Floats:
    """Cumulative distribution."""
    return np.array([0.5 * (1 + math.erf(value / math.sqrt(2))) for value in values])
