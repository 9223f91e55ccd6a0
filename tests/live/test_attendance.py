from __future__ import annotations

import pytest

from mien.live.attendance import Attendance


def seen(times, facing):
    attendance = Attendance.begin(times[0])
    before_s = times[0]
    for time_s, toward in zip(times, facing, strict=True):
        if time_s is not None:
            attendance.see(time_s, before_s=before_s, facing=toward)
            before_s = time_s
    return attendance


@pytest.mark.parametrize("times", [[0, 1, 2, 3], [0, 0.1, 0.2, 3], [0, 3]])
def test_time_counts_and_not_frames(times):
    assert seen(times, [1.0] * len(times)).seen_s == pytest.approx(3)
    assert seen(times, [1.0] * len(times)).attention_s == pytest.approx(3)


@pytest.mark.parametrize(
    ("facing", "attention_s"),
    [
        ([1, 1, 0, 0], 1),
        ([0, 0, 0, 0], 0),
        ([0.49, 0.49, 0.5, 0.51], 2),
        ([1, 0.3, 0.25, 0.24], 2),
        ([0.49, 0.5, 0.25, 0.49], 3),
        ([1, 0.2, 0.49, 0.49], 0),
        ([1, None, 0.49, 0.5], 1),
        ([None] * 4, None),
        ([None, None, 1, None], 1),
    ],
)
def test_attention_is_the_part_with_the_head_toward_the_camera(facing, attention_s):
    attendance = seen([0, 1, 2, 3], facing)
    assert (attendance.seen_s, attendance.attention_s) == (3, attention_s)


def test_an_absence_does_not_count():
    attendance = Attendance.begin(0.0)
    attendance.see(0.0, before_s=0.0, facing=None)
    attendance.see(1.0, before_s=0.0, facing=None)
    attendance.come_back(10.0)
    attendance.see(10.0, before_s=9.9, facing=None)  # in the frame before, nobody was there
    attendance.see(10.5, before_s=10.0, facing=None)
    assert (attendance.seen_s, attendance.visits, attendance.first_s, attendance.began_s) == (1.5, 2, 0.0, 10.0)


def test_two_ids_that_turn_out_to_be_one_person():
    older, newer = seen([0, 1], [1, 1]), seen([5, 7], [1, 0])
    older.absorb(newer)
    assert (older.first_s, older.last_s, older.seen_s, older.attention_s) == (0, 7, 3, 1)
    nobody = seen([8, 9], [None, None])
    older.absorb(nobody)
    assert (older.seen_s, older.attention_s) == (4, 1)
