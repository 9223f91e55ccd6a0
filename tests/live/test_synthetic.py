from __future__ import annotations

import itertools

import numpy as np
import pytest

from mien.errors import InputError, UnknownNameError
from mien.geometry.boxes import iou
from mien.live.camera_motion import CameraMotion
from mien.live.synthetic import HEIGHT, KINDS, WIDTH, make_scene, perturbed
from mien.live.synthetic_frames import cut_out, render


@pytest.fixture(scope="module")
def faces(drawn_face):
    return [cut_out(drawn_face, np.array([130, 110, 270, 300], np.float32))]


@pytest.mark.parametrize("kind", KINDS)
def test_a_scene_is_the_same_each_time_and_another_for_another_seed(kind):
    times = [0.0, 1.7, 5.2]
    first, again, other = make_scene(kind, 3), make_scene(kind, 3), make_scene(kind, 4)
    for time_s in times:
        assert (first.boxes(time_s) == again.boxes(time_s)).all()
    assert not (first.boxes(1.7) == other.boxes(1.7)).all()
    assert len(first.walks) == (10 if kind == "crowd" else 3)


def test_the_frame_rate_changes_what_is_seen_and_not_what_happens():
    slow, fast = make_scene("bars", 1, fps=10), make_scene("bars", 1, fps=50)
    assert (slow.frames, fast.frames) == (120, 600)
    assert slow.truth(7).boxes == pytest.approx(fast.truth(35).boxes)


def crossing_at():
    """A scene and a time at which two people overlap by half or more."""
    for seed in range(20):
        scene = make_scene("crossing", seed)
        for index in range(0, scene.frames, 5):
            boxes = scene.boxes(scene.time_s(index))
            overlap = iou(boxes, boxes) - np.eye(3)
            if overlap.max() > 0.6:
                return scene, index, np.unravel_index(overlap.argmax(), overlap.shape)
    raise AssertionError("nobody crosses in twenty scenes")


def test_the_nearer_face_hides_the_farther():
    scene, index, pair = crossing_at()
    near, far = sorted(pair, key=lambda row: scene.walks[row].depth)
    visible = scene.visible(scene.time_s(index))
    assert visible[near] > 0.9
    assert visible[far] < 0.5
    truth = scene.truth(index)
    assert truth.conf[truth.ids == scene.walks[far].person].tolist() == [0]


def test_bars_hide_and_are_painted(faces):
    scene = make_scene("bars", 0)
    middle = scene.bars.mean(1)
    index = next(i for i in range(scene.frames) if scene.visible(scene.time_s(i)).min() < 0.05)
    boxes = scene.boxes(scene.time_s(index))
    hidden = (boxes[:, 0] + boxes[:, 2])[scene.visible(scene.time_s(index)).argmin()] / 2
    assert np.abs(middle - hidden).min() < 60
    frame = render(scene, index, faces)
    assert frame.shape == (HEIGHT, WIDTH, 3)
    assert (frame[:, middle.round().astype(int)] == frame[0, int(middle[0].round())]).all()


def test_people_leave_and_return():
    scene = make_scene("leaving", 0, seconds=20)
    there = [set(scene.truth(index).ids.tolist()) for index in range(0, scene.frames, 5)]
    for person in (1, 2, 3):
        seen = [person in ids for ids in there]
        changes = sum(a != b for a, b in itertools.pairwise(seen))
        assert changes >= 2, person


def test_the_painted_camera_swings_as_the_truth_says(faces):
    scene = make_scene("pan", 2)
    camera = CameraMotion()
    camera.estimate(render(scene, 9, faces))
    found = camera.estimate(render(scene, 10, faces))
    moved = scene.camera(scene.time_s(9)) - scene.camera(scene.time_s(10))
    assert np.abs(moved).max() > 1
    assert found[:, 2] == pytest.approx(moved, abs=0.5)


def test_faces_are_painted_where_the_truth_is(faces):
    scene = make_scene("crossing", 5)
    frame = render(scene, 0, faces).astype(int)
    skin = np.abs(frame - [224, 178, 150]).max(2) < 12
    truth = scene.truth(0)
    for box in truth.boxes[truth.conf > 0]:
        x1, y1, x2, y2 = box.round().astype(int)
        assert skin[max(y1, 0) : y2, max(x1, 0) : x2].mean() > 0.35
    assert skin.mean() < 0.1


def test_detections_without_faults_are_the_truth():
    scene, rng = make_scene("crossing", 5), np.random.default_rng(0)
    found = perturbed(scene, 0, rng, missed=0, false=0, jitter=0)
    shown = scene.visible(0) >= 0.25
    assert found.boxes == pytest.approx(scene.boxes(0)[shown])
    assert found.keypoints.shape == (shown.sum(), 5, 2)
    assert found.embedding is None


def test_faults_come_as_often_as_asked_for():
    scene, rng = make_scene("crossing", 5), np.random.default_rng(0)
    whole = int((scene.visible(0) >= 0.25).sum())
    counts = [len(perturbed(scene, 0, rng, missed=0.5, false=0.0)) for _ in range(200)]
    assert np.mean(counts) == pytest.approx(whole / 2, rel=0.15)
    counts = [len(perturbed(scene, 0, rng, missed=1.0, false=2.0)) for _ in range(200)]
    assert np.mean(counts) == pytest.approx(2.0, rel=0.15)


def test_embeddings_are_near_for_one_person_and_far_for_two():
    scene, rng = make_scene("crossing", 5), np.random.default_rng(0)
    first = perturbed(scene, 0, rng, missed=0, false=0, dimensions=128).embedding
    second = perturbed(scene, 1, rng, missed=0, false=0, dimensions=128).embedding
    similarity = first @ second.T
    assert np.diag(similarity).min() > 0.6
    assert (similarity - np.diag(np.diag(similarity))).max() < 0.4
    assert np.linalg.norm(first, axis=1) == pytest.approx(np.ones(len(first)))


@pytest.mark.parametrize(("arguments", "error"), [({"fps": 0}, InputError), ({"seconds": -1}, InputError)])
def test_bad_scenes(arguments, error):
    with pytest.raises(error, match="positive"):
        make_scene("bars", 0, **arguments)
    with pytest.raises(UnknownNameError, match="crossing"):
        make_scene("crosing", 0)


def test_nothing_to_paint_with():
    with pytest.raises(InputError, match="cut_out"):
        render(make_scene("bars", 0), 0, [])
