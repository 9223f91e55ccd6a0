import json
import sys

import numpy as np
import pytest

from mien.errors import MissingExtraError, ShapeError, UnknownNameError
from mien.face import Distribution, Face, Pose, to_race5
from mien.faces import Faces, row_names
from mien.vocabulary import FAIRFACE_AGE_GROUPS, GENDERS, age_group, fairface_age_group


def some_faces(count=3, **columns):
    """Faces whose every value tells its row."""
    rows = np.arange(count, dtype=np.float32)
    return Faces(
        boxes=np.stack([rows, rows, rows + 10, rows + 20], axis=1),
        scores=0.5 + rows / 10,
        keypoints=np.zeros((count, 5, 2)) + rows[:, None, None],
        age=20 + rows,
        identity=tuple(f"person {i}" for i in range(count)),
        unsure={"age": rows % 2 == 1},
        **columns,
    )


def whole_face():
    return Faces(
        boxes=[[10.04, 20, 110.26, 140]],
        scores=[0.97123],
        keypoints=[[[40, 60], [80, 60.5], [60, 80], [45, 100], [75, 100]]],
        quality=[0.8304],
        quality_reasons=(("small", "dark"),),
        age=[34.21],
        age_interval=[[28.92, 40.08]],
        age_coverage=0.8,
        gender=[[0.98, 0.02]],
        emotion=[[0.01, 0.02, 0.03, 0.9, 0.01, 0.01, 0.02]],
        race=[[0.1, 0.05, 0.05, 0.6, 0.1, 0.05, 0.05]],
        pose=[[-3.14, 4.0, -0.01]],
    )


GOLDEN = {
    "box": [10.0, 20.0, 110.3, 140.0],
    "score": 0.9712,
    "keypoints": [[40.0, 60.0], [80.0, 60.5], [60.0, 80.0], [45.0, 100.0], [75.0, 100.0]],
    "track_id": None,
    "quality": {"score": 0.83, "reasons": ["small", "dark"]},
    "age": {"years": 34.2, "interval": [28.9, 40.1], "coverage": 0.8, "group": "young adult"},
    "gender": {"label": "female", "probabilities": {"female": 0.98, "male": 0.02}},
    "emotion": {
        "label": "happy",
        "probabilities": {
            "angry": 0.01,
            "disgust": 0.02,
            "fear": 0.03,
            "happy": 0.9,
            "sad": 0.01,
            "surprise": 0.01,
            "neutral": 0.02,
        },
    },
    "race": {
        "label": "east_asian",
        "probabilities": {
            "white": 0.1,
            "black": 0.05,
            "latino_hispanic": 0.05,
            "east_asian": 0.6,
            "southeast_asian": 0.1,
            "indian": 0.05,
            "middle_eastern": 0.05,
        },
    },
    "pose": {"yaw": -3.1, "pitch": 4.0, "roll": 0.0},
    "landmarks": None,
    "embedding": None,
    "identity": None,
    "measures": {
        "eyes_open": None,
        "left_eye_open": None,
        "right_eye_open": None,
        "mouth_open": None,
        "smile": None,
        "facing": 1.0,
    },
    "unsure": [],
}


def test_json_of_a_face_is_the_designs():
    dicts = whole_face().to_dicts()
    assert dicts == [GOLDEN]
    assert list(dicts[0]) == list(GOLDEN)
    text = json.dumps(dicts, allow_nan=False)
    assert json.loads(text) == [GOLDEN]
    assert "-0.0" not in text


def test_json_of_a_face_of_which_little_is_known():
    face = Faces(boxes=[[0, 0, 1, 1]], scores=[0.5]).to_dicts()[0]
    assert face == {"box": [0, 0, 1, 1], "score": 0.5} | dict.fromkeys(list(GOLDEN)[2:]) | {"unsure": []}


def test_json_of_landmarks_embedding_track_and_identity():
    faces = Faces(
        boxes=np.zeros((1, 4)),
        scores=np.zeros(1),
        track_id=[7],
        landmarks=np.full((1, 478, 3), 1.26),
        embedding=[[0.6, 0.8]],
        identity=("Ada",),
    )
    face = faces.to_dicts()[0]
    assert (face["track_id"], face["embedding"], face["identity"]) == (7, [0.6, 0.8], "Ada")
    assert len(face["landmarks"]) == 478
    assert face["landmarks"][0] == [1.3, 1.3, 1.3]


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ({"boxes": [0, 0, 1, 1]}, r"boxes must be \(n, 4\), got \(4,\); wrap one face as boxes\[None\]"),
        ({"boxes": np.zeros((2, 5))}, r"boxes must be \(n, 4\), got \(2, 5\) with n = 2"),
        ({"boxes": 3}, r"boxes must be \(n, 4\), got \(\) with n = 1"),
        ({"boxes": [[0, 0, 1, 1], [0]]}, r"boxes must be an array of float32: "),
        ({"scores": [0.5]}, r"scores must be \(n,\), got \(1,\) with n = 2"),
        ({"scores": ["high", "low"]}, r"scores must be an array of float32: could not convert"),
        ({"keypoints": np.zeros((5, 2))}, r"keypoints must be \(n, 5, 2\), got \(5, 2\); wrap one face as keypoints"),
        ({"gender": np.zeros((2, 3))}, r"gender must be \(n, 2\), got \(2, 3\) with n = 2"),
        ({"emotion": np.zeros((2, 8))}, r"emotion must be \(n, 7\)"),
        ({"race": np.zeros((2, 5))}, r"race must be \(n, 7\)"),
        ({"pose": np.zeros((3, 3))}, r"pose must be \(n, 3\), got \(3, 3\) with n = 2"),
        ({"embedding": np.zeros((1, 128))}, r"embedding must be \(n, d\), got \(1, 128\) with n = 2"),
        ({"identity": ("Ada",)}, r"identity must have one entry a face: got 1 for 2 boxes"),
        ({"quality_reasons": ()}, r"quality_reasons must have one entry a face: got 0 for 2 boxes"),
        ({"unsure": {"age": np.zeros(3, bool)}}, r"unsure\['age'\] must be \(n,\), got \(3,\) with n = 2"),
        ({"boxes": [[0, 0, 1, np.nan], [0, 0, 1, 1]]}, "boxes must be finite numbers, got NaN or infinity"),
        ({"boxes": [[0, 0, 1, 1e300], [0, 0, 1, 1]]}, "boxes must be finite numbers, got NaN or infinity"),
        ({"age": [20, np.nan]}, "age must be finite numbers, got NaN or infinity; a column that is not known is None"),
        ({"track_id": [1.7, 2]}, r"track_id must be positive integers, got \[1\.7, 2\.0\]; number people from 1"),
        ({"track_id": [1, np.nan]}, r"track_id must be positive integers, got \[1\.0, nan\]"),
        ({"track_id": [2, -3]}, r"track_id must be positive integers, got \[2, -3\]"),
        ({"track_id": [0, 1]}, r"track_id must be positive integers, got \[0, 1\]"),
        ({"track_id": [1]}, r"track_id must be \(n,\), got \(1,\) with n = 2"),
        ({"quality_reasons": ("small", "dark")}, r"quality_reasons must be a tuple of words a face, got 'small'"),
        ({"quality_reasons": ((1,), ())}, r"quality_reasons must be a tuple of words a face, got \(1,\)"),
        ({"quality_reasons": 3}, "quality_reasons must be a tuple with one entry a face, got 3"),
        ({"identity": "Jo"}, "identity must be a tuple with one entry a face, got 'Jo'"),
        ({"identity": ("Jo", 3)}, "identity must be a name or None a face, got 3"),
    ],
)
def test_arrays_that_do_not_fit_are_refused(columns, message):
    with pytest.raises(ShapeError, match=message):
        Faces(**{"boxes": np.zeros((2, 4)), "scores": np.zeros(2)} | columns)


@pytest.mark.parametrize(("name", "near"), [("gendr", "did you mean gender"), (3, "known: age, gender")])
def test_only_attributes_can_be_unsure(name, near):
    with pytest.raises(UnknownNameError, match=f"unknown attribute in unsure '{name}'; {near}"):
        Faces(boxes=np.zeros((1, 4)), scores=np.zeros(1), unsure={name: [True]})


def test_lists_of_reasons_and_names_become_tuples():
    names = ["Ada", None]
    faces = Faces(boxes=np.zeros((2, 4)), scores=np.zeros(2), quality_reasons=[["small"], []], identity=names)
    names[0] = "Bob"
    assert (faces.quality_reasons, faces.identity) == ((("small",), ()), ("Ada", None))
    assert Faces.merge([faces, faces]).identity == ("Ada", None, "Ada", None)


def test_keypoints_far_outside_the_picture_are_not_drawn():
    image = np.full((60, 80, 3), 128, np.uint8)
    faces = Faces(boxes=[[10, 10, 50, 50]], scores=[1])
    plain = faces.draw(image)
    assert not np.array_equal(plain, image)
    for far in (1e9, -1e9, 3e38):
        np.testing.assert_array_equal(faces.replace(keypoints=np.full((1, 5, 2), far)).draw(image), plain)
    inside = faces.replace(keypoints=np.full((1, 5, 2), 30)).draw(image)
    assert not np.array_equal(inside, plain)


def test_types_are_the_designs():
    faces = Faces(boxes=[[0, 0, 1, 1]], scores=[1], track_id=[3], unsure={"age": [1]})
    assert faces.boxes.dtype == faces.scores.dtype == np.float32
    assert faces.track_id.dtype == np.int64
    assert faces.unsure["age"].dtype == np.bool_


def test_arrays_are_read_only_and_the_callers_are_left_alone():
    boxes = np.zeros((1, 4), np.float32)
    faces = Faces(boxes=boxes, scores=np.zeros(1))
    with pytest.raises(ValueError, match="read-only"):
        faces.boxes[0, 0] = 1
    with pytest.raises(AttributeError):
        faces.boxes = boxes
    boxes[0, 0] = 5
    assert boxes[0, 0] == 5
    assert faces.boxes[0, 0] == 0


def test_what_is_written_to_the_base_of_a_read_only_view_is_not_seen():
    base = np.zeros((2, 4), np.float32)
    view = base[:1]
    view.flags.writeable = False
    flags = np.array([True])
    faces = Faces(boxes=view, scores=np.zeros(1), unsure={"age": flags})
    base[:] = 5
    flags[:] = False
    assert faces.boxes.tolist() == [[0, 0, 0, 0]]
    assert faces.unsure["age"].tolist() == [True]
    again = faces.replace(age=[3])
    assert np.shares_memory(again.boxes, faces.boxes)  # nobody can write to them: no copy is needed


def test_nobody():
    faces = Faces.empty()
    assert len(faces) == 0
    assert list(faces) == []
    assert faces.to_dicts() == faces.to_rows() == []
    assert faces.age is None
    assert len(faces[[]]) == len(faces[:]) == len(faces[np.zeros(0, bool)]) == 0
    with pytest.raises(IndexError, match="face 0 of 0"):
        faces[0]


@pytest.mark.parametrize(
    ("index", "rows"),
    [
        (slice(None), [0, 1, 2]),
        (slice(1, None), [1, 2]),
        (slice(None, None, -1), [2, 1, 0]),
        ([2, 0], [2, 0]),
        ([-1], [2]),
        ([1, 1], [1, 1]),
        ([], []),
        (np.array([0, 2]), [0, 2]),
        (np.array([True, False, True]), [0, 2]),
        ([False, True, False], [1]),
        (np.zeros(3, bool), []),
    ],
)
def test_indexing_takes_rows_of_every_column(index, rows):
    part = some_faces()[index]
    assert isinstance(part, Faces)
    assert part.boxes[:, 0].tolist() == rows
    np.testing.assert_allclose(part.scores, [0.5 + row / 10 for row in rows])
    assert part.keypoints.shape == (len(rows), 5, 2)
    assert part.age.tolist() == [20 + row for row in rows]
    assert part.identity == tuple(f"person {row}" for row in rows)
    assert part.unsure["age"].tolist() == [row == 1 for row in rows]
    assert part.gender is None


@pytest.mark.parametrize("index", [[3], np.array([True, False]), [0.5]])
def test_indices_that_do_not_fit(index):
    with pytest.raises(IndexError):
        some_faces()[index]


@pytest.mark.parametrize(("index", "row"), [(0, 0), (2, 2), (-1, 2), (-3, 0), (np.int64(1), 1), (np.array(2), 2)])
def test_a_number_takes_a_face(index, row):
    face = some_faces()[index]
    assert isinstance(face, Face)
    assert (face.age, face.identity) == (20 + row, f"person {row}")


@pytest.mark.parametrize("index", [3, -4])
def test_no_such_face(index):
    with pytest.raises(IndexError, match=f"face {index} of 3"):
        some_faces()[index]


def test_iteration():
    assert [face.age for face in some_faces()] == [20, 21, 22]


def test_a_face_reads_every_column():
    face = whole_face()[0]
    np.testing.assert_allclose(face.box, [10.04, 20, 110.26, 140])
    assert face.score == pytest.approx(0.97123)
    assert face.keypoints.shape == (5, 2)
    assert (face.track_id, face.landmarks, face.embedding, face.identity) == (None, None, None, None)
    assert face.quality == pytest.approx(0.8304)
    assert face.quality_reasons == ("small", "dark")
    assert face.age == pytest.approx(34.21)
    assert face.age_interval == pytest.approx((28.92, 40.08))
    assert face.age_group == "young adult"
    assert (face.gender.label, face.emotion.label, face.race.label, face.race5.label) == (
        "female",
        "happy",
        "east_asian",
        "asian",
    )
    assert face.race5.probabilities == pytest.approx(
        {"white": 0.1, "black": 0.05, "asian": 0.7, "indian": 0.05, "others": 0.1}
    )
    assert face.pose == pytest.approx(Pose(-3.14, 4.0, -0.01))
    assert (
        repr(face) == "Face(box=(10, 20, 110, 140), score=0.97, age=34, gender=female, emotion=happy, race=east_asian)"
    )


def test_a_face_cannot_be_changed():
    face = whole_face()[0]
    with pytest.raises(AttributeError):
        face.age = 20
    with pytest.raises(ValueError, match="read-only"):
        face.box[0] = 1


def test_where_calibration_says_so_the_label_is_unsure_and_the_probabilities_stay():
    faces = whole_face().replace(unsure={"gender": [True], "race": [True], "emotion": [False]})
    assert (faces[0].gender.label, faces[0].race.label, faces[0].race5.label) == ("unsure",) * 3
    assert faces[0].emotion.label == "happy"
    assert faces[0].gender.confidence == pytest.approx(0.98)
    assert faces[0].to_dict()["gender"] == {"label": "unsure", "probabilities": {"female": 0.98, "male": 0.02}}


def test_a_face_names_what_is_unsure():
    faces = some_faces().replace(unsure={"pose": [False, True, True], "age": [False, False, True]})
    assert [face.unsure for face in faces] == [(), ("pose",), ("pose", "age")]
    assert [face["unsure"] for face in faces.to_dicts()] == [[], ["pose"], ["pose", "age"]]
    assert [row["unsure"] for row in faces.to_rows()] == ["", "pose", "pose age"]


def test_distribution():
    one = Distribution.of(GENDERS, np.array([0.25, 0.75]))
    assert (one.label, str(one), one.confidence) == ("male", "male", 0.75)
    assert Distribution.of(GENDERS, np.array([0.5, 0.5])).label == "female"  # the first of equals
    with pytest.raises(ValueError, match="zip"):
        Distribution.of(GENDERS, np.array([0.2, 0.3, 0.5]))


def test_merge_puts_parts_one_after_the_other():
    faces = some_faces()
    merged = Faces.merge([faces[:1], Faces.empty(), faces[1:]])
    assert merged.to_dicts() == faces.to_dicts()
    assert merged.unsure["age"].tolist() == [False, True, False]
    assert len(Faces.merge([])) == len(Faces.merge([Faces.empty(), Faces.empty()])) == 0
    assert Faces.merge([faces[:0], faces[3:]]).age.shape == (0,)


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"age": None}, "age is missing in 1 of 2 parts to merge"),
        ({"identity": None}, "identity is missing in 1 of 2 parts to merge"),
        ({"age_coverage": 0.9}, "parts to merge state different age_coverage"),
        ({"unsure": {}}, "parts to merge have different unsure columns"),
        ({"embedding": np.zeros((3, 64))}, r"embedding has rows of shapes \[\(64,\), \(128,\)\]"),
    ],
)
def test_parts_that_do_not_merge(changed, message):
    one = some_faces(embedding=np.zeros((3, 128)))
    with pytest.raises(ShapeError, match=message):
        Faces.merge([one, one.replace(**changed)])


def test_replace_makes_another():
    faces = some_faces()
    older = faces.replace(age=faces.age + 1)
    assert (faces.age.tolist(), older.age.tolist()) == ([20, 21, 22], [21, 22, 23])
    with pytest.raises(ShapeError, match="age must be"):
        faces.replace(age=[1])


def test_repr_names_what_is_known():
    assert repr(some_faces()) == "Faces(3: boxes, scores, keypoints, age, identity)"


def test_rows_are_flat():
    row = whole_face().to_rows()[0]
    assert list(row) == row_names()
    assert [row[name] for name in ("x1", "y1", "x2", "y2", "score")] == [10.0, 20.0, 110.3, 140.0, 0.9712]
    assert (row["age"], row["age_low"], row["age_high"], row["age_group"]) == (34.2, 28.9, 40.1, "young adult")
    assert (row["gender"], row["gender_female"], row["emotion_happy"], row["race_east_asian"]) == (
        "female",
        0.98,
        0.9,
        0.6,
    )
    assert (row["quality"], row["quality_reasons"]) == (0.83, "small dark")
    assert (row["yaw_deg"], row["pitch_deg"], row["roll_deg"]) == (-3.1, 4.0, 0.0)
    assert (row["facing"], row["unsure"]) == (1.0, "")
    assert {name for name, value in row.items() if value is None} == {
        "track_id",
        "identity",
        *("eyes_open", "left_eye_open", "right_eye_open", "mouth_open", "smile"),
    }
    assert len(row) == 42


def test_pandas():
    pandas = pytest.importorskip("pandas")
    frame = some_faces().to_pandas()
    assert isinstance(frame, pandas.DataFrame)
    assert frame["age"].tolist() == [20, 21, 22]
    assert frame["identity"].tolist() == ["person 0", "person 1", "person 2"]
    nobody = Faces.empty().to_pandas()
    assert len(nobody) == 0
    assert list(nobody.columns) == list(frame.columns) == row_names()


def test_without_pandas_the_remedy_is_told(monkeypatch):
    monkeypatch.setitem(sys.modules, "pandas", None)
    with pytest.raises(MissingExtraError, match=r"Faces.to_pandas\(\) needs pandas.*pip install 'mien\[data\]'"):
        some_faces().to_pandas()


def test_seven_races_summed_to_five():
    race = np.array([[1, 2, 3, 4, 5, 6, 7]]) / 28
    np.testing.assert_allclose(to_race5(race) * 28, [[1, 2, 9, 6, 10]], rtol=1e-6)
    assert to_race5(race[0]).shape == (5,)


@pytest.mark.parametrize(
    ("years", "group", "fairface"),
    [
        (0, "child", "0-2"),
        (2.99, "child", "0-2"),
        (3, "child", "3-9"),
        (9.9, "child", "3-9"),
        (10, "child", "10-19"),
        (12.9, "child", "10-19"),
        (13, "teenager", "10-19"),
        (19.99, "teenager", "10-19"),
        (20, "young adult", "20-29"),
        (39.9, "young adult", "30-39"),
        (40, "middle-aged", "40-49"),
        (64.9, "middle-aged", "60-69"),
        (65, "senior", "60-69"),
        (70, "senior", "70+"),
        (116, "senior", "70+"),
        (-0.5, "child", "0-2"),
    ],
)
def test_age_groups_count_completed_years(years, group, fairface):
    assert age_group(years) == group
    assert FAIRFACE_AGE_GROUPS[fairface_age_group(years)] == fairface
