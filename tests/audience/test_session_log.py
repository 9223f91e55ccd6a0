from __future__ import annotations

import itertools

import pytest

from mien.audience.session_log import MOST_WAITING, SessionLog
from mien.audience.visitors import UNKNOWN


def log_of(now, **options):
    return SessionLog(**{"is_live": True, "return_s": 30.0, "visitors": None, "now": lambda: now} | options)


def samples_of(batch):
    return {(row["track_id"], row["second"]): row for row in batch.samples}


def test_nothing_is_there_before_the_first_frame(now):
    log = log_of(now)
    log.end()
    assert log.take(ended=True) is None


def test_a_stay_is_a_visit_and_a_sample_a_second(now, stay):
    log = log_of(now)
    for frame in stay(7, 0.5, 3.0, looks_until_s=2.0):
        log.see(frame)
    batch = log.take()
    (visit,) = batch.visits
    assert (visit["track_id"], visit["ended"], visit["seen_s"], visit["attention_s"]) == (7, False, 2.5, 1.5)
    assert (visit["began_at"], visit["last_at"]) == (now, now + 2.5)  # the computer said `now` at the first frame
    assert (visit["age"], visit["age_low"], visit["age_high"], visit["age_group"]) == (34.0, 28.0, 41.0, "young adult")
    assert (visit["gender"], visit["gender_female"], visit["race"], visit["emotion_happy"]) == (
        "female",
        0.9,
        "white",
        0.75,
    )
    assert {name: visit[name] for name in UNKNOWN} == dict(UNKNOWN)
    samples = samples_of(batch)
    assert [key[1] - now for key in samples] == [0, 1, 2]
    assert [row["seen_s"] for row in samples.values()] == [1.0, 1.0, 0.5]
    assert [row["attention_s"] for row in samples.values()] == [1.0, 0.5, 0.0]
    first = samples[7, now]
    assert (first["emotion"], first["emotion_happy"], first["yaw"], first["pitch"]) == ("happy", 0.75, 10.0, 5.0)
    assert batch.observed == {now // 60: 2.5}
    assert batch.session == {
        "began_at": now, "last_at": now + 2.5, "ended_at": None, "clock_steps": 0, "lost_samples": 0,
    }  # fmt: skip


def test_only_what_has_changed_is_taken_again(now, stay):
    log = log_of(now)
    frames = stay(1, 0.0, 2.5)
    for frame in frames[:6]:
        log.see(frame)
    log.take()
    assert (log.take().visits, log.take().samples) == ([], [])
    for frame in frames[6:]:
        log.see(frame)
    batch = log.take()
    assert [row["second"] - now for row in batch.samples] == [1, 2]
    assert batch.samples[0]["seen_s"] == 1.0  # all of it, not what was added


def test_slow_frames_are_spread_over_the_seconds_between_them(now, stay):
    log = log_of(now)
    for frame in stay(1, 0.0, 3.5, step_s=1.75):
        log.see(frame)
    assert [row["seen_s"] for row in log.take().samples] == [1.0, 1.0, 1.0, 0.5]


def test_a_visit_goes_on_after_a_return_and_ends_after_a_longer_absence(now, frame, person):
    log = log_of(now)
    log.see(frame(0.0, [person(1)]))
    log.see(frame(1.0, [person(1, last_s=1.0, seen_s=1.0)]))
    log.see(frame(25.0))
    assert log.take().visits[0]["ended"] is False
    log.see(frame(29.0, [person(1, last_s=29.0, seen_s=1.0, visits=2)]))
    batch = log.take()
    assert (batch.visits[0]["returns"], batch.visits[0]["last_at"]) == (1, now + 29)
    assert [(row["second"] - now, row["seen_s"]) for row in batch.samples] == [(29, 0.0)]
    log.see(frame(70.0))
    (ended,) = log.take().visits
    assert (ended["ended"], ended["seen_s"], ended["last_at"]) == (True, 1.0, now + 29)


def test_two_tracks_that_turn_out_to_be_one_person_are_one_visit_with_nothing_counted_twice(now, frame, person, merged):
    log = log_of(now)
    log.see(frame(0.0, [person(1)]))
    log.see(frame(0.5, [person(1, last_s=0.5, seen_s=0.5, attention_s=0.5)]))
    log.see(frame(0.75, [person(2, first_s=0.75, last_s=0.75, attention_s=0.0)]))
    log.see(frame(1.25, [person(2, first_s=0.75, last_s=1.25, seen_s=0.5, attention_s=0.25)]))
    known = person(1, last_s=1.5, seen_s=1.25, attention_s=1.0, visits=2)
    log.see(frame(1.5, [known], events=[merged(known, 2)]))
    batch = log.take()
    assert batch.merged == {2: 1}
    assert [row["track_id"] for row in batch.visits] == [1]
    samples = samples_of(batch)
    assert {key: (row["seen_s"], row["attention_s"]) for key, row in samples.items()} == {
        (1, now): (0.75, 0.625),  # half a second, and of the second track's a quarter
        (1, now + 1): (0.5, 0.375),
    }


def test_a_chain_of_merges_leads_to_the_last(now, frame, person, merged):
    log = log_of(now)
    log.see(frame(0.0, [person(1), person(2), person(3)]))
    log.take()
    log.see(frame(0.5, [person(2)], events=[merged(person(2), 3)]))
    log.see(frame(1.0, [person(1)], events=[merged(person(1), 2)]))
    assert log.take().merged == {3: 1, 2: 1}


def test_of_a_camera_only_time_with_frames_is_watched_and_of_a_file_all(now, frame):
    for is_live, watched_s in ((True, 4.0), (False, 10.0)):
        log = log_of(now, is_live=is_live)
        for time_s in (0.0, 2.0, 8.0, 10.0):
            log.see(frame(time_s))
        assert log.take().observed == {now // 60: watched_s}


def test_a_clock_that_jumps_back_moves_what_begins_then_and_nothing_else(now, frame, person):
    clock = {"now": now}
    log = SessionLog(is_live=True, return_s=30.0, visitors=None, now=lambda: clock["now"])
    for second in range(4):
        clock["now"] = now + second - (3600 if second >= 2 else 0)
        log.see(frame(float(second), [person(1, last_s=float(second), seen_s=float(second))]))
    clock["now"] += 1
    log.see(frame(4.0, [person(2, first_s=4.0, last_s=4.0)]))
    batch = log.take()
    assert batch.session["clock_steps"] == 1
    stays = {row["track_id"]: (row["began_at"], row["last_at"]) for row in batch.visits}
    assert stays == {1: (now, now + 3), 2: (now - 3596, now - 3596)}
    assert [row["second"] - now for row in batch.samples if row["track_id"] == 1] == [0, 1, 2, 3]


def test_recorded_video_is_of_the_time_it_is_said_to_be(now, stay):
    log = log_of(0.0, is_live=False, began_at=now)
    for frame in stay(1, 2.0, 3.0):
        log.see(frame)
    assert log.take().visits[0]["began_at"] == now


def test_a_file_that_is_read_faster_or_slower_than_it_plays_says_nothing_of_the_clock(now, stay):
    passed = itertools.count()
    log = SessionLog(is_live=False, return_s=30.0, visitors=None, now=lambda: now + 60.0 * next(passed))
    for frame in stay(1, 0.0, 3.0):
        log.see(frame)
    batch = log.take()
    assert (batch.session["clock_steps"], batch.session["began_at"], batch.session["last_at"]) == (0, now, now + 3)


def test_what_cannot_be_known_is_left_out(now, frame, person):
    log = log_of(now)
    log.see(frame(0.0, [person(1, emotion=None, pose=None, unsure=("age", "gender"))]))
    batch = log.take()
    visit, sample = batch.visits[0], batch.samples[0]
    assert (visit["attention_s"], visit["emotion_happy"], visit["age_group"], visit["gender"]) == (
        None, None, "unsure", "unsure",
    )  # fmt: skip
    assert visit["gender_female"] == 0.9  # the uncertainty is kept whole
    assert (sample["attention_s"], sample["yaw"], sample["emotion"], sample["emotion_happy"]) == (None,) * 4


def test_an_unsure_pose_is_no_pose(now, frame, person):
    log = log_of(now)
    log.see(frame(0.0, [person(1, unsure=("pose",))]))
    assert log.take().samples[0]["yaw"] is None


def test_rows_that_cannot_be_written_are_bounded_and_the_loss_is_told(now, frame, person, monkeypatch):
    monkeypatch.setattr("mien.audience.session_log.MOST_WAITING", 3)
    assert MOST_WAITING > 3600
    log = log_of(now)
    for second in range(5):
        log.see(frame(float(second), [person(1, last_s=float(second), seen_s=float(second))]))
    batch = log.take()
    assert (batch.session["lost_samples"], [row["second"] - now for row in batch.samples]) == (2, [2, 3, 4])


@pytest.mark.parametrize("ended", [True, False])
def test_the_end_of_the_stream_ends_everybodys_stay(now, stay, ended):
    log = log_of(now)
    for frame in stay(1, 0.0, 1.0):
        log.see(frame)
    log.end()
    batch = log.take(ended=ended)
    assert [row["ended"] for row in batch.visits] == [True]
    assert batch.session["ended_at"] == (now + 1 if ended else None)


def test_no_more_time_is_counted_than_went_by(now, frame, person):
    """A track of which nobody was told has become part of this one, with ten seconds of its own."""
    log = log_of(now)
    log.see(frame(0.0, [person(1, attention_s=0.0)]))
    log.see(frame(0.5, [person(1, last_s=0.5, seen_s=10.5, attention_s=9.0)]))
    log.see(frame(1.0, [person(1, last_s=1.0, seen_s=11.0, attention_s=9.25)]))
    batch = log.take()
    assert batch.visits[0]["seen_s"] == 11.0
    assert [(row["second"] - now, row["seen_s"], row["attention_s"]) for row in batch.samples] == [
        (0, 1.0, 0.75),
        (1, 0.0, 0.0),
    ]
