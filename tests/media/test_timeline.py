import itertools
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mien.media.source import believable_fps, ended_early
from mien.media.timeline import Timeline


@pytest.mark.parametrize(
    ("stamps", "times"),
    [
        ((0, 0.1, 0.2, 0.9), (0, 0.1, 0.2, 0.9)),  # a changing rate is kept
        ((0, 0, 0), (0, 0.1, 0.2)),  # no clock
        ((-0.2, -0.1, 0.1, 0.3), (0, 0.1, 0.2, 0.3)),  # before the start
        ((0, 0.1, 0.05, 0.3), (0, 0.1, 0.2, 0.3)),  # out of order
        ((0, math.nan, -math.inf, math.inf, 0.5), (0, 0.1, 0.2, 0.3, 0.5)),
        ((7, 8, 0, 1, 2), (7, 8, 8.1, 9.1, 10.1)),  # set anew
    ],
)
def test_times_of_frames_at_ten_a_second(stamps, times):
    timeline = Timeline(fps=10)
    assert [timeline.place(stamp) for stamp in stamps] == pytest.approx(times)


def test_without_a_rate_it_is_25_a_second():
    timeline = Timeline(fps=None)
    assert [timeline.place(0) for _ in range(3)] == pytest.approx([0, 0.04, 0.08])


@given(
    st.lists(st.floats(-1e6, 1e6, width=32) | st.just(math.nan), max_size=40),
    st.none() | st.floats(0.01, 1000),
)
def test_times_grow_whatever_the_stamps(stamps, fps):
    timeline = Timeline(fps)
    times = [timeline.place(stamp) for stamp in stamps]
    assert all(later > earlier for earlier, later in itertools.pairwise(times))
    assert all(time >= 0 for time in times)


@pytest.mark.parametrize(
    ("stated", "believed"),
    [(25.0, 25.0), (0.5, 0.5), (1000.0, 1000.0), (0.0, None), (-1.0, None), (90_000.0, None), (math.nan, None)],
)
def test_rates_that_can_be_believed(stated, believed):
    assert believable_fps(stated) == believed


@pytest.mark.parametrize(("frames", "stated", "early"), [(94, 100, True), (95, 100, False), (1, None, False)])
def test_fewer_than_stated(frames, stated, early):
    assert ended_early(frames, stated) is early
