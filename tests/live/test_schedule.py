import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mien.errors import InputError, UnknownNameError
from mien.live.schedule import OVERDUE, Candidate, Scheduler
from mien.live.schedule_policy import POLICIES, Rank, StagePolicy

COSTS = {"landmarks": 2.0, "demographics": 3.0, "emotion": 2.0}


def track(track_id=1, *, quality=1.0, area_px=6400.0, age_s=0.2, last_s=None, certainty=None):
    return Candidate(
        track_id=track_id,
        quality=quality,
        area_px=area_px,
        age_s=age_s,
        last_s=last_s or {},
        certainty=certainty or {},
    )


def read_before(seconds, *, stages=COSTS, now_s=100.0, **wanted):
    return track(last_s=dict.fromkeys(stages, now_s - seconds), age_s=60.0, **wanted)


def test_a_new_track_is_read_by_every_network_at_once():
    plan = Scheduler(COSTS, 50.0).plan([track(7)], 0.2)
    assert plan == {"landmarks": (7,), "demographics": (7,), "emotion": (7,)}


def test_nobody_in_view():
    assert Scheduler(COSTS, 50.0).plan([], 0.0) == {}


def test_what_was_just_read_rests():
    assert Scheduler(COSTS, 50.0).plan([read_before(0.04)], 100.0) == {}


@pytest.mark.parametrize(
    ("certainty", "seconds", "stages"),
    [
        pytest.param(0.0, 0.25, {"landmarks", "demographics", "emotion"}, id="uncertain: all soon"),
        pytest.param(1.0, 0.25, {"landmarks"}, id="settled: only what moves"),
        pytest.param(1.0, 0.5, {"landmarks", "emotion"}, id="expressions more often than age"),
        pytest.param(1.0, 7.9, {"landmarks", "emotion"}, id="age rarely"),
        pytest.param(1.0, 8.1, {"landmarks", "demographics", "emotion"}, id="but again"),
    ],
)
def test_settled_tracks_are_read_rarely(certainty, seconds, stages):
    plan = Scheduler(COSTS, 50.0).plan([read_before(seconds, certainty=dict.fromkeys(COSTS, certainty))], 100.0)
    assert set(plan) == stages


def test_good_moments_are_preferred_and_bad_ones_taken_at_last():
    scheduler = Scheduler({"demographics": 3.0}, 50.0)
    settled = {"demographics": 1.0}
    for seconds, quality, runs in ((8.1, 1.0, True), (8.1, 0.2, False), (15.0, 0.2, True), (16.1, 0.0, True)):
        candidate = read_before(seconds, stages=("demographics",), quality=quality, certainty=settled)
        assert bool(scheduler.plan([candidate], 100.0)) is runs


def test_a_first_read_waits_a_little_for_a_good_moment():
    scheduler = Scheduler({"demographics": 3.0}, 50.0)
    assert scheduler.plan([track(age_s=0.1, quality=1.0)], 0.1) == {"demographics": (1,)}
    assert scheduler.plan([track(age_s=0.1, quality=0.3)], 0.1) == {}
    assert scheduler.plan([track(age_s=2.0, quality=0.0)], 2.0) == {"demographics": (1,)}


def test_without_a_quality_the_size_tells():
    scheduler = Scheduler({"demographics": 3.0}, 50.0)
    assert scheduler.plan([track(age_s=0.1, quality=None, area_px=64.0**2)], 0.1) == {"demographics": (1,)}
    assert scheduler.plan([track(age_s=0.1, quality=None, area_px=20.0**2)], 0.1) == {}


def test_new_tracks_come_before_others_and_larger_ones_first():
    old = read_before(0.3, stages=("demographics",))
    candidates = [track(2, area_px=900.0), track(3, area_px=8100.0), old]
    assert Scheduler({"demographics": 1.0}, 50.0).plan(candidates, 100.0) == {"demographics": (3, 2, 1)}
    assert Scheduler({"demographics": 1.0}, 2.0).plan(candidates, 100.0) == {"demographics": (3, 2)}


def test_under_load_attributes_are_shed_before_landmarks():
    candidates = [
        Candidate(track_id=n, quality=1.0, area_px=1e4, age_s=9.0, last_s=dict.fromkeys(COSTS, 100.0 - 0.25))
        for n in range(1, 4)
    ]
    everything = Scheduler(COSTS, 50.0)
    assert {stage: len(ids) for stage, ids in everything.plan(candidates, 100.0).items()} == dict.fromkeys(COSTS, 3)
    # 6 ms: one overdue read of landmarks (the reserve), then the other two; nothing is left for attributes.
    assert Scheduler(COSTS, 6.0).plan(candidates, 100.0).keys() == {"landmarks"}


def test_an_overdue_attribute_has_its_turn_even_so():
    busy = [
        Candidate(track_id=n, quality=1.0, area_px=1e4, age_s=9.0, last_s={"landmarks": 99.8, "emotion": 98.0})
        for n in range(1, 4)
    ]
    plan = Scheduler({"landmarks": 2.0, "emotion": 2.0}, 6.0).plan(busy, 100.0)
    assert len(plan["emotion"]) == 1
    assert len(plan["landmarks"]) == 2


def test_a_first_read_is_made_even_if_it_costs_more_than_the_budget():
    scheduler = Scheduler({"demographics": 30.0}, 5.0)
    assert scheduler.plan([track(1, age_s=0.1), track(2, age_s=0.1)], 0.1) == {}
    assert scheduler.plan([track(1, age_s=0.2), track(2, age_s=0.3)], 0.3) == {"demographics": (2,)}


def test_costs_are_learned():
    scheduler = Scheduler({"emotion": 2.0}, 10.0)
    scheduler.took("emotion", 4, 32.0)
    assert scheduler.costs["emotion"] == pytest.approx(2.6)
    for _ in range(100):
        scheduler.took("emotion", 2, 16.0)
    assert scheduler.costs["emotion"] == pytest.approx(8.0, abs=0.01)
    scheduler.took("emotion", 0, 99.0)
    assert scheduler.costs["emotion"] == pytest.approx(8.0, abs=0.01)
    assert len(scheduler.plan([track(n) for n in (1, 2, 3)], 0.2)["emotion"]) == 1
    scheduler.budget_ms = 17.0
    assert len(scheduler.plan([track(n) for n in (1, 2, 3)], 0.2)["emotion"]) == 2


maybe_s = st.none() | st.floats(0, 100)
candidates = st.lists(
    st.builds(
        Candidate,
        track_id=st.integers(1, 10**6),
        quality=st.none() | st.floats(0, 1),
        area_px=st.floats(0, 1e6),
        age_s=st.floats(0, 100),
        last_s=st.dictionaries(st.sampled_from(sorted(POLICIES)), st.floats(0, 100)),
        certainty=st.dictionaries(st.sampled_from(sorted(POLICIES)), st.floats(0, 1)),
    ),
    max_size=12,
    unique_by=lambda candidate: candidate.track_id,
)
costs = st.dictionaries(st.sampled_from(sorted(POLICIES)), st.floats(0.1, 40), min_size=1)


@given(candidates, costs, st.floats(0.1, 100))
def test_the_budget_is_kept_but_for_one_unavoidable_read(people, costs, budget_ms):
    plan = Scheduler(costs, budget_ms).plan(people, 100.0)
    reads = sum(len(ids) for ids in plan.values())
    spent_ms = sum(costs[stage] * len(ids) for stage, ids in plan.items())
    assert spent_ms <= budget_ms + 1e-6 or reads == 1
    known = {person.track_id for person in people}
    for stage, ids in plan.items():
        assert stage in costs
        assert ids
        assert len(set(ids)) == len(ids)
        assert set(ids) <= known


@settings(max_examples=30)
@given(
    st.integers(1, 6),
    st.floats(0.5, 30),
    st.lists(st.sampled_from(sorted(POLICIES)), min_size=1, max_size=4, unique=True),
    st.integers(0, 10**6),
)
def test_every_track_is_read_within_a_bounded_time(people, budget_ms, stages, seed):
    """Whatever the budget, the quality and the certainty, no read waits for ever.

    A frame makes at least one overdue read. A read whose lateness is L waits only for those that are later, and each of
    the others comes back to that lateness no sooner than L times its shortest pace: so none waits longer than its
    longest pace times max(OVERDUE, frame · Σ 1 / pace), and a frame for each read once more.
    """
    random, frame_s = np.random.default_rng(seed), 0.04
    scheduler = Scheduler({stage: float(random.uniform(1, 20)) for stage in stages}, budget_ms)
    pairs = list(itertools.product(range(1, people + 1), stages))
    longest = {stage: POLICIES[stage].due_s(certainty=1.0, quality=0.0, read=True) for stage in stages}
    shortest = {stage: POLICIES[stage].due_s(certainty=0.0, quality=1.0, read=True) for stage in stages}
    lateness = max(OVERDUE, frame_s * sum(1 / shortest[stage] for _, stage in pairs))
    bound_s = {stage: longest[stage] * lateness + frame_s * (len(pairs) + 1) for stage in stages}
    last_s: dict[tuple[int, str], float] = {}
    certainty = {pair: float(random.uniform()) for pair in pairs}
    for frame in range(500):
        time_s = frame * frame_s
        now = [
            Candidate(
                track_id=person,
                quality=float(random.uniform()),
                area_px=5000.0,
                age_s=time_s,
                last_s={stage: last_s[person, stage] for stage in stages if (person, stage) in last_s},
                certainty={stage: certainty[person, stage] for stage in stages},
            )
            for person in range(1, people + 1)
        ]
        for stage, ids in scheduler.plan(now, time_s).items():
            last_s |= {(person, stage): time_s for person in ids}
        for person, stage in pairs:
            assert time_s - last_s.get((person, stage), 0.0) <= bound_s[stage]


def test_wrong_use_is_refused():
    with pytest.raises(UnknownNameError, match="demographics"):
        Scheduler({"demografics": 3.0}, 10.0)
    with pytest.raises(InputError, match="cost of emotion must be above 0 ms, got -1"):
        Scheduler({"emotion": -1.0}, 10.0)
    with pytest.raises(InputError, match="budget_ms must be above 0 ms, got 0"):
        Scheduler(COSTS, 0.0)
    with pytest.raises(UnknownNameError, match="known: emotion"):
        Scheduler({"emotion": 2.0}, 10.0).took("x", 1, 2.0)
    with pytest.raises(InputError, match="eager_s and settled_s"):
        StagePolicy(rank=Rank.GEOMETRY, eager_s=2.0, settled_s=1.0, patience=0.0)
    with pytest.raises(InputError, match="patience"):
        StagePolicy(rank=Rank.GEOMETRY, eager_s=1.0, settled_s=1.0, patience=-1.0)
