from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mien.errors import InputError, ShapeError
from mien.faces import Faces
from mien.geometry.boxes import iou
from mien.live.mot import MotFrame
from mien.live.mot_metrics import mot_scores
from mien.live.synthetic import HEIGHT, KINDS, WIDTH, keypoints_in, make_scene, perturbed
from mien.live.tracker import Tracker, TrackerConfig, TrackState
from mien.live.tracker_config import OWN_EMBEDDING
from mien.models import registry
from mien.models.thresholds import Thresholds

SIZE = (HEIGHT, WIDTH)
DT = 0.04
ADA, BOB = np.eye(2, 8, dtype=np.float32)  # looks of two people who have nothing in common


def face(x, y=100.0, size=40.0):
    return [x, y, x + size, y + size]


def found(*boxes, scores=0.9, looks=None):
    """Detections; `looks` are embeddings."""
    boxes = np.array(boxes, np.float32).reshape(-1, 4)
    return Faces(
        boxes=boxes,
        scores=np.broadcast_to(np.float32(scores), len(boxes)).copy(),
        keypoints=keypoints_in(boxes),
        embedding=None if looks is None else np.array(looks, np.float32).reshape(len(boxes), -1),
    )


def run(tracker, frames, *, start=0.0, dt=DT, **keywords):
    """The tracks of the last frame; frame k is at `start + k * dt` seconds."""
    tracks = ()
    for step, detections in enumerate(frames):
        tracks = tracker.update(detections, start + step * dt, **keywords)
    return tracks


def ids(tracks, *states):
    return [track.track_id for track in tracks if not states or track.state in states]


def test_the_first_frame():
    tracks = Tracker().update(found(face(10), face(200)), 5.0)
    assert [(t.track_id, t.state, t.detection, t.hits) for t in tracks] == [
        (1, TrackState.TENTATIVE, 0, 1),
        (2, TrackState.TENTATIVE, 1, 1),
    ]
    assert tracks[0].box.tolist() == face(10)
    assert tracks[0].keypoints == pytest.approx(keypoints_in(np.array([face(10)]))[0])
    assert (tracks[0].first_s, tracks[0].last_s, tracks[0].score) == (5.0, 5.0, pytest.approx(0.9))


@pytest.mark.parametrize("hits", [1, 2, 4])
def test_as_many_hits_as_wanted_confirm(hits):
    tracker = Tracker(TrackerConfig(confirm_hits=hits))
    states = [tracker.update(found(face(10)), step * DT)[0].state for step in range(5)]
    assert states == [TrackState.TENTATIVE] * (hits - 1) + [TrackState.CONFIRMED] * (6 - hits)


def test_empty_frames():
    tracker = Tracker()
    assert run(tracker, [Faces.empty()] * 3) == ()
    assert ids(tracker.update(found(face(10)), 1.0)) == [1]
    assert tracker.update(Faces.empty(), 1.04) == ()
    assert tracker.ended() == (1,)  # seen once and never again: a false start
    assert tracker.ended() == ()


def test_a_missed_detection_does_not_blink():
    tracker = Tracker()
    run(tracker, [found(face(100 + 4 * step)) for step in range(10)])
    seen = []
    for step in range(10, 16):
        tracks = tracker.update(Faces.empty(), step * DT)
        seen.append([(t.track_id, t.state, t.detection) for t in tracks])
        assert iou(tracks[0].box[None], np.array([face(100 + 4 * step)]))[0, 0] > 0.7  # it goes on as it went
        assert keypoints_in(tracks[0].box[None])[0] == pytest.approx(tracks[0].keypoints, abs=0.5)
    assert seen == [[(1, TrackState.COASTING, None)]] * 6
    (track,) = tracker.update(found(face(164)), 16 * DT)
    assert (track.track_id, track.state, track.hits, track.first_s) == (1, TrackState.CONFIRMED, 11, 0.0)


def test_times_are_of_detections():
    tracker = Tracker()
    run(tracker, [found(face(100))] * 5)
    (track,) = tracker.update(Faces.empty(), 5 * DT)
    assert (track.first_s, track.last_s, track.hits) == (0.0, 4 * DT, 5)


def test_missed_for_longer_it_is_lost_and_comes_back_where_it_is_expected():
    tracker = Tracker(TrackerConfig(coast_s=0.3, motion_s=1.0))
    run(tracker, [found(face(100))] * 10)
    assert ids(tracker.update(Faces.empty(), 9 * DT + 0.29)) == [1]
    assert tracker.update(Faces.empty(), 9 * DT + 0.31) == ()
    tracks = tracker.update(found(face(103)), 9 * DT + 0.9)
    assert [(t.track_id, t.state) for t in tracks] == [(1, TrackState.CONFIRMED)]


def test_after_motion_s_the_place_alone_says_nothing():
    tracker = Tracker(TrackerConfig(motion_s=1.0))
    run(tracker, [found(face(100))] * 10)
    assert ids(tracker.update(found(face(100)), 9 * DT + 1.01)) == [2]


def test_low_scored_detections_go_on_with_tracks_and_start_none():
    tracker = Tracker()
    run(tracker, [found(face(100))] * 5)
    tracks = tracker.update(found(face(101), face(300), scores=0.4), 5 * DT)
    assert [(t.track_id, t.state, t.detection) for t in tracks] == [(1, TrackState.CONFIRMED, 0)]
    assert tracks[0].score == pytest.approx(0.4)
    (track,) = tracker.update(found(face(101), scores=0.29), 6 * DT)
    assert (track.state, track.detection) == (TrackState.COASTING, None)


def test_a_tentative_track_is_not_continued_by_low_scores():
    tracker = Tracker()
    tracker.update(found(face(100)), 0.0)
    assert tracker.update(found(face(100), scores=0.4), DT) == ()


def test_frames_in_which_nothing_is_sought_move_people_and_lose_nobody():
    tracker = Tracker()
    run(tracker, [found(face(100 + 4 * step)) for step in range(10)])
    for step in (10, 11, 12, 13):
        (track,) = tracker.predict(step * DT)
        assert (track.track_id, track.state, track.detection) == (1, TrackState.CONFIRMED, None)
        assert track.box == pytest.approx(face(100 + 4 * step), abs=3)
    (track,) = tracker.update(found(face(156)), 14 * DT)
    assert (track.track_id, track.detection, track.hits) == (1, 0, 11)


def test_two_who_cross_keep_their_ids():
    tracker = Tracker()
    for step in range(60):
        left, right = 50 + 6 * step, 400 - 6 * step
        tracks = tracker.update(found(face(left, 100), face(right, 130)), step * DT)
    assert [(t.track_id, t.detection) for t in tracks] == [(1, 0), (2, 1)]


def test_one_who_is_hidden_by_another_who_passes_keeps_the_id():
    tracker = Tracker()
    hidden = 0
    for step in range(60):
        boxes = [face(50 + 6 * step, 100, 60), face(400 - 6 * step, 105)]
        near, far = np.array(boxes[:1]), np.array(boxes[1:])
        if iou(near, far)[0, 0] > 0.15:
            boxes, hidden = boxes[:1], hidden + 1
        tracks = tracker.update(found(*boxes), step * DT)
    assert hidden >= 5
    assert [(t.track_id, t.detection) for t in tracks] == [(1, 0), (2, 1)]


def test_who_is_hidden_is_not_shown_on_the_other_s_face():
    tracker = Tracker()
    run(tracker, [found(face(100, 100, 80), face(300, 110))] * 5)
    run(tracker, [found(face(100, 100, 80), face(300 - 10 * step, 110)) for step in range(18)], start=5 * DT)
    assert ids(tracker.update(found(face(100, 100, 80)), 23 * DT)) == [1]
    assert ids(tracker.update(found(face(100, 100, 80), face(90, 110)), 26 * DT)) == [1, 2]


@pytest.mark.parametrize(("away_s", "back_as"), [(5.0, 1), (9.9, 1), (10.1, 2)])
def test_who_returns_within_remember_s_has_the_same_id(away_s, back_as):
    tracker = Tracker(TrackerConfig(remember_s=10.0))
    run(tracker, [found(face(100), looks=ADA)] * 10)
    gone = 9 * DT
    tracker.update(Faces.empty(), gone + 2)
    tracks = run(tracker, [found(face(400), looks=ADA)] * 2, start=gone + away_s - DT)
    assert ids(tracks) == [back_as]
    assert tracker.renamed() == ({2: 1} if back_as == 1 else {})
    assert tracker.renamed() == {}
    assert tracker.ended() == (() if back_as == 1 else (1,))
    assert tracks[0].hits == (12 if back_as == 1 else 2)


def test_somebody_else_gets_another_id():
    tracker = Tracker()
    run(tracker, [found(face(100), looks=ADA)] * 10)
    assert ids(run(tracker, [found(face(100), looks=BOB)] * 5, start=5.0)) == [2]
    assert tracker.renamed() == {}


def test_somebody_else_in_the_same_place_at_once_gets_another_id():
    tracker = Tracker()
    run(tracker, [found(face(100), looks=ADA)] * 10)
    tracks = run(tracker, [found(face(100), looks=BOB)] * 2, start=10 * DT)
    assert ids(tracks, TrackState.CONFIRMED) == [2]


def test_appearance_that_comes_later():
    tracker = Tracker()
    run(tracker, [found(face(100))] * 5)
    assert tracker.remember(1, ADA) == 1
    (track,) = run(tracker, [found(face(400))] * 3, start=5.0)
    assert track.track_id == 2
    assert tracker.remember(2, ADA) == 1
    (track,) = tracker.update(found(face(400)), 6.0)
    assert (track.track_id, track.first_s, track.hits) == (1, 0.0, 9)
    assert tracker.ended() == ()


def test_a_look_of_somebody_else_changes_no_id():
    tracker = Tracker()
    run(tracker, [found(face(100))] * 5)
    tracker.remember(1, ADA)
    run(tracker, [found(face(400))] * 3, start=5.0)
    assert tracker.remember(2, BOB) == 2


def test_a_track_that_has_gone_over_to_somebody_else_is_ended_there():
    tracker = Tracker()
    run(tracker, [found(face(100))] * 5)
    assert [tracker.remember(1, ADA) for _ in range(2)] == [1, 1]
    assert tracker.remember(1, BOB) == 1  # one strange look may be a bad one
    assert tracker.remember(1, ADA) == 1
    assert [tracker.remember(1, BOB) for _ in range(2)] == [1, 1]
    (track,) = tracker.update(found(face(100)), 5 * DT)
    assert (track.track_id, track.state, track.hits) == (2, TrackState.CONFIRMED, 2)
    assert tracker.remember(2, BOB) == 2
    run(tracker, [found(face(100), face(400))] * 2, start=6 * DT)
    assert tracker.remember(3, ADA) == 1


def test_the_somebody_else_may_be_an_old_friend():
    tracker = Tracker()
    run(tracker, [found(face(300))] * 3)
    tracker.remember(1, BOB)
    run(tracker, [found(face(100))] * 3, start=5.0)
    assert [tracker.remember(2, ADA) for _ in range(2)] == [2, 2]
    assert [tracker.remember(2, BOB) for _ in range(2)] == [2, 2]
    assert ids(tracker.update(found(face(100)), 6.0)) == [1]


def test_an_id_in_view_is_given_to_nobody_else():
    tracker = Tracker()
    run(tracker, [found(face(100), face(300))] * 3)
    assert (tracker.remember(1, ADA), tracker.remember(2, ADA)) == (1, 2)


def test_twins_who_were_seen_together_stay_two():
    tracker = Tracker()
    run(tracker, [found(face(100), face(300))] * 3)
    tracker.remember(1, ADA)
    run(tracker, [found(face(300))] * 60, start=3 * DT)  # the first one leaves
    assert tracker.remember(2, ADA) == 2


def test_unclear_faces_must_be_more_alike():
    similar = np.float32([0.5, np.sqrt(0.75)])  # cosine 0.5 with [1, 0]
    rates = Thresholds(similarity=(0.4, 0.6), fmr=(1e-2, 1e-3))
    for score, back_as in ((0.9, 1), (0.7, 2)):
        tracker = Tracker(TrackerConfig(thresholds=rates, come_back_fmr=1e-2, unclear_fmr=1e-3, clear_score=0.8))
        run(tracker, [found(face(100), scores=score)] * 3)
        tracker.remember(1, np.float32([1, 0]))
        run(tracker, [found(face(400), scores=score)] * 3, start=5.0)
        assert tracker.remember(2, similar) == back_as


def test_nobody_comes_back_in_the_frame_in_which_the_id_was_given_out():
    """The track of the first person goes over to the second, who is found out; the first one stands beside."""
    tracker = Tracker()
    run(tracker, [found(face(100))] * 5)
    assert [tracker.remember(1, ADA) for _ in range(2)] == [1, 1]
    run(tracker, [found(face(100), face(300))] * 3, start=5 * DT)
    assert [tracker.remember(1, BOB) for _ in range(2)] == [1, 1]
    assert tracker.remember(2, ADA) == 2
    assert ids(tracker.update(found(face(100), face(300)), 8 * DT)) == [2, 3]
    assert tracker.remember(2, ADA) == 1


def test_whom_a_track_was_seen_with_after_it_went_over_to_somebody_else_is_not_held_against_it():
    tracker = Tracker()
    run(tracker, [found(face(100))] * 5)
    assert [tracker.remember(1, ADA) for _ in range(2)] == [1, 1]
    tracks = run(tracker, [found(face(100), face(300))] * 5, start=5 * DT)  # from here on Bob is taken for Ada
    assert ids(tracks) == [1, 2]
    assert [tracker.remember(1, BOB) for _ in range(2)] == [1, 1]
    tracks = run(tracker, [found(face(100), face(300))] * 3, start=10 * DT)
    assert ids(tracks) == [2, 3]
    assert tracker.remember(3, BOB) == 3
    assert tracker.remember(2, ADA) == 1


def test_a_strange_look_makes_a_track_doubtful_until_the_next_one():
    tracker = Tracker()
    run(tracker, [found(face(100))] * 5)
    assert [tracker.remember(1, ADA) for _ in range(2)] == [1, 1]
    doubts = []
    for step, look in enumerate((ADA, BOB, ADA)):
        tracker.remember(1, look)
        doubts.append(tracker.update(found(face(100)), (5 + step) * DT)[0].is_doubtful)
    assert doubts == [False, True, False]


def test_who_was_lost_for_a_moment_goes_on_by_place_alone_only_where_that_is_plain():
    """As far away as the prediction may be wrong by, a look must tell if looks are known."""
    for looks, moved, back_as in ((True, 4, 1), (True, 30, 2), (False, 30, 1)):
        tracker = Tracker()
        run(tracker, [found(face(100))] * 10)
        if looks:
            tracker.remember(1, ADA)
        run(tracker, [Faces.empty()] * 12, start=10 * DT)
        tracks = run(tracker, [found(face(100 + moved))] * 2, start=22 * DT)
        assert ids(tracks) == [back_as], (looks, moved)


def test_who_walks_out_of_the_picture_is_not_shown_nor_mistaken_for_who_walks_in():
    tracker = Tracker()
    run(tracker, [found(face(WIDTH - 100 + 8 * step)) for step in range(9)], size=SIZE)
    assert tracker.update(Faces.empty(), 9 * DT, size=SIZE) == ()
    assert ids(tracker.update(found(face(WIDTH - 45)), 10 * DT, size=SIZE)) == [2]


def test_who_walks_out_while_nothing_is_sought_is_not_shown():
    tracker = Tracker()
    run(tracker, [found(face(WIDTH - 100 + 8 * step)) for step in range(8)], size=SIZE)
    assert ids(tracker.update(Faces.empty(), 8 * DT, size=SIZE)) == [1]
    assert tracker.predict(10 * DT, size=SIZE) == ()


def test_a_camera_that_jumps():
    still, told = Tracker(), Tracker()
    for tracker in (still, told):
        run(tracker, [found(face(100), face(150))] * 5)
    jump = np.array([[1, 0, 50], [0, 1, 0]])
    moved = found(face(150), face(200))
    assert [(t.track_id, t.detection) for t in told.update(moved, 5 * DT, motion=jump)] == [(1, 0), (2, 1)]
    assert {t.track_id: t.detection for t in still.update(moved, 5 * DT)}[2] == 0


@pytest.mark.parametrize("fps", [6, 12, 25, 60])
def test_the_frame_rate_is_no_parameter(fps):
    tracker = Tracker()
    for step in range(3 * fps):
        time_s = step / fps
        boxes = [face(50 + 60 * time_s), face(500 - 90 * time_s, 220)]
        missed = 1.0 <= time_s < 1.1
        tracks = tracker.update(found(*boxes[: 1 if missed else 2]), time_s, size=SIZE)
        assert ids(tracks) == [1, 2]
    assert [t.detection for t in tracks] == [0, 1]


def test_sixty_faces():
    tracker = Tracker()
    x, y = np.meshgrid(np.arange(10) * 60.0, np.arange(6) * 55.0)
    places = np.column_stack([x.ravel(), y.ravel()])
    for step in range(15):
        order = np.random.default_rng(step).permutation(60)
        boxes = [face(*(places[row] + 2 * step)) for row in order]
        tracks = tracker.update(found(*boxes), step * DT)
    assert ids(tracks) == list(range(1, 61))
    first = np.random.default_rng(0).permutation(60)
    assert [first[t.track_id - 1] for t in tracks] == [order[t.detection] for t in tracks]


def test_ids_that_are_given_up_are_told_and_forgotten():
    tracker = Tracker(TrackerConfig(remember_s=2.0))
    run(tracker, [found(face(100), face(300))] * 5)
    tracker.update(Faces.empty(), 4 * DT + 1.9)
    assert tracker.ended() == ()
    tracker.update(Faces.empty(), 4 * DT + 2.1)
    assert tracker.ended() == (1, 2)
    with pytest.raises(InputError, match="no track 1, or it has ended; tracks: none"):
        tracker.remember(1, ADA)


@pytest.mark.parametrize("time_s", [0.5, -1.0, float("nan"), float("inf")])
def test_time_does_not_go_back(time_s):
    tracker = Tracker()
    tracker.update(found(face(10)), 1.0)
    with pytest.raises(InputError, match="must not go back"):
        tracker.update(found(face(10)), time_s)
    with pytest.raises(InputError, match="must not go back"):
        tracker.predict(time_s)


def test_the_same_time_twice_is_no_harm():
    tracker = Tracker()
    tracker.update(found(face(10)), 1.0)
    (track,) = tracker.update(found(face(10)), 1.0)
    assert (track.track_id, track.hits) == (1, 2)


def test_embeddings_of_another_length():
    tracker = Tracker()
    tracker.update(found(face(10), looks=ADA), 0.0)
    with pytest.raises(ShapeError, match="have 3 numbers, those before had 8"):
        tracker.update(found(face(10), looks=np.ones(3)), DT)
    with pytest.raises(ShapeError, match="have 3 numbers"):
        tracker.remember(1, np.ones(3))
    with pytest.raises(ShapeError, match=r"\(d,\), got \(1, 8\)"):
        tracker.remember(1, ADA[None])


def test_what_does_not_fit():
    tracker = Tracker()
    with pytest.raises(ShapeError, match="no keypoints"):
        tracker.update(found(face(10)).replace(keypoints=None), 0.0)
    with pytest.raises(ShapeError, match=r"motion must be \(2, 3\), got \(3, 3\)"):
        tracker.update(found(face(10)), 0.0, motion=np.eye(3))


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"high_score": 1.2}, "high_score must be between 0 and 1, got 1.2"),
        ({"low_score": 0.7}, "low_score must not be above high_score"),
        ({"confirm_hits": 0}, "confirm_hits must be 1 or more"),
        ({"coast_s": -1}, "coast_s must be 0 or more"),
        ({"remember_s": 0.1}, "remember_s must be at least coast_s"),
        ({"come_back_fmr": 0}, "come_back_fmr must be above 0 and at most 1"),
        ({"lead": -1}, "lead must be 0 or more"),
    ],
)
def test_bad_settings(settings, message):
    with pytest.raises(InputError, match=message):
        TrackerConfig(**settings)


def test_the_least_similarity_is_that_of_the_network_s_false_match_rate():
    table = Thresholds(similarity=(0.1, 0.3, 0.5), fmr=(0.2, 1e-2, 1e-4))
    assert TrackerConfig(thresholds=table).least_similarity == pytest.approx(0.1)
    assert TrackerConfig(thresholds=table, somebody_else_fmr=1e-3).least_similarity == pytest.approx(0.4)
    assert TrackerConfig(thresholds=table, somebody_else_fmr=1e-6).least_similarity == pytest.approx(0.5)  # the last


def test_the_defaults_are_of_mien_s_own_embedding():
    table = Thresholds.of_card(registry.card("embedding"))
    for similarity, fmr in zip(OWN_EMBEDDING.similarity, OWN_EMBEDDING.fmr, strict=True):
        assert similarity == pytest.approx(table.threshold(fmr), abs=0.05), fmr


@settings(max_examples=15)
@given(st.integers(0, 10_000), st.sampled_from(KINDS), st.sampled_from([None, 16]), st.floats(0, 0.6))
def test_no_two_in_a_frame_share_an_id(seed, kind, dimensions, missed):
    scene, rng = make_scene(kind, seed, fps=12, seconds=2), np.random.default_rng(seed)
    tracker, known = Tracker(TrackerConfig(remember_s=1.0)), set()
    for index in range(scene.frames):
        detections = perturbed(scene, index, rng, missed=missed, false=0.5, dimensions=dimensions)
        if index % 3 == 2:
            tracks = tracker.predict(scene.time_s(index), size=SIZE)
        else:
            tracks = tracker.update(detections, scene.time_s(index), size=SIZE)
        rows = [track.detection for track in tracks if track.detection is not None]
        assert len(set(ids(tracks))) == len(tracks)
        assert len(set(rows)) == len(rows)
        assert ids(tracks) == sorted(ids(tracks))
        assert TrackState.LOST not in {track.state for track in tracks}
        assert all((track.box == detections.boxes[track.detection]).all() for track in tracks if track.detection)
        ended = set(tracker.ended())
        assert not ended & set(ids(tracks))
        known |= set(ids(tracks))
        assert min(ids(tracks), default=1) >= 1
        now = ids(tracks)
        if now and dimensions is None and index % 3 != 2:
            look = rng.normal(size=4).astype(np.float32)
            back = tracker.remember(now[0], look / np.linalg.norm(look))
            assert back == now[0] or back not in now


@pytest.mark.parametrize(("kind", "least_idf1"), [("crossing", 0.95), ("bars", 0.95), ("leaving", 0.95), ("pan", 0.95)])
def test_scenes_with_faults_are_followed(kind, least_idf1):
    scene, rng, tracker = make_scene(kind, 1000, seconds=6), np.random.default_rng(0), Tracker()
    truth, shown, before = {}, {}, scene.camera(0)
    for index in range(scene.frames):
        time_s = scene.time_s(index)
        here = scene.camera(time_s)
        motion = np.column_stack([np.eye(2), before - here])
        before = here
        tracks = tracker.update(perturbed(scene, index, rng, dimensions=64), time_s, motion=motion, size=SIZE)
        truth[index] = scene.truth(index)
        shown[index] = MotFrame.of((t.track_id, t.box, t.score) for t in tracks if t.state is not TrackState.TENTATIVE)
    scores = mot_scores(truth, shown)
    assert scores.idf1 > least_idf1
    assert scores.mota > 0.9
