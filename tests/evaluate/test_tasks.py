import dataclasses
import json

import numpy as np
import pytest

import mien
from mien.errors import DatasetError, ImageError, PipelineError
from mien.evaluate.labels import Labels
from mien.evaluate.manifest import Manifest, Sample, read_manifest
from mien.evaluate.metrics import wilson
from mien.evaluate.predictions import write_predictions
from mien.evaluate.runner import run
from mien.evaluate.tables import remarks
from mien.evaluate.tasks import TASKS, evaluate
from mien.faces import Faces
from mien.vocabulary import EMOTIONS, GENDERS, RACES, RACES5


def one_hot(label, labels):
    return np.eye(len(labels), dtype=np.float32)[[labels.index(label)]]


def face(*, age=30.0, gender="female", race="white", score=0.9):
    return Faces(
        boxes=[[0, 0, 10, 10]],
        scores=[score],
        age=[age],
        age_interval=[[age - 4, age + 6]],
        age_coverage=0.8,
        gender=one_hot(gender, GENDERS),
        race=one_hot(race, RACES),
    )


def mood(label):
    return Faces(boxes=[[0, 0, 9, 9]], scores=[0.9], emotion=one_hot(label, EMOTIONS))


def predictor(answers):
    """Knows the faces of each image by its bytes; an image that it does not know is unreadable."""

    def predict(source):
        if source not in answers:
            raise ImageError(f"{source!r} is no picture")
        return answers[source]

    return predict


def manifest_of(samples, *, race_labels=RACES, skipped=None, path):
    return Manifest(
        path=path,
        rows=len(samples) + 2,
        selected=len(samples) + 1,
        split="val",
        places=tuple(range(len(samples))),
        names=tuple(sample.name for sample in samples),
        labels=tuple(sample.labels for sample in samples),
        race_labels=race_labels,
        skipped=skipped or {},
        sources=lambda: (sample.source for sample in samples),
    )


@pytest.fixture
def evaluated(tmp_path):
    """The report of a task on samples given as (labels, faces); `None` for an image that cannot be read."""

    def of(task, pairs, *, crops=False, **options):
        samples = [Sample(name=f"{i}.jpg", source=b"%d" % i, labels=labels) for i, (labels, _) in enumerate(pairs)]
        answers = {b"%d" % i: faces for i, (_, faces) in enumerate(pairs) if faces is not None}
        manifest = manifest_of(samples, path=tmp_path / "faces.csv", **options)
        return evaluate(task, manifest, run(manifest, predictor(answers), crops=crops), crops=crops, detector="yunet")

    return of


def section(report, name):
    return next(one for one in report if one.name == name)


def test_demographics_by_hand(evaluated):
    report = evaluated(
        "demographics",
        [
            (Labels(age=30, gender="female", race="white"), face(age=32.0)),
            (Labels(age=12, gender="male", race="black"), face(age=9.9, gender="female", race="black")),
            (Labels(age=65, gender="male"), face(age=80, gender="male")),
            (Labels(gender="male", race="indian"), face(gender="male", race="middle_eastern")),
            (Labels(age=50, gender="male"), Faces.empty()),
            (Labels(age=51, gender="male", race="white"), None),
        ],
        skipped={"race": {"Martian": 2}},
    )
    assert [one.name for one in report] == ["age", "age_group", "gender", "race"]
    age = section(report, "age")
    assert (age.n, age.not_found, age.stated_coverage) == (3, 1, 0.8)
    assert age.mae.value == pytest.approx((2 + 2.1 + 15) / 3, abs=1e-6)
    assert (age.within_5.value, age.within_10.value) == (2 / 3, 2 / 3)
    assert age.coverage.value == 2 / 3  # 28–38 and 5.9–15.9 hold the age, 76–86 does not
    assert age.interval_width.value == pytest.approx(10)
    groups = section(report, "age_group")
    assert groups.accuracy.value == 1 / 3  # 9.9 years are in 3-9 still
    assert groups.within_one.value == 1
    assert groups.accuracy_not_found_wrong.value == 1 / 4
    gender = section(report, "gender")
    assert (gender.n, gender.not_found, gender.confusion) == (4, 1, ((1, 0), (1, 2)))
    assert (gender.accuracy.value, gender.accuracy_not_found_wrong.value) == (3 / 4, 3 / 5)
    race = section(report, "race")
    assert (race.labels, race.n, race.not_found, race.accuracy.value) == (RACES, 3, 0, 2 / 3)
    assert report.images.unreadable == (("5.jpg", "b'5' is no picture"),)
    assert (report.images.n, report.images.found, report.images.not_found) == (6, 4, 1)
    assert (report.images.detection_rate.value, report.images.detection_rate.n) == (0.8, 5)
    assert report.images.whole_crop is None


def test_races_over_five_are_summed_before_the_best_is_taken(evaluated):
    spread = np.array([[0.3, 0, 0, 0.25, 0.25, 0.2, 0]], np.float32)  # white leads the seven, asian the five
    pairs = [(Labels(race="asian"), face().replace(race=spread)), (Labels(race="others"), face(race="middle_eastern"))]
    race = section(evaluated("demographics", pairs, race_labels=RACES5), "race")
    assert (race.labels, race.accuracy.value) == (RACES5, 1)


def test_an_age_group_as_written_comes_before_the_age(evaluated):
    pairs = [(Labels(age=29, age_group="30-39"), face(age=35)), (Labels(age_group="70+"), face(age=99))]
    report = evaluated("demographics", pairs)
    assert section(report, "age_group").accuracy.value == 1
    assert section(report, "age").n == 1
    assert [one.name for one in report] == ["age", "age_group"]


def test_emotion_by_hand(evaluated):
    report = evaluated(
        "emotion",
        [
            (Labels(emotion="happy"), mood("happy")),
            (Labels(emotion="happy"), mood("neutral")),
            (Labels(emotion="sad"), mood("sad")),
            (Labels(emotion="fear"), Faces.empty()),
        ],
    )
    (emotion,) = report
    assert (emotion.labels, emotion.n, emotion.not_found) == (EMOTIONS, 3, 1)
    assert (emotion.accuracy.value, emotion.accuracy_not_found_wrong.value) == (2 / 3, 2 / 4)
    assert emotion.macro_recall.value == 3 / 4
    assert emotion.macro_f1.value == pytest.approx((2 / 3 + 1) / 2)
    assert emotion.confusion[EMOTIONS.index("happy")][EMOTIONS.index("neutral")] == 1


def test_of_several_faces_in_a_photo_the_largest_is_scored(evaluated):
    small, large = face(gender="female"), face(gender="male").replace(boxes=[[50, 0, 90, 40]])
    report = evaluated("demographics", [(Labels(gender="male"), Faces.merge([small, large, small]))])
    assert section(report, "gender").accuracy.value == 1


def test_crops_that_were_taken_whole_are_scored_and_counted(evaluated):
    pairs = [(Labels(gender="female"), face(score=score)) for score in (0.9, 0.0, 0.8, 0.0, 0.7)]
    report = evaluated("demographics", pairs, crops=True)
    images = report.images
    assert (images.found, images.not_found, report.input) == (5, 0, "crops")
    assert (images.whole_crop.value, images.whole_crop.n) == (0.4, 5)
    assert (images.detection_rate.value, images.detection_rate.low) == (0.6, wilson(3, 5).low)
    assert section(report, "gender").n == 5


def test_in_photos_a_score_of_zero_means_nothing_special(evaluated):
    images = evaluated("demographics", [(Labels(gender="female"), face(score=0.0))]).images
    assert (images.detection_rate.value, images.whole_crop) == (1, None)


def test_no_face_anywhere_is_no_error(evaluated):
    pairs = [(Labels(age=3, gender="male"), Faces.empty())]
    report = evaluated("demographics", pairs)
    assert section(report, "age").mae.value is None
    assert section(report, "gender").accuracy.value is None
    assert section(report, "gender").accuracy_not_found_wrong.value == 0
    json.dumps(report.to_dict(), allow_nan=False)


def test_a_predictor_without_the_attribute(evaluated):
    with pytest.raises(PipelineError, match="labels for gender, but the predictor gives none"):
        evaluated("demographics", [(Labels(gender="male"), face().replace(gender=None))])


def test_nothing_readable_is_an_error(evaluated):
    with pytest.raises(DatasetError, match=r"none of 2 images could be read; the first, 0.jpg: .* with --images"):
        evaluated("emotion", [(Labels(emotion="sad"), None), (Labels(emotion="sad"), None)])


def test_report_as_json(evaluated):
    report = evaluated(
        "demographics",
        [(Labels(age=30, gender="female"), face(age=32.0)), (Labels(gender="male"), None)],
        skipped={"age": {"old": 3}},
    )
    content = json.loads(json.dumps(report.to_dict(), allow_nan=False))
    assert content | {"attributes": None, "images": None, "intervals": None} == {
        "version": mien.__version__,
        "task": "demographics",
        "data": "faces.csv",
        "input": "photos",
        "detector": "yunet",
        "split": "val",
        "rows": 4,
        "selected": 3,
        "skipped": {"age": {"old": 3}},
        "attributes": None,
        "images": None,
        "intervals": None,
    }
    assert content["images"] == {
        "n": 2,
        "found": 1,
        "not_found": 0,
        "unreadable": [{"name": "1.jpg", "reason": "b'1' is no picture"}],
        "detection_rate": {"value": 1.0, "n": 1, "low": 0.206549, "high": 1.0},
        "whole_crop": None,
    }
    assert content["attributes"]["age"]["mae"] == {"value": 2.0, "n": 1, "low": 2.0, "high": 2.0}
    assert content["attributes"]["gender"]["confusion"] == [[1, 0], [0, 0]]
    assert content["attributes"]["gender"]["classes"][0]["label"] == "female"
    assert content["attributes"]["gender"]["classes"][1]["recall"] == {"value": None, "n": 0, "low": None, "high": None}


def test_remarks_name_what_the_figures_leave_out(evaluated):
    pairs = [(Labels(gender="male"), None)] * 12 + [(Labels(gender="male"), face())]
    lines = list(remarks(evaluated("demographics", pairs, skipped={"race": {"Martian": 2, "elf": 1}})))
    assert lines[0] == "race: skipped 3 labels outside the vocabulary: 'Martian' × 2, 'elf' × 1"
    assert lines[1] == "0.jpg: not read: b'0' is no picture"
    assert lines[-1] == "… and 2 more images not read"
    assert len(lines) == 12


def test_the_table_of_tasks(tmp_path):
    path = tmp_path / "faces.csv"
    path.write_text("path,age_group,gender,race\na,0-2,male,\nb,3-9,,\n")
    task = TASKS["demographics"]
    assert task.attributes(read_manifest(path, wanted=tuple(task.columns))) == ("age", "gender")
    known = {field.name for field in dataclasses.fields(Labels)}
    assert all(set(task.columns) <= known for task in TASKS.values())


def test_the_run_reports_its_progress_and_looks_for_files(tmp_path):
    (tmp_path / "there.jpg").write_bytes(b"there")
    samples = [
        Sample(name="there.jpg", source=tmp_path / "there.jpg", labels=Labels(age=3)),
        Sample(name="gone.jpg", source=tmp_path / "gone.jpg", labels=Labels(age=3)),
        Sample(name="row 3", source=None, labels=Labels(age=3)),
    ]
    seen = []
    outcomes = run(samples, lambda source: face(), crops=False, progress=seen.append)
    assert seen == [1, 2, 3]
    assert [(outcome.status, outcome.reason) for outcome in outcomes] == [
        ("found", ""),
        ("unreadable", f"no file at {tmp_path / 'gone.jpg'}"),
        ("unreadable", "the manifest names no image"),
    ]


def test_predictions_as_rows(tmp_path):
    samples = [
        Sample(name="a,b.jpg", source=b"0", labels=Labels(age=30, gender="female")),
        Sample(name="c.jpg", source=b"1", labels=Labels(gender="male")),
        Sample(name="d.jpg", source=b"2", labels=Labels(gender="male")),
    ]
    outcomes = run(samples, predictor({b"0": face(age=32), b"1": Faces.empty()}), crops=False)
    write_predictions(outcomes, tmp_path / "out.csv")
    csv_rows = read_rows(tmp_path / "out.csv")
    assert [(row["name"], row["status"], row["true_age"], row["age"]) for row in csv_rows] == [
        ("a,b.jpg", "found", "30", "32.0"),
        ("c.jpg", "not found", "", ""),
        ("d.jpg", "unreadable", "", ""),
    ]
    assert csv_rows[0]["gender_female"] == "1.0"
    assert csv_rows[2]["reason"] == "b'2' is no picture"


def read_rows(path):
    import csv

    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))
