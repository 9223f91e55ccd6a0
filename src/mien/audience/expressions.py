"""Perceived expressions of an audience: shares of the time in view, and of the time that people looked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mien.audience.measures import Floats, ratio_of
from mien.audience.periods import wall_time
from mien.audience.records import LABELS, Expressions
from mien.evaluate.figure import Figure


@dataclass(frozen=True, kw_only=True)
class ExpressionShare:
    """Of one expression.

    Attributes:
        label: one of `mien.audience.records.LABELS`.
        in_view: share of the time that people were in view.
        looking: share of the time that they looked.
    """

    label: str
    in_view: Figure
    looking: Figure

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready."""
        return asdict(self)


@dataclass(frozen=True, kw_only=True)
class ExpressionSlot:
    """Of a stretch of time.

    Attributes:
        start: by the clock on the wall.
        shares: label → share of the time that people were in view; None where they were too few.
    """

    start: datetime
    shares: Mapping[str, float] | None

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready."""
        return {"start": self.start.isoformat(), "shares": None if self.shares is None else dict(self.shares)}


def expression_shares(expressions: Expressions, visits: int, *, least: int) -> tuple[ExpressionShare, ...]:
    """Of all of the time; empty where there are too few people.

    Args:
        expressions: of the visits.
        visits: their number.
        least: smallest number of people of whom something is told.
    """
    size = visits * len(LABELS)
    cells = expressions.visit * len(LABELS) + expressions.label
    in_view, looking = (
        np.bincount(cells, seconds, minlength=size).reshape(visits, len(LABELS)).astype(np.float64)
        for seconds in (expressions.seen_s, expressions.attention_s)
    )
    if (in_view.sum(1) > 0).sum() < least:
        return ()
    nobody = Figure(value=None, n=0)
    looked = (looking.sum(1) > 0).sum() >= least
    return tuple(
        ExpressionShare(
            label=label,
            in_view=_share(in_view, place),
            looking=_share(looking, place) if looked else nobody,
        )
        for place, label in enumerate(LABELS)
    )


def expressions_over_time(
    expressions: Expressions, local: Floats, step_s: int, *, least: int
) -> tuple[ExpressionSlot, ...]:
    """In slots of one width, without gaps.

    Args:
        expressions: of visits.
        local: (m,) their quarters of an hour, by the clock on the wall, in seconds since 1970 began there.
        step_s: width, a quarter of an hour or a multiple of it.
        least: smallest number of people of whom something is told.
    """
    if not len(local):
        return ()
    slot = (local // step_s).astype(np.int64)
    first, count = int(slot.min()), int(slot.max() - slot.min()) + 1
    slot -= first
    cells = slot * len(LABELS) + expressions.label
    seconds = np.bincount(cells, expressions.seen_s, minlength=count * len(LABELS)).astype(np.float64)
    people = np.bincount(np.unique(np.stack([slot, expressions.visit]), axis=1)[0], minlength=count)
    return tuple(
        ExpressionSlot(
            start=wall_time(float((first + place) * step_s)),
            shares=_shares(row) if people[place] >= least and row.sum() > 0 else None,
        )
        for place, row in enumerate(seconds.reshape(count, len(LABELS)))
    )


def _share(seconds: Floats, place: int) -> Figure:
    """Of one label, with an interval over people, by (visits, labels) seconds."""
    there = seconds.sum(1) > 0
    return ratio_of(seconds[there, place], seconds[there].sum(1))


def _shares(seconds: NDArray[np.float64]) -> dict[str, float]:
    return dict(zip(LABELS, (seconds / seconds.sum()).tolist(), strict=True))
