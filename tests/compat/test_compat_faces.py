"""`analyze`, `represent`, `extract_faces` and `verify`."""

import logging

import numpy as np
import pytest

from mien.compat import deepface as DeepFace  # noqa: N812
from mien.compat import distances
from mien.errors import InputError, NoFaceError, ShapeError, UnknownNameError

FUNCTIONS = (DeepFace.analyze, DeepFace.represent, DeepFace.extract_faces)
AREA = ["x", "y", "w", "h", "left_eye", "right_eye"]


@pytest.fixture(scope="module")
def couple(draw_faces):
    """Two faces, the left one smaller: (300, 600, 3) BGR."""
    return np.ascontiguousarray(draw_faces(300, 600, [(150, 150, 140), (430, 150, 200)])[:, :, ::-1])


# analyze


def test_analyze(bgr):
    (face,) = DeepFace.analyze(bgr(1))
    assert set(face) == {
        *("region", "face_confidence", "age", "gender", "dominant_gender", "emotion", "dominant_emotion"),
        *("race", "dominant_race", "unsure"),
    }
    assert list(face["region"]) == AREA
    assert face["region"]["left_eye"][0] > face["region"]["right_eye"][0]  # of the person
    assert 0.6 < face["face_confidence"] <= 1
    assert isinstance(face["age"], int)
    assert set(face["gender"]) == {"Man", "Woman"}
    assert set(face["emotion"]) == {"angry", "disgust", "fear", "happy", "sad", "surprise", "neutral"}
    assert set(face["race"]) == {"asian", "indian", "black", "white", "middle eastern", "latino hispanic"}
    for name in ("gender", "emotion", "race"):
        assert sum(face[name].values()) == pytest.approx(100, abs=1e-3)
        assert face[f"dominant_{name}"] == max(face[name], key=face[name].get)
    assert set(face["unsure"]) <= {"age", "gender", "emotion", "race"}


def test_values_are_those_of_mien(draw_person, bgr):
    import mien

    (ours,), (theirs,) = mien.analyze(draw_person(1)), DeepFace.analyze(bgr(1))
    assert theirs["age"] == round(ours.age)
    assert theirs["gender"]["Woman"] == pytest.approx(100 * ours.gender.probabilities["female"])
    shares = ours.race.probabilities
    assert theirs["race"]["asian"] == pytest.approx(100 * (shares["east_asian"] + shares["southeast_asian"]))
    assert theirs["unsure"] == [name for name in ("emotion", "age", "gender", "race") if name in ours.unsure]


@pytest.mark.parametrize(
    ("actions", "keys"),
    [
        ("age", {"age"}),
        (("age",), {"age"}),
        (["emotion", "age"], {"age", "emotion", "dominant_emotion"}),
        (["race", "race"], {"race", "dominant_race"}),
    ],
)
def test_only_what_is_asked_for(bgr, actions, keys):
    (face,) = DeepFace.analyze(bgr(1), actions=actions)
    assert set(face) == keys | {"region", "face_confidence", "unsure"}


@pytest.mark.parametrize(
    ("actions", "error"), [(["agee"], UnknownNameError), ([], InputError), ([None], UnknownNameError)]
)
def test_actions_that_there_are_not(bgr, actions, error):
    with pytest.raises(error):
        DeepFace.analyze(bgr(1), actions=actions)


# What the functions have in common


@pytest.mark.parametrize("function", FUNCTIONS)
def test_one_picture_and_many(function, bgr, couple, tmp_path):
    assert len(function(couple)) == 2
    many = function([bgr(1), couple])
    assert [len(faces) for faces in many] == [1, 2]
    batch = function(np.stack([bgr(1), bgr(2)]))
    assert [len(faces) for faces in batch] == [1, 1]


@pytest.mark.parametrize("function", FUNCTIONS)
def test_no_face(function, wall):
    with pytest.raises(NoFaceError, match=r"no face found in the picture.*enforce_detection=False"):
        function(wall)
    with pytest.raises(NoFaceError):
        function(wall, detector_backend="retinaface")
    (face,) = function(wall, enforce_detection=False)
    area = face.get("region") or face["facial_area"]
    assert area == {"x": 0, "y": 0, "w": 160, "h": 120, "left_eye": None, "right_eye": None}
    assert face.get("face_confidence", face.get("confidence")) == 0.0


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_face_cut_out(function, bgr):
    face = bgr(1)[60:260, 80:225]
    (given,) = function(face, detector_backend="skip")
    area = given.get("region") or given["facial_area"]
    assert (area["x"], area["y"], area["w"], area["h"]) == (0, 0, 145, 200)
    assert given.get("face_confidence", given.get("confidence")) == 0.0


@pytest.mark.parametrize("function", FUNCTIONS)
@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"anti_spoofing": True}, "anti_spoofing: Mien has no network"),
        ({"expand_percentage": -1}, "0 or more"),
        ({"expand_percentage": "5"}, "must be a number"),
        ({"detector_backend": "opencvv"}, "did you mean opencv"),
        ({"detector_backend": "mtcnn", "strict": True}, "strict: Mien has no mtcnn"),
    ],
)
def test_what_is_refused(function, options, message, bgr):
    with pytest.raises(InputError, match=message) as raised:
        function(bgr(1), **options)
    assert isinstance(raised.value, ValueError)


def test_boxes_may_be_larger_and_stay_in_the_picture(bgr):
    (face,) = DeepFace.extract_faces(bgr(1))
    (larger,) = DeepFace.extract_faces(bgr(1), expand_percentage=20)
    (huge,) = DeepFace.extract_faces(bgr(1), expand_percentage=1000)
    assert larger["facial_area"]["w"] == pytest.approx(1.2 * face["facial_area"]["w"], abs=2)
    assert (huge["facial_area"]["x"], huge["facial_area"]["w"], huge["facial_area"]["h"]) == (0, 300, 300)
    assert huge["face"].shape == (300, 300, 3)


# represent


def test_represent(bgr):
    (one,) = DeepFace.represent(bgr(1))
    (again,) = DeepFace.represent(bgr(1, 1))
    (other,) = DeepFace.represent(bgr(2))
    assert list(one) == ["embedding", "facial_area", "face_confidence"]
    assert len(one["embedding"]) == 128
    assert type(one["embedding"][0]) is float
    a, b, c = (np.array(face["embedding"]) for face in (one, again, other))
    assert np.linalg.norm(a) == pytest.approx(1, abs=1e-5)
    assert a @ b > a @ c


def test_options_of_represent(couple):
    both = DeepFace.represent(couple, return_face=True)
    assert all(face["face"].shape[:2] == (face["facial_area"]["h"], face["facial_area"]["w"]) for face in both)
    (largest,) = DeepFace.represent(couple, max_faces=1)
    assert largest["facial_area"]["x"] > 300
    (scaled, _) = DeepFace.represent(couple, minmax_normalize=True)
    assert (min(scaled["embedding"]), max(scaled["embedding"])) == (0, 1)
    for wrong in (0, 1.5, True):
        with pytest.raises(InputError, match="max_faces must be a whole number"):
            DeepFace.represent(couple, max_faces=wrong)


def test_arguments_without_effect_are_told_once(bgr, caplog):
    with caplog.at_level(logging.WARNING, logger="mien.compat"):
        for _ in range(2):
            options = {"model_name": "ArcFace", "normalization": "ArcFace", "align": False, "detector_backend": "yunet"}
            assert DeepFace.represent(bgr(1), **options) == DeepFace.represent(bgr(1))
    told = [record.getMessage() for record in caplog.records]
    assert sum("normalization='ArcFace' has no effect" in line for line in told) == 1
    assert sum("align=False has no effect" in line for line in told) == 1


# extract_faces


def test_faces_cut_out_in_the_colours_asked_for(bgr):
    image = bgr(1)
    (face,) = DeepFace.extract_faces(image, align=False, normalize_face=False, color_face="bgr")
    x, y, w, h = (face["facial_area"][key] for key in "xywh")
    assert np.array_equal(face["face"], image[y : y + h, x : x + w])
    (rgb,) = DeepFace.extract_faces(image, align=False)
    assert rgb["face"].dtype == np.float64
    assert np.array_equal(np.rint(rgb["face"] * 255), face["face"][:, :, ::-1])
    (grey,) = DeepFace.extract_faces(image, color_face="gray")
    assert grey["face"].shape == (h, w)
    (old,) = DeepFace.extract_faces(image, grayscale=True)
    assert np.array_equal(old["face"], grey["face"])
    with pytest.raises(UnknownNameError, match="color_face"):
        DeepFace.extract_faces(image, color_face="hsv")


def test_aligned_faces_have_level_eyes(draw_faces):
    import cv2

    upright = draw_faces(400, 400, [(200, 200, 200)])
    turned = cv2.warpAffine(upright, cv2.getRotationMatrix2D((200, 200), 20, 1), (400, 400), borderValue=(90, 110, 140))
    bgr = np.ascontiguousarray(turned[:, :, ::-1])
    slopes = []
    for align in (False, True):
        (face,) = DeepFace.extract_faces(bgr, align=align, expand_percentage=40, color_face="bgr")
        (again,) = DeepFace.extract_faces(face["face"])
        (left_x, left_y), (right_x, right_y) = again["facial_area"]["left_eye"], again["facial_area"]["right_eye"]
        slopes.append(abs(np.degrees(np.arctan2(left_y - right_y, left_x - right_x))))
    assert slopes[0] > 12
    assert slopes[1] < 7  # as well as the eyes of drawn faces are found


# verify


def test_verify(bgr):
    found = DeepFace.verify(bgr(1), bgr(1, 1), model_name="Facenet", detector_backend="mtcnn")
    assert list(found) == [
        *("verified", "distance", "threshold", "confidence", "model", "detector_backend", "similarity_metric"),
        *("facial_areas", "time"),
    ]
    assert (found["verified"], found["model"], found["detector_backend"]) == (True, "Facenet", "mtcnn")
    assert found["similarity_metric"] == "cosine"
    assert found["threshold"] == pytest.approx(distances.threshold_of("embedding", "cosine"), abs=1e-6)
    assert 0 < found["distance"] < found["threshold"]
    assert 51 <= found["confidence"] <= 100
    assert set(found["facial_areas"]) == {"img1", "img2"}
    assert list(found["facial_areas"]["img1"]) == AREA


@pytest.mark.parametrize("metric", distances.METRICS)
def test_every_distance_says_the_same(bgr, metric):
    same = DeepFace.verify(bgr(1), bgr(1, 1), distance_metric=metric)
    other = DeepFace.verify(bgr(1), bgr(2), distance_metric=metric, threshold=same["distance"] * 1.01)
    assert same["verified"]
    assert not other["verified"]
    assert other["confidence"] <= 49
    cosine = DeepFace.verify(bgr(1), bgr(1, 1))["distance"]
    assert distances.similarity_of(same["distance"], metric) == pytest.approx(1 - cosine, abs=1e-4)


def test_of_many_faces_the_nearest_pair(bgr, couple):
    (small, large) = sorted(DeepFace.represent(couple), key=lambda face: face["facial_area"]["x"])
    found = DeepFace.verify(couple, large["embedding"])
    assert found["distance"] == pytest.approx(0, abs=1e-6)
    assert found["facial_areas"]["img1"] == large["facial_area"]
    assert found["facial_areas"]["img2"] == dict.fromkeys(AREA)
    assert DeepFace.verify(small["embedding"], couple)["facial_areas"]["img2"] == small["facial_area"]


def test_two_walls_are_nobody(wall):
    with pytest.raises(NoFaceError):
        DeepFace.verify(wall, wall)
    found = DeepFace.verify(wall, wall, enforce_detection=False)
    assert (found["verified"], found["confidence"]) == (False, 0)
    assert found["distance"] == 0


def test_a_distance_of_the_callers_own(bgr):
    def manhattan(a, b):
        return np.abs(a - b).sum()

    found = DeepFace.verify(bgr(1), bgr(1, 1), distance_metric=manhattan, threshold=100)
    assert (found["verified"], found["confidence"]) == (True, 51)
    with pytest.raises(InputError, match="needs a threshold"):
        DeepFace.verify(bgr(1), bgr(1, 1), distance_metric=manhattan)
    with pytest.raises(ShapeError, match="one number for two embeddings"):
        DeepFace.verify(bgr(1), bgr(1, 1), distance_metric=np.subtract, threshold=1)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ([0.1] * 4096, r"has 128 numbers, got shape \(4096,\)"),
        ([0.0] * 128, "has no direction"),
        ([float("nan")] * 128, "has no direction"),
        (["a", "b"], "must be an embedding"),
        ([[1.0] * 128] * 2, r"got shape \(2, 128\)"),
        ([], r"got shape \(0,\)"),
    ],
)
def test_embeddings_that_are_none(bgr, given, message):
    with pytest.raises(ShapeError, match=message):
        DeepFace.verify(bgr(1), given)


@pytest.mark.parametrize("threshold", ["0.4", float("nan"), True])
def test_thresholds_that_are_none(bgr, threshold):
    with pytest.raises(InputError, match="threshold must be a number"):
        DeepFace.verify(bgr(1), bgr(2), threshold=threshold)


def test_distances_that_there_are_not(bgr):
    with pytest.raises(UnknownNameError, match="distance_metric 'cosin'; did you mean cosine"):
        DeepFace.verify(bgr(1), bgr(2), distance_metric="cosin")
