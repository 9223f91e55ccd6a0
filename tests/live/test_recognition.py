import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mien.faces import Faces
from mien.live import kalman
from mien.live.recognition import ELSEWHERE, recognise
from mien.live.synthetic import keypoints_in
from mien.live.track_record import TrackRecord
from mien.live.tracker_config import TrackerConfig
from mien.models.thresholds import Thresholds

RATES = Thresholds(similarity=(0.2, 0.4, 0.6, 0.8), fmr=(1e-1, 1e-2, 1e-3, 1e-4))  # a tenth for every 0.2
CONFIG = TrackerConfig(thresholds=RATES, come_back_fmr=1e-2, unclear_fmr=1e-3, lead=1.0, somebody_else_fmr=0.1)
PICTURE = (480, 640)
HERE = [300.0, 200.0, 340.0, 250.0]


def record(similarity, *, box=HERE, score=0.9):
    """Somebody whose embedding is as similar to [1, 0, 0] as wanted."""
    boxes = np.array([box], np.float32)
    look = np.float32([similarity, np.sqrt(1 - similarity**2), 0])
    found = Faces(boxes=boxes, scores=[score], keypoints=keypoints_in(boxes), embedding=look[None])
    return TrackRecord.start(1, found, 0, 0.0, CONFIG)


def recognised(*lost, after_s=20.0, picture=None, config=CONFIG, score=0.9):
    """Row of the lost one that somebody at `HERE` is who looks like [1, 0, 0]."""
    motion = kalman.predict(kalman.start(np.array([other.box for other in lost])), after_s)
    return recognise(record(1.0, score=score), lost, motion, picture, config)


@pytest.mark.parametrize(("similarity", "row"), [(0.41, 0), (0.39, None)])
def test_looks_alone(similarity, row):
    assert recognised(record(similarity)) == row


@pytest.mark.parametrize(("scores", "row"), [((0.9, 0.9), 0), ((0.9, 0.7), None), ((0.7, 0.9), None)])
def test_faces_never_seen_clearly_must_be_more_alike(scores, row):
    assert recognised(record(0.5, score=scores[0]), score=scores[1]) == row
    assert recognised(record(0.61, score=scores[0]), score=scores[1]) == 0


def test_the_most_similar_one_must_lead():
    """0.2 of similarity is a factor of ten, so 0.04 is one of 1.6, or 0.46 nats; the lead asked for is 1."""
    assert recognised(record(0.5), record(0.7), record(0.3)) == 1
    assert recognised(record(0.66), record(0.7)) is None
    for lead, row in ((0.45, 1), (0.47, None)):
        assert recognised(record(0.66), record(0.7), config=TrackerConfig(thresholds=RATES, lead=lead)) == row
    third = TrackerConfig(thresholds=RATES, lead=0.45)
    assert recognised(record(0.66), record(0.7), record(0.6), config=third) is None  # all others count together


def test_where_somebody_is_expected_less_likeness_will_do():
    assert recognised(record(0.3), after_s=0.5) is None
    assert recognised(record(0.3), after_s=0.5, picture=PICTURE) == 0
    assert recognised(record(0.3), after_s=20.0, picture=PICTURE) is None  # by now that may be anywhere


def test_elsewhere_more_is_asked_but_not_without_end():
    away = [20.0, 20.0, 60.0, 70.0]
    assert recognised(record(0.55, box=away), after_s=0.5) == 0
    assert recognised(record(0.55, box=away), after_s=0.5, picture=PICTURE) is None
    needed = RATES.threshold(1e-2 * ELSEWHERE)
    assert recognised(record(needed + 0.01, box=away), after_s=0.5, picture=PICTURE) == 0
    assert recognised(record(needed - 0.01, box=away), after_s=0.5, picture=PICTURE) is None


def test_a_face_of_another_size_at_the_same_place():
    large = [220.0, 100.0, 420.0, 350.0]  # five times as large around the same centre
    assert recognised(record(0.45, box=large), after_s=0.5) == 0
    assert recognised(record(0.45, box=large), after_s=0.5, picture=PICTURE) is None


def test_the_place_tells_two_who_look_alike_apart():
    away = [20.0, 20.0, 60.0, 70.0]
    assert recognised(record(0.7, box=away), record(0.7), after_s=1.0) is None
    assert recognised(record(0.7, box=away), record(0.7), after_s=1.0, picture=PICTURE) == 1


def test_who_is_less_like_than_strangers_are_does_not_come_back_wherever_it_is():
    assert recognised(record(0.19), after_s=0.05, picture=(5000, 5000)) is None
    assert recognised(record(0.21), after_s=0.05, picture=(5000, 5000)) == 0


@given(
    st.lists(st.tuples(st.floats(-1, 1), st.floats(-1e4, 1e4), st.floats(1e-3, 1e4)), min_size=1, max_size=5),
    st.floats(0, 1e4),
)
def test_whoever_is_recognised_is_the_likeliest(people, after_s):
    lost = [record(similarity, box=[x, x, x + side, x + side]) for similarity, x, side in people]
    row = recognised(*lost, after_s=after_s, picture=PICTURE)
    assert row is None or 0 <= row < len(lost)
    alone = recognised(*lost, after_s=after_s)
    if alone is not None:
        assert people[alone][0] == max(similarity for similarity, _, _ in people)
