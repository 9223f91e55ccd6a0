from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mien.live import kalman

BOX = np.array([[10, 20, 50, 70]], np.float32)


def followed(boxes, dt):
    """The filter after boxes seen every `dt` seconds."""
    motion = kalman.start(boxes[:1])
    for box in boxes[1:]:
        motion = kalman.correct(kalman.predict(motion, dt), box[None])
    return motion


def moving(speed, seconds, fps):
    times = np.arange(round(seconds * fps) + 1)[:, None] / fps
    return (BOX + times * np.array([speed, 0, speed, 0])).astype(np.float32)


def test_it_starts_where_the_box_is_and_at_rest():
    motion = kalman.start(BOX)
    assert motion.boxes == pytest.approx(BOX)
    assert (motion.mean[..., 1] == 0).all()
    assert kalman.predict(motion, 0.5).boxes == pytest.approx(BOX, abs=1e-4)


@pytest.mark.parametrize("box", [[0, 0, 0, 0], [5, 5, 5, 9], [9, 9, 5, 5]])
def test_boxes_of_no_area_stay_finite(box):
    motion = kalman.predict(kalman.start(np.array([box])), 0.1)
    assert np.isfinite(motion.mean).all()
    assert np.isfinite(motion.covariance).all()


def test_nobody():
    motion = kalman.predict(kalman.start(np.empty((0, 4))), 0.1)
    assert motion.boxes.shape == (0, 4)
    assert motion.spread.shape == (0,)
    assert len(kalman.join(motion, kalman.start(BOX))) == 1


@given(st.lists(st.floats(0.001, 0.5), min_size=2, max_size=6))
def test_one_long_step_is_the_same_as_many_short_ones(steps):
    begin = followed(moving(80, 0.2, 25), 0.04)
    once, often = kalman.predict(begin, sum(steps)), begin
    for step in steps:
        often = kalman.predict(often, step)
    assert often.mean == pytest.approx(once.mean, rel=1e-9)
    # The noise of a step is of the size at its start, which changes by the way.
    assert often.covariance == pytest.approx(once.covariance, rel=0.1, abs=1e-9)


@pytest.mark.parametrize("fps", [10, 25, 60])
def test_speed_is_learned_at_any_frame_rate(fps):
    motion = followed(moving(50, 1, fps), 1 / fps)
    assert motion.mean[0, 0, 1] == pytest.approx(50, rel=0.15)
    assert motion.mean[0, 1:, 1] == pytest.approx(np.zeros(3), abs=1e-6)


def test_a_hidden_face_slows_down_and_never_turns_back():
    motion = followed(moving(50, 1, 25), 0.04)
    speed = motion.mean[0, 0, 1]
    places = [kalman.predict(motion, dt).mean[0, 0, 0] - motion.mean[0, 0, 0] for dt in (0.5, 1, 2, 60)]
    assert np.diff(places).min() > 0
    memory = kalman.MEMORY_S[0]
    assert places[-1] == pytest.approx(speed * memory)
    assert places[0] == pytest.approx(speed * memory * (1 - np.exp(-0.5 / memory)))


def test_the_longer_it_is_unseen_the_less_is_known_of_it():
    motion = followed(moving(50, 1, 25), 0.04)
    spreads = [float(kalman.predict(motion, dt).spread[0]) for dt in (0, 0.04, 0.2, 1)]
    assert np.diff(spreads).min() > 0
    assert spreads[0] < 0.05  # of the size: better than one measurement


def test_everything_scales_with_the_face():
    small = followed(moving(50, 0.4, 25), 0.04)
    large = followed(moving(50, 0.4, 25) * 3, 0.04)
    assert large.boxes == pytest.approx(small.boxes * 3, rel=1e-4)
    assert large.spread == pytest.approx(small.spread, rel=1e-6)


def test_boxes_do_not_mix():
    both = kalman.start(np.array([[0, 0, 20, 30], [100, 40, 180, 160]]))
    seen = np.array([[2, 1, 23, 30], [90, 42, 175, 160]])
    together = kalman.correct(kalman.predict(both, 0.04), seen)
    alone = kalman.correct(kalman.predict(both[[1]], 0.04), seen[1:])
    assert together.mean[1:] == pytest.approx(alone.mean)
    assert together.covariance[1:] == pytest.approx(alone.covariance)


def test_the_camera_moves_boxes_turns_speeds_and_scales_sizes():
    motion = followed(moving(50, 1, 25), 0.04)
    x, y = motion.mean[0, :2, 0]
    quarter = kalman.transform(motion, np.array([[0, -2, 7], [2, 0, 9]]))
    assert quarter.mean[0, :2, 0] == pytest.approx([-2 * y + 7, 2 * x + 9])
    assert quarter.mean[0, :2, 1] == pytest.approx([0, 2 * motion.mean[0, 0, 1]], abs=1e-5)
    assert quarter.mean[0, 2, 0] == pytest.approx(motion.mean[0, 2, 0] + np.log(2))
    assert quarter.spread == pytest.approx(motion.spread)


def test_a_camera_at_rest_changes_nothing():
    motion = followed(moving(50, 1, 25), 0.04)
    same = kalman.transform(motion, np.eye(2, 3))
    assert (same.mean == motion.mean).all()
    assert (same.covariance == motion.covariance).all()
