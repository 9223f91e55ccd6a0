import pytest

from mien.live.flag_rule import FlagRule


def rule(*frames, limit=None):
    made = FlagRule(limit)
    for confidence, flagged, *weight in frames:
        made.add(confidence, flagged, weight[0] if weight else 1.0)
    return made


@pytest.mark.parametrize(
    ("frames", "confidence", "unsure"),
    [
        pytest.param([], 0.9, None, id="nobody said anything"),
        pytest.param([(0.9, False)], 0.3, False, id="no frame was flagged"),
        pytest.param([(0.5, True)], 0.99, True, id="all frames were"),
        pytest.param([(0.5, True), (0.9, False)], 0.69, True, id="nearer to the flagged"),
        pytest.param([(0.5, True), (0.9, False)], 0.71, False, id="nearer to the others"),
        pytest.param([(0.5, True, 0.1), (0.6, True, 0.9), (0.9, False)], 0.74, True, id="means are weighted: 0.59"),
        pytest.param([(0.9, True, 1.0), (0.8, False, 0.5)], 0.99, True, id="flags of another kind, most frames"),
        pytest.param([(0.9, True, 0.4), (0.8, False, 0.5)], 0.1, False, id="flags of another kind, few frames"),
        pytest.param([(0.5, True, 0.0)], 0.5, None, id="weight zero"),
    ],
)
def test_without_a_limit_it_is_learned_from_the_flags(frames, confidence, unsure):
    assert rule(*frames)(confidence) is unsure


@pytest.mark.parametrize(
    ("frames", "confidence", "unsure"),
    [
        pytest.param([], 0.69, True, id="below, no flags"),
        pytest.param([], 0.7, False, id="at the limit"),
        pytest.param([(0.65, True)] * 9, 0.72, False, id="doubtful frames that agree"),
        pytest.param([(0.9, True)] * 9, 0.99, True, id="flagged in spite of their confidence"),
        pytest.param([(0.9, True, 0.2)] * 4 + [(0.9, False)], 0.99, False, id="one good frame among poor ones"),
        pytest.param([(0.9, False)] * 9, 0.6, True, id="no frame flagged, but they disagree"),
    ],
)
def test_with_a_limit_the_fused_confidence_is_held_against_it(frames, confidence, unsure):
    assert rule(*frames, limit=0.7)(confidence) is unsure


def test_absorbing_adds_the_frames():
    one = rule((0.5, True))
    one.absorb(rule((0.9, False)))
    assert one(0.69) is True
    assert one(0.71) is False


def test_a_flag_is_held_until_the_opposite_has_lasted():
    rule, told = FlagRule(0.8, seconds=1.0), []
    assert rule.unsure is None
    confidences = {0: 0.7, 0.1: 0.9, 0.6: 0.79, 0.7: 0.9, 1.6: 0.9, 1.8: 0.9, 1.9: 0.7, 2.8: 0.7, 3.0: 0.7}
    for time_s, confidence in confidences.items():
        rule.hold(confidence, time_s)
        told.append(rule.unsure)
    assert told == [True, True, True, True, True, False, False, False, True]


def test_a_flag_that_is_held_outlasts_what_is_absorbed():
    sure, unsure, new = (FlagRule(0.8, seconds=1.0) for _ in range(3))
    sure.hold(0.9, 0)
    unsure.hold(0.7, 0)
    new.absorb(sure)
    sure.absorb(unsure)
    assert (new.unsure, sure.unsure) == (False, False)
