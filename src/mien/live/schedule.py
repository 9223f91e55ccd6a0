"""`Scheduler`: which network runs for which track in this frame, within a budget of milliseconds.

A read is due when the time since the last one exceeds what the stage's policy asks for at the track's certainty and
quality, and its lateness is the ratio of the two. Three passes share the budget:

1. Overdue reads (`OVERDUE` times the due time or more) have at least one read and up to `RESERVE` of the budget, the
   latest first, whatever their stage. As lateness grows without end while a read waits, and starts anew with the read,
   every read has its turn: nothing starves, however small the budget.
2. Geometry (landmarks with pose, quality): first reads, then by lateness.
3. Attributes: first reads, then by lateness. Under load they are the first to be shed.

A first read is overdue after the time that a first reread would be due, so that newcomers do not wait in vain either.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from mien.errors import InputError, UnknownNameError
from mien.live.schedule_policy import POLICIES, Rank, StagePolicy

OVERDUE: Final = 2.0
RESERVE: Final = 0.25
LEARNING: Final = 0.1  # share of a new time in the cost; it has followed a change by two thirds after ten runs
FULL_SIZE_PX: Final = 64.0  # side from which a face is no longer called small; `mien.quality.SIZE_PX`
_ROUNDING: Final = 1e-9


@dataclass(frozen=True, kw_only=True)
class Candidate:
    """A confirmed track in view.

    Attributes:
        track_id: of the track.
        quality: of the face in this frame or lately, 0–1; None where it is not known, and its size must tell.
        area_px: of its box, in square pixels.
        age_s: since the track began.
        last_s: stage → when it last read this track; left out where it never did.
        certainty: stage → 0–1, how little another read can be expected to change; left out for 0.
    """

    track_id: int
    quality: float | None
    area_px: float
    age_s: float
    last_s: Mapping[str, float] = field(default_factory=dict)
    certainty: Mapping[str, float] = field(default_factory=dict)


class _Read(NamedTuple):
    """A network to be run for a track; the fields are in the order of precedence within a pass."""

    again: bool
    earliness: float  # minus the lateness
    smallness: float  # minus the area
    track_id: int
    stage: str
    overdue: bool


class Scheduler:
    """Plans the networks' runs of every frame.

    Args:
        costs: stage → milliseconds a face, as a first guess; the stages that are to be planned.
        budget_ms: for all of them in one frame.
        policies: stage → how often it is worth running.

    Raises:
        UnknownNameError: a stage has no policy.
        InputError: a cost or the budget is not above 0.
    """

    def __init__(
        self, costs: Mapping[str, float], budget_ms: float, *, policies: Mapping[str, StagePolicy] = POLICIES
    ) -> None:
        for stage, cost_ms in costs.items():
            if stage not in policies:
                raise UnknownNameError("stage", stage, policies)
            _check_ms(f"cost of {stage}", cost_ms)
        self._costs = dict(costs)
        self._policies = {stage: policies[stage] for stage in costs}
        self.budget_ms = budget_ms

    @property
    def budget_ms(self) -> float:
        """Milliseconds for all stages in one frame; may be set anew at any time, as the load demands."""
        return self._budget_ms

    @budget_ms.setter
    def budget_ms(self, value: float) -> None:
        _check_ms("budget_ms", value)
        self._budget_ms = value

    @property
    def costs(self) -> Mapping[str, float]:
        """Stage → milliseconds a face, as learned so far."""
        return dict(self._costs)

    def plan(self, candidates: Iterable[Candidate], time_s: float) -> Mapping[str, tuple[int, ...]]:
        """The runs of this frame.

        Their expected cost is within the budget; only where not even one overdue read is, that one runs alone.

        Args:
            candidates: all confirmed tracks in view.
            time_s: of the frame.

        Returns:
            Stage → ids of the tracks to run it for, the most urgent first; stages that rest are left out.
        """
        reads = sorted(read for candidate in candidates for read in self._due(candidate, time_s))
        late = sorted((read for read in reads if read.overdue), key=lambda read: (read.earliness, read))
        chosen: dict[_Read, None] = {}  # in the order of choice
        left_ms = self._choose(late, chosen, self._budget_ms, reserve_ms=(1 - RESERVE) * self._budget_ms)
        for rank in Rank:
            of_rank = [read for read in reads if self._policies[read.stage].rank == rank and read not in chosen]
            left_ms = self._choose(of_rank, chosen, left_ms)
        plan: dict[str, list[int]] = {}
        for read in chosen:
            plan.setdefault(read.stage, []).append(read.track_id)
        return {stage: tuple(plan[stage]) for stage in self._costs if stage in plan}

    def took(self, stage: str, faces: int, ms: float) -> None:
        """Learns what a run cost.

        Args:
            stage: that ran.
            faces: for how many; none teaches nothing.
            ms: that it took in all.

        Raises:
            UnknownNameError: it is no stage of this scheduler.
        """
        if stage not in self._costs:
            raise UnknownNameError("stage", stage, self._costs)
        if faces > 0:
            self._costs[stage] += LEARNING * (max(ms, _ROUNDING) / faces - self._costs[stage])

    def _choose(
        self, reads: Iterable[_Read], chosen: dict[_Read, None], left_ms: float, *, reserve_ms: float | None = None
    ) -> float:
        """Takes what fits, in order, and returns what is left of the budget.

        With `reserve_ms`, the first is taken in any case, and others as long as so much is left.
        """
        least_ms = 0.0 if reserve_ms is None else reserve_ms
        for read in reads:
            cost_ms = self._costs[read.stage]
            unavoidable = reserve_ms is not None and not chosen
            if unavoidable or left_ms - cost_ms >= least_ms - _ROUNDING:
                chosen[read] = None
                left_ms -= cost_ms
        return left_ms

    def _due(self, candidate: Candidate, time_s: float) -> Iterable[_Read]:
        quality = _quality(candidate)
        for stage, policy in self._policies.items():
            last_s = candidate.last_s.get(stage)
            certainty = min(max(candidate.certainty.get(stage, 0.0), 0.0), 1.0)
            waited_s = candidate.age_s if last_s is None else time_s - last_s
            due_s = policy.due_s(certainty=certainty, quality=quality, read=last_s is not None)
            if waited_s >= due_s - _ROUNDING:
                # A first read is due at once: its lateness is measured in the time of a reread.
                pace_s = policy.due_s(certainty=certainty, quality=quality, read=True)
                lateness = waited_s / pace_s
                yield _Read(
                    again=last_s is not None,
                    earliness=-lateness,
                    smallness=-candidate.area_px,
                    track_id=candidate.track_id,
                    stage=stage,
                    overdue=lateness >= (OVERDUE if last_s is not None else 1.0),
                )


def _quality(candidate: Candidate) -> float:
    """The face's quality, or what its size makes of it."""
    if candidate.quality is not None:
        return min(max(candidate.quality, 0.0), 1.0)
    return min(math.sqrt(max(candidate.area_px, 0.0)) / FULL_SIZE_PX, 1.0)


def _check_ms(name: str, value: float) -> None:
    if not 0 < value < math.inf:
        raise InputError(f"{name} must be above 0 ms, got {value}")
