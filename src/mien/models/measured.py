"""What a card says was measured, beside its plain figures: by group, what unsureness buys, and speed."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class GroupFigure:
    """One figure of one group of people, as `mien audit` takes it.

    Attributes:
        name: of the figure, one of `mien.audit.kinds.KINDS`, or `fmr`.
        of: the attribute measured, such as `gender`.
        data: the set and split it was measured on.
        by: what the groups are told apart by, such as `race`.
        group: the group, by the words of the set's labels.
        n: how many people of it were measured.
        value: the figure; None where the group is too small for one.
        interval: its 95 % confidence interval, low and high; None with the value.
    """

    name: str
    of: str
    data: str
    by: str
    group: str
    n: int
    value: float | None
    interval: tuple[float, float] | None


@dataclass(frozen=True, kw_only=True)
class Confusion:
    """How often each true class was taken for each.

    Attributes:
        of: the attribute measured.
        data: the set and split it was measured on.
        labels: the k classes.
        counts: (k, k), rows true and columns predicted.
    """

    of: str
    data: str
    labels: tuple[str, ...]
    counts: tuple[tuple[int, ...], ...]

    @property
    def n(self) -> int:
        """Faces measured."""
        return sum(map(sum, self.counts))


@dataclass(frozen=True, kw_only=True)
class RiskPoint:
    """What is left where the least sure cases are set aside.

    Attributes:
        coverage: share of the cases kept, 0–1.
        threshold: on the confidence, or on the width of the age interval, that keeps these.
        risk: of those kept: share of wrong labels, or mean absolute error in years.
        interval: its 95 % confidence interval, low and high.
        n: cases kept.
    """

    coverage: float
    threshold: float
    risk: float
    interval: tuple[float, float]
    n: int


@dataclass(frozen=True, kw_only=True)
class RiskCurve:
    """Risk against coverage (Geifman and El-Yaniv 2017), see `mien.audit.selective`.

    Attributes:
        of: the attribute measured.
        data: the set and split it was measured on.
        loss: what the risk is.
        order: what the threshold is on, and which end of it is kept.
        points: from everything down to half of the cases.
    """

    of: str
    data: str
    loss: str
    order: str
    points: tuple[RiskPoint, ...]


@dataclass(frozen=True, kw_only=True)
class Latency:
    """How long a run for one face takes.

    Attributes:
        ms: median wall time, milliseconds.
        runs: that it is the median of.
        threads: of a run.
        machine: that it was measured on.
    """

    ms: float
    runs: int
    threads: int
    machine: str
