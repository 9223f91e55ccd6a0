import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mien.evaluate.labels import Labels
from mien.evaluate.manifest import read_manifest
from mien.evaluate.pose_errors import PoseErrors, geodesic
from mien.evaluate.runner import Outcome
from mien.evaluate.tasks import TASKS, evaluate
from mien.faces import Faces
from mien.geometry.pose import mirror

ANGLE = st.floats(-80, 80)
POSE = st.tuples(ANGLE, ANGLE, ANGLE)


def test_errors_by_hand():
    truth = np.array([[10, 0, 0], [0, 20, -5], [-30, np.nan, 0], [0, 0, 179]])
    predicted = np.array([[12, 0, 0], [0, 16, -4], [-25, 3, 0], [0, 0, -179]])
    errors = PoseErrors.of(truth, predicted, unsure=np.array([False, True, False, False]), not_found=1)
    assert (errors.n, errors.not_found) == (4, 1)
    assert (errors.yaw.value, errors.yaw.n) == ((2 + 0 + 5 + 0) / 4, 4)
    assert (errors.pitch.value, errors.pitch.n) == (4 / 3, 3)
    assert (errors.roll.value, errors.roll.n) == ((0 + 1 + 0 + 2) / 4, 4)
    assert (errors.mae.value, errors.mae.n) == (pytest.approx((2 + 5 + 2) / 9), 3)
    assert (errors.mae_sure.value, errors.mae_sure.n) == (pytest.approx((2 + 2) / 6), 2)
    assert (errors.unsure.value, errors.unsure.n) == (0.25, 4)
    assert errors.geodesic.n == 3
    assert 2 < errors.geodesic.value < 3  # 2°, a little over 4° and 2°
    assert errors.yaw.low <= errors.yaw.value <= errors.yaw.high


def test_a_model_that_never_says_unsure():
    errors = PoseErrors.of(np.zeros((1, 3)), np.ones((1, 3)), unsure=None, not_found=0)
    assert errors.unsure is errors.mae_sure is None
    nobody = PoseErrors.of(np.empty((0, 3)), np.empty((0, 3)), unsure=None, not_found=2)
    assert (nobody.n, nobody.mae.value, nobody.geodesic.value) == (0, None, None)


@given(ANGLE, st.integers(0, 2))
def test_the_geodesic_of_a_turn_about_one_axis_is_its_angle(angle, axis):
    pose = np.zeros((1, 3))
    pose[0, axis] = angle
    assert geodesic(np.zeros((1, 3)), pose)[0] == pytest.approx(abs(angle), abs=1e-6)


@given(POSE, POSE)
def test_the_geodesic_is_a_distance_that_mirroring_keeps(first, second):
    one, two = np.array([first]), np.array([second])
    angle = geodesic(one, two)[0]
    assert 0 <= angle <= 180
    assert geodesic(two, one)[0] == pytest.approx(angle, abs=1e-6)
    assert geodesic(mirror(one), mirror(two))[0] == pytest.approx(angle, abs=1e-2)  # mirror() gives float32
    assert geodesic(one, one)[0] == 0


def test_half_a_turn():
    assert geodesic(np.array([[0, 0, 0]]), np.array([[180, 0, 0]]))[0] == pytest.approx(180)


def face(*pose, unsure=False):
    return Faces(boxes=[[0, 0, 9, 9]], scores=[0.9], pose=[pose], unsure={"pose": [unsure]})


def outcomes(*samples):
    return [
        Outcome(name=str(i), labels=labels, status="found" if one is not None else "not found", face=one)
        for i, (labels, one) in enumerate(samples)
    ]


def test_the_task(tmp_path):
    path = tmp_path / "poses.csv"
    path.write_text("path,Yaw,pitch,roll\na,10,0,0\nb,-20,,\nc,,,\nd,0,0,0\ne,steep,0,270\n", encoding="utf-8")
    manifest = read_manifest(path, wanted=tuple(TASKS["pose"].columns))
    assert TASKS["pose"].attributes(manifest) == ("pose",)
    assert manifest.names == ("a", "b", "d", "e")
    assert manifest.skipped == {"yaw": {"steep": 1}, "roll": {"270": 1}}
    results = outcomes(
        (manifest.labels[0], face(13, 1, 0)),
        (manifest.labels[1], face(-20, 9, 9, unsure=True)),
        (manifest.labels[2], None),
        (manifest.labels[3], face(0, 5, 0)),
    )
    report = evaluate("pose", manifest, results, crops=False)
    (errors,) = report
    assert (errors.name, errors.n, errors.not_found) == ("pose", 3, 1)
    assert (errors.yaw.value, errors.yaw.n) == (1.5, 2)
    assert (errors.pitch.value, errors.pitch.n) == (3, 2)
    assert (errors.mae.value, errors.mae.n) == (pytest.approx(4 / 3), 1)
    assert errors.unsure.value == 1 / 3
    assert report.to_dict()["attributes"]["pose"]["yaw"]["value"] == 1.5


def test_faces_without_flags_are_not_called_sure(tmp_path):
    path = tmp_path / "poses.csv"
    path.write_text("path,yaw\na,10\n", encoding="utf-8")
    manifest = read_manifest(path, wanted=("yaw",))
    results = outcomes((Labels(yaw=10), face(10, 0, 0).replace(unsure={})))
    (errors,) = evaluate("pose", manifest, results, crops=False)
    assert errors.unsure is None
    assert errors.mae.value is None  # no face is labelled with all three
