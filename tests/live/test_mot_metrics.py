"""Examples small enough to be worked by hand."""

from __future__ import annotations

import pytest

from mien.live.mot import MotFrame
from mien.live.mot_metrics import MotScores, mot_scores

A, B, FAR = [0, 0, 10, 10], [100, 0, 110, 10], [500, 500, 510, 510]
SHIFTED = [4, 0, 14, 10]  # overlaps A by 60 of 140: less than a half
NEAR = [2, 0, 12, 10]  # overlaps A by 80 of 120: two thirds


def frames(*rows):
    """Frames from 1; each is {id: box} or {id: (box, conf)}."""
    return {
        number: MotFrame.of(
            (track_id, *(value if isinstance(value, tuple) else (value, 1.0))) for track_id, value in row.items()
        )
        for number, row in enumerate(rows, 1)
    }


def test_all_right():
    truth = frames({1: A, 2: B}, {1: A, 2: B})
    scores = mot_scores(truth, frames({8: A, 5: B}, {8: NEAR, 5: B}))
    assert (scores.boxes, scores.found, scores.matches, scores.id_switches) == (4, 4, 4, 0)
    assert (scores.mota, scores.idf1, scores.unique_count_error) == (1, 1, 0)


def test_a_miss_a_false_box_and_a_box_too_far():
    truth = frames({1: A, 2: B}, {1: A, 2: B}, {1: A})
    scores = mot_scores(truth, frames({8: A}, {8: A, 9: FAR, 5: B}, {8: SHIFTED}))
    # Missed: person 2 in frame 1, person 1 in frame 3. False: track 9, and track 8's last box.
    assert (scores.misses, scores.false_positives, scores.id_switches) == (2, 2, 0)
    assert scores.mota == pytest.approx(1 - 4 / 5)
    # Persons 1 and 2 keep tracks 8 and 5: 2 + 1 boxes agree, of 5 true and 5 found.
    assert scores.idf1 == pytest.approx(2 * 3 / 10)
    assert scores.unique_count_error == pytest.approx(1 / 2)


def test_an_id_that_changes_is_one_switch_and_half_the_identity():
    truth = frames(*[{1: A}] * 4)
    scores = mot_scores(truth, frames({7: A}, {7: A}, {8: A}, {8: A}))
    assert scores.id_switches == 1
    assert scores.mota == pytest.approx(1 - 1 / 4)
    assert scores.idf1 == pytest.approx(2 * 2 / 8)
    assert scores.unique_count_error == 1


def test_two_who_swap_are_two_switches():
    truth = frames(*[{1: A, 2: B}] * 3)
    scores = mot_scores(truth, frames({7: A, 8: B}, {7: A, 8: B}, {8: A, 7: B}))
    assert scores.id_switches == 2
    assert scores.idf1 == pytest.approx(2 * 4 / 12)
    assert scores.unique_count_error == 0


def test_an_id_that_comes_back_after_a_gap_is_no_switch():
    truth = frames(*[{1: A}] * 3)
    scores = mot_scores(truth, frames({7: A}, {}, {7: A}))
    assert (scores.id_switches, scores.misses) == (0, 1)


def test_a_switch_over_a_gap_counts():
    assert mot_scores(frames(*[{1: A}] * 3), frames({7: A}, {}, {8: A})).id_switches == 1


def test_a_pair_of_before_goes_on_though_another_box_fits_better():
    truth = frames({1: A}, {1: A})
    scores = mot_scores(truth, frames({7: A}, {7: NEAR, 8: A}))
    assert (scores.id_switches, scores.matches, scores.false_positives) == (0, 2, 1)


def test_boxes_that_do_not_count_are_neither_asked_for_nor_punished():
    truth = frames({1: A, 2: (B, 0.0)}, {1: A, 2: (B, 0.0)})
    alone = mot_scores(truth, frames({7: A}, {7: A}))
    with_both = mot_scores(truth, frames({7: A, 8: B}, {7: A, 8: B}))
    assert alone == with_both
    assert (alone.boxes, alone.found, alone.people, alone.tracks) == (2, 2, 1, 1)


def test_a_box_that_counts_is_not_spared_by_one_beside_it_that_does_not():
    truth = frames({1: A, 2: (NEAR, 0.0)})
    scores = mot_scores(truth, frames({7: A}))
    assert (scores.matches, scores.false_positives, scores.misses) == (1, 0, 0)


def test_one_track_is_the_best_one_for_a_person():
    truth = frames(*[{1: A, 2: B}] * 4)
    # Track 7 has three boxes of person 1 and one of person 2; track 8 has three of person 2.
    scores = mot_scores(truth, frames({7: A}, {7: A, 8: B}, {7: A, 8: B}, {7: B, 8: A}))
    assert scores.identity_matches == 3 + 2


def test_nothing_at_all_has_no_figures():
    scores = mot_scores({}, {})
    assert (scores.mota, scores.idf1, scores.unique_count_error) == (None, None, None)


def test_nobody_found_and_nobody_there():
    assert mot_scores(frames({1: A}), {}).mota == 0
    only_false = mot_scores({}, frames({1: A}))
    assert (only_false.mota, only_false.idf1, only_false.false_positives) == (None, 0, 1)


def test_streams_are_added_up():
    one = mot_scores(frames({1: A}), frames({7: A}))
    other = mot_scores(frames({1: A}, {1: A}), frames({}, {}))
    both = one + other
    assert both == MotScores(boxes=3, found=1, matches=1, identity_matches=1, people=2, tracks=1, unique_error=1)
    assert both.mota == pytest.approx(1 / 3)
