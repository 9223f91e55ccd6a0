from __future__ import annotations

import pytest

from mien.live.load import LEAST_BUDGET_MS, MOST_EVERY, UNLIMITED_MS, Load
from mien.live.settings import LiveSettings


@pytest.mark.parametrize(("fps", "available_ms"), [(25.0, 34.0), (10.0, 85.0), (120.0, 34.0), (0.0, 34.0)])
def test_reading_has_what_following_leaves_of_the_time_between_frames(fps, available_ms):
    """A camera faster than 25 frames/s may lose frames rather than people their profiles."""
    load = Load(LiveSettings())
    for _ in range(3):
        load.followed(4.0, fps=fps, live=True)
    assert load.budget_ms == pytest.approx(available_ms - 4)


def test_there_is_always_something_for_reading():
    load = Load(LiveSettings())
    load.followed(500.0, fps=25.0, live=True)
    assert load.budget_ms == LEAST_BUDGET_MS


@pytest.mark.parametrize(("wall_ms", "every"), [(5.0, 1), (33.9, 1), (34.1, 2), (70.0, 3), (1000.0, MOST_EVERY)])
def test_faces_are_sought_as_often_as_there_is_time_for(wall_ms, every):
    load = Load(LiveSettings())
    load.searched(wall_ms, fps=25.0, live=True)
    assert load.every == every


def test_after_a_hard_time_all_frames_are_searched_again():
    load = Load(LiveSettings())
    load.searched(100.0, fps=25.0, live=True)
    for _ in range(50):
        load.searched(5.0, fps=25.0, live=True)
    assert load.every == 1


def test_of_a_file_nothing_is_shed():
    load = Load(LiveSettings())
    load.searched(1000.0, fps=25.0, live=False)
    load.followed(1000.0, fps=25.0, live=False)
    assert (load.every, load.budget_ms) == (1, UNLIMITED_MS)


@pytest.mark.parametrize("live", [False, True])
def test_what_is_set_stays(live):
    load = Load(LiveSettings(every=2, budget_ms=7.0))
    load.searched(1000.0, fps=25.0, live=live)
    load.followed(1000.0, fps=25.0, live=live)
    assert (load.every, load.budget_ms) == (2, 7.0)
