"""Two runs, or two groups of one, against each other: differences with intervals, effect sizes, corrected tests."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Final

import numpy as np

from mien.dataset.comparison import Comparison, Difference, Distributions
from mien.dataset.manifest import Manifest
from mien.dataset.moments import Floats, Moments, side_by_side
from mien.dataset.place import Place
from mien.dataset.quantities import CLASSES, FACE, NUMBERS
from mien.dataset.shares import design_effect, shares
from mien.dataset.significance import Correction, adjusted, chi_squared, two_sided
from mien.dataset.tally import FILE, STATUSES, tally, tally_groups, tally_pair
from mien.evaluate import metrics

_SIDES: Final = ("a", "b")
_LEAST: Final = 1e-12  # variance; below it nothing varies


def compare_runs(
    a: tuple[Place, Manifest], b: tuple[Place, Manifest], *, correction: Correction = "holm"
) -> Comparison:
    """Two runs; over the same pictures they are compared picture by picture.

    Raises:
        DatasetError: a part is damaged, or a run of a pair is not finished.
    """
    paired = a[1].plan.sha256 == b[1].plan.sha256
    moments = tally_pair(a, b) if paired else side_by_side(tally(*a), tally(*b))
    notes = [
        f"{out.text} is not finished: {done:,.0f} of {manifest.plan.pictures:,} pictures are compared"
        for side, (out, manifest) in zip(_SIDES, (a, b), strict=True)
        if (done := moments.total(f"{side}.{FILE}")) < manifest.plan.pictures
    ]
    if a[1].models != b[1].models or a[1].settings != b[1].settings:
        notes.append("the runs differ in their networks or settings: what differs may be that, and not the people")
    return _compared(moments, a[0].text, b[0].text, paired=paired, correction=correction, notes=notes)


def compare_groups(
    out: Place, manifest: Manifest, by: str, groups: tuple[str, str], *, correction: Correction = "holm"
) -> Comparison:
    """Two groups of faces in one run; those of one picture may be in both.

    Args:
        out: folder of the run.
        manifest: of the run.
        by: an attribute with classes, or a column that was kept; `input_gender` where both have that name.
        groups: words in that column.
        correction: for the number of tests.

    Raises:
        UnknownNameError: there is no such column.
        DatasetError: nobody is in one of the groups, or a part is damaged.
    """
    moments = tally_groups(out, manifest, by, groups)
    a, b = (f"{by} {group}" for group in groups)
    return _compared(moments, a, b, paired=False, correction=correction, notes=[], without=(by, FILE))


def _compared(
    moments: Moments,
    a: str,
    b: str,
    *,
    paired: bool,
    correction: Correction,
    notes: list[str],
    without: Sequence[str] = (),
) -> Comparison:
    distributions: list[Distributions] = []
    differences: list[Difference] = []
    for attribute, labels, above, below in _attributes():
        if attribute in without or below in without:
            continue
        if all(moments.total(f"{side}.{below}") for side in _SIDES):
            differences += _shares(moments, attribute, labels, above, below)
            distributions.append(_distributions(moments, attribute, above, below))
    for name, summed, under in (*((name, f"{name}·", name) for name in NUMBERS), ("faces", FACE, FILE)):
        if under not in without and all(moments.total(f"{side}.{under}") for side in _SIDES):
            differences.append(_mean(moments, name, summed, under))
    chances = [*(one.p for one in distributions), *(one.p for one in differences)]
    made = [chance for chance in chances if chance is not None]
    told = iter(adjusted(made, correction))
    return Comparison(
        a=a,
        b=b,
        paired=paired,
        correction=correction,
        tests=len(made),
        distributions=tuple(replace(one, p_adjusted=None if one.p is None else next(told)) for one in distributions),
        differences=tuple(replace(one, p_adjusted=None if one.p is None else next(told)) for one in differences),
        notes=tuple(notes),
    )


def _attributes() -> Iterator[tuple[str, Sequence[str], list[str], str]]:
    """Name, classes, quantity of each class, and the quantity that they are shares of."""
    yield "files", STATUSES, [f"status={status}" for status in STATUSES], FILE
    for attribute, labels in CLASSES.items():
        yield attribute, labels, [f"{attribute}={label}" for label in labels], attribute


def _shares(
    moments: Moments, attribute: str, labels: Sequence[str], above: Sequence[str], below: str
) -> Iterator[Difference]:
    """Differences of shares.

    The interval is Zou and Donner's (2008), "Construction of confidence limits about effect measures", made from
    Wilson's of the two shares and the correlation of their errors; for independent samples it is Newcombe's. The test
    is that of two proportions, with the variance that they would have were both equal.
    """
    values, covariance = _both(moments, above, below)
    sides = [
        shares(moments, side, labels, above=[f"{side}.{name}" for name in above], below=f"{side}.{below}")
        for side in _SIDES
    ]
    n_a, n_b = (side.n for side in sides)
    for i, (label, first, second) in enumerate(zip(labels, *(side.figures for side in sides), strict=True)):
        j = len(labels) + i
        a, b = float(values[i]), float(values[j])
        if a == b == 0:
            continue  # a class that occurs in neither is no finding
        variance = float(covariance[i, i] + covariance[j, j] - 2 * covariance[i, j])
        both = math.sqrt(float(covariance[i, i] * covariance[j, j]))
        correlation = float(covariance[i, j]) / both if both > _LEAST else 0.0
        plain = a * (1 - a) / n_a + b * (1 - b) / n_b
        shared = (a * n_a + b * n_b) / (n_a + n_b)
        equal = shared * (1 - shared) * (1 / n_a + 1 / n_b)
        yield Difference(
            attribute=attribute,
            label=label,
            a=a,
            b=b,
            difference=b - a,
            low=b - a - _limit(b - (second.low or 0.0), (first.high or 0.0) - a, correlation),
            high=b - a + _limit((second.high or 0.0) - b, a - (first.low or 0.0), correlation),
            effect=2 * (_angle(b) - _angle(a)),
            p=_chance(b - a, variance * equal / plain) if plain > 0 else None,
        )


def _limit(one: float, other: float, correlation: float) -> float:
    return math.sqrt(max(one**2 + other**2 - 2 * correlation * one * other, 0.0))


def _angle(share: float) -> float:
    """Cohen (1988), ch. 6: h is twice the difference of these."""
    return math.asin(math.sqrt(min(max(share, 0.0), 1.0)))


def _chance(difference: float, variance: float) -> float | None:
    """The p-value; None where nothing varies, or there is too little to tell."""
    return two_sided(difference / math.sqrt(variance)) if variance > _LEAST else None


def _mean(moments: Moments, name: str, above: str, below: str) -> Difference:
    values, covariance = _both(moments, [above], below)
    a, b = float(values[0]), float(values[1])
    variance = float(covariance[0, 0] + covariance[1, 1] - 2 * covariance[0, 1])
    half = metrics.Z95 * math.sqrt(max(variance, 0.0))
    return Difference(
        attribute=name,
        label="",
        a=a,
        b=b,
        difference=b - a,
        low=b - a - half,
        high=b - a + half,
        effect=_cohens_d(moments, name, above, below, a, b),
        p=_chance(b - a, variance),
    )


def _cohens_d(moments: Moments, name: str, above: str, below: str, a: float, b: float) -> float:
    """Difference over the pooled standard deviation of single faces, or of pictures for faces a picture."""
    spread = 0.0
    for side, mean in zip(_SIDES, (a, b), strict=True):
        if name in NUMBERS:
            squares = moments.total(f"{side}.{name}²") / moments.total(f"{side}.{below}")
        else:
            squares = moments.product(f"{side}.{above}", f"{side}.{above}") / moments.total(f"{side}.{below}")
        spread += max(squares - mean**2, 0.0) / 2
    return (b - a) / math.sqrt(spread) if spread > _LEAST else 0.0


def _distributions(moments: Moments, attribute: str, above: Sequence[str], below: str) -> Distributions:
    """Pearson's χ² of the two rows of counts over their mean design effect (Rao and Scott 1981, first order)."""
    counts = np.stack([moments.totals([f"{side}.{name}" for name in above]) for side in _SIDES])
    occurring = counts.sum(0) > 0
    expected = counts.sum(1, keepdims=True) * counts.sum(0) / counts.sum()
    value = float(((counts - expected)[:, occurring] ** 2 / expected[:, occurring]).sum())
    degrees = int(occurring.sum()) - 1
    n_a, n_b = counts.sum(1)
    corrected = value / _pooled_effect(moments, above, below, counts)
    return Distributions(
        attribute=attribute,
        n_a=round(n_a),
        n_b=round(n_b),
        cramers_v=math.sqrt(value / counts.sum()),  # of two rows, min(rows, columns) - 1 is 1
        chi_squared=corrected,
        degrees=degrees,
        p=chi_squared(corrected, degrees) if degrees else None,
    )


def _pooled_effect(moments: Moments, above: Sequence[str], below: str, counts: Floats) -> float:
    """Variance of the differences of shares over that of simple random samples, with the shares of both together."""
    _, covariance = _both(moments, above, below)
    count = len(above)
    variances = np.diag(covariance)[:count] + np.diag(covariance)[count:] - 2 * np.diag(covariance[:count, count:])
    whole = counts.sum(0) / counts.sum()
    simple = whole * (1 - whole) * (1 / counts[0].sum() + 1 / counts[1].sum())
    alike = float(counts.sum()) / max(moments.pictures, 1)
    if not np.isfinite(variances).all():
        return design_effect(variances, simple, alike)
    return max(float(variances.sum() / simple.sum()), _LEAST) if simple.sum() > 0 else 1.0


def _both(moments: Moments, above: Sequence[str], below: str) -> tuple[Floats, Floats]:
    """Ratios of the first, then of the second, with their joint covariance."""
    names = [f"{side}.{name}" for side in _SIDES for name in above]
    return moments.ratios(names, [f"{side}.{below}" for side in _SIDES for _ in above])
