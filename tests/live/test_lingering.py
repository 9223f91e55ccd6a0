import numpy as np
import pytest

from mien.live.lingering import STAY_S, Lingering

HERE, NEAR, THERE = [10, 10, 50, 60], [14, 12, 54, 62], [200, 10, 240, 60]
NONE = np.empty((0, 4), np.float32)


def boxes(*rows):
    return np.array(rows, np.float32).reshape(-1, 4)


def test_a_box_stays_for_a_while():
    lingering = Lingering()
    assert lingering.update(boxes(HERE), 5.0).tolist() == [HERE]
    assert lingering.update(NONE, 5.0 + STAY_S).tolist() == [HERE]
    assert lingering.update(NONE, 5.01 + STAY_S).tolist() == []


def test_one_that_is_followed_makes_room():
    lingering = Lingering()
    lingering.update(boxes(HERE, THERE), 0.0)
    assert lingering.update(boxes(NEAR), 0.04).tolist() == [NEAR, THERE]
    assert lingering.update(boxes(NEAR), 0.04 + STAY_S).tolist() == [NEAR]


def test_it_goes_along_with_the_camera():
    lingering = Lingering()
    lingering.update(boxes(HERE), 0.0)
    zoom = np.array([[2, 0, 5], [0, 2, -5]], np.float32)
    assert lingering.update(NONE, 0.04, zoom).tolist() == [[25, 15, 105, 115]]


@pytest.mark.parametrize("fps", [5, 50])
def test_no_more_is_kept_than_of_a_second(fps):
    lingering, random = Lingering(), np.random.default_rng(0)
    for frame in range(5 * fps):
        corner = random.uniform(0, 1e5, 2)
        kept = lingering.update(boxes([*corner, *corner + 20]), frame / fps)
    assert len(kept) == pytest.approx(fps * STAY_S + 1, abs=1)
