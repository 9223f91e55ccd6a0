from __future__ import annotations

import numpy as np
import pytest

from mien.audience.visit_looks import MOST_LOOKS, VisitLooks
from mien.audience.visitors import UNKNOWN, Visitors
from mien.models.thresholds import Thresholds

TABLE = Thresholds(similarity=(0.2, 0.5, 0.8), fmr=(0.5, 0.01, 1e-6))


def look(degrees):
    return np.array([np.cos(np.radians(degrees)), np.sin(np.radians(degrees))], np.float32)


@pytest.fixture
def visitors():
    return Visitors(TABLE, revisit_s=600)


def visit(visitors, track_id, *degrees, begin_s=0.0, end=True):
    """One visit with these looks, a second apart."""
    for place, angle in enumerate(degrees):
        visitors.see([track_id], {track_id: look(angle)}, begin_s + place)
    return visitors.end(track_id) if end else None


def test_who_comes_back_is_known_and_who_is_new_is_not(visitors):
    assert visit(visitors, 1, 0)[0]["visitor"] == 1
    assert visit(visitors, 2, 90)[0]["visitor"] == 2
    back, same = visit(visitors, 3, 10)
    assert (back["visitor"], same) == (1, {})
    assert (back["compared"], back["best_similarity"]) == (2, pytest.approx(np.cos(np.radians(10)), abs=1e-4))


def test_the_more_are_remembered_the_more_alike_one_has_to_be(visitors):
    told = []
    for track_id, embedding in enumerate(np.eye(100, dtype=np.float32)):
        visitors.see([track_id], {track_id: embedding}, float(track_id))
        told.append(visitors.end(track_id)[0])
    assert [one["compared"] for one in told] == list(range(100))
    wanted = [TABLE.threshold(1e-3)] * 51 + [TABLE.threshold(0.05 / others) for others in range(51, 100)]
    assert [one["match_threshold"] for one in told] == pytest.approx(wanted, abs=1e-4)


def test_two_who_are_in_view_together_are_two_however_alike(visitors):
    for time_s in (0.0, 1.0):
        visitors.see([1, 2], {1: look(0), 2: look(1)}, time_s)
    first, second = visitors.end(1)[0], visitors.end(2)[0]
    assert (first["visitor"], second["visitor"]) == (1, 2)
    assert (first["other_similarity"], second["compared"]) == (pytest.approx(0.9998, abs=1e-4), 0)
    assert second["other_similarity"] is None  # each pair is told once


def test_of_two_in_view_together_only_one_can_be_the_one_who_was_there_before(visitors):
    visit(visitors, 1, 0)
    visitors.see([2, 3], {2: look(0), 3: look(2)}, 10.0)
    numbers = [visitors.end(track)[0]["visitor"] for track in (2, 3)]
    assert numbers == [1, 3]


def test_fragments_that_turn_out_to_be_one_person_are_merged(visitors):
    """Two visits are too unlike each other to be one person, until a third is like both."""
    far = np.degrees(np.arccos(TABLE.threshold(1e-3))) * 1.2
    numbers = [visit(visitors, 1, 0)[0]["visitor"], visit(visitors, 2, far)[0]["visitor"]]
    assert numbers == [1, 2]
    between, same = visit(visitors, 3, far / 2)
    assert (between["visitor"], same) == (1, {2: 1})
    assert visit(visitors, 4, far)[0]["visitor"] == 1


def test_who_stays_away_for_long_is_forgotten_with_all_embeddings(visitors):
    visit(visitors, 1, 0)
    visitors.see([], {}, 599.0)
    assert visit(visitors, 2, 0, begin_s=599.5)[0]["visitor"] == 1
    visitors.see([], {}, 2000.0)
    kept = [value for value in vars(visitors).values() if isinstance(value, dict)]
    assert not any(kept)
    assert visit(visitors, 3, 0, begin_s=2000.0)[0]["visitor"] == 3


def test_a_track_that_is_part_of_another_brings_its_looks(visitors):
    visitors.see([1], {1: look(0)}, 0.0)
    visitors.see([2], {2: look(8)}, 5.0)
    visitors.rename(2, 1)
    visitors.see([1], {}, 6.0)
    told = visitors.end(1)[0]
    assert told["own_similarity"] == pytest.approx(np.cos(np.radians(8)), abs=1e-4)
    assert visitors.end(2) == (dict(UNKNOWN), {})


def test_those_apart_from_a_renamed_track_stay_apart(visitors):
    visitors.see([2, 3], {2: look(0), 3: look(1)}, 0.0)
    visitors.rename(2, 1)
    assert [visitors.end(track)[0]["visitor"] for track in (1, 3)] == [1, 2]


def test_a_face_that_was_never_read_is_nobody_known(visitors):
    visitors.see([1], {}, 0.0)
    assert visitors.end(1) == (dict(UNKNOWN), {})
    assert visitors.end(99) == (dict(UNKNOWN), {})


def test_one_look_has_no_halves_and_many_are_thinned(visitors):
    assert visit(visitors, 1, 0)[0]["own_similarity"] is None
    assert visit(visitors, 2, *range(90, 130))[0]["own_similarity"] > 0.9
    looks = VisitLooks(3, 0.0)
    for second in range(10 * MOST_LOOKS):
        looks.look(look(0), float(second))
    times_s = [one.time_s for one in looks.looks]
    assert times_s == list(np.arange(0.0, 10 * MOST_LOOKS, 16))


def test_of_looks_that_follow_each_other_fast_one_a_second_counts():
    looks = VisitLooks(3, 0.0)
    for step in range(9):
        looks.look(look(0), step / 4)
    assert [one.time_s for one in looks.looks] == [0.0, 1.0, 2.0]


def test_of_a_track_that_goes_over_to_somebody_else_the_longer_part_counts(visitors):
    assert visit(visitors, 1, 0, 1, 0)[0]["visitor"] == 1
    mixed, _ = visit(visitors, 2, 90, 1, 2, begin_s=100.0)
    assert (mixed["visitor"], mixed["best_similarity"]) == (1, pytest.approx(1, abs=1e-3))


def test_a_track_that_went_over_to_somebody_else_does_not_part_a_person_from_himself(visitors):
    """Track 1 follows one person, then another; track 2 begins on the first one while 1 is on the other."""
    for time_s, looks in ((0.0, {1: 0}), (1.0, {1: 1}), (2.0, {1: 2}), (3.0, {1: 90})):
        visitors.see([1] if time_s < 3 else [1, 2], {track: look(angle) for track, angle in looks.items()}, time_s)
    for time_s in (4.0, 5.0):
        visitors.see([1, 2], {2: look(1)}, time_s)
    assert [visitors.end(track)[0]["visitor"] for track in (1, 2)] == [1, 1]


def test_looks_of_people_who_are_not_told_are_left_out(visitors):
    visitors.see([1], {1: look(0), 7: look(90)}, 0.0)
    assert visitors.end(7) == (dict(UNKNOWN), {})
