import csv
import json

import numpy as np
import pytest

from mien.errors import ImageError, PipelineError
from mien.evaluate.metrics import wilson
from mien.evaluate.pairs import read_pairs
from mien.evaluate.predictions import write_pairs
from mien.evaluate.runner import run
from mien.evaluate.tables import remarks
from mien.evaluate.verification import Verification
from mien.evaluate.verify import evaluate_pairs
from mien.faces import Faces

SAME = np.array([0.9, 0.8, 0.6, 0.55, 0.3])
DIFFERENT = np.array([0.7, 0.5, 0.4, 0.2])
SIMILARITY, IS_SAME = np.concatenate([SAME, DIFFERENT]), np.repeat([True, False], [5, 4])


def test_verification_by_hand():
    section = Verification.of(SIMILARITY, IS_SAME, model="sface", not_found=1, unreadable=2)
    assert (section.n, section.same, section.different, section.not_found, section.unreadable) == (9, 5, 4, 1, 2)
    assert (section.auc.value, section.auc.n) == (pytest.approx(15 / 20), 9)
    assert section.auc.low < 0.75 < section.auc.high
    assert section.eer.value == pytest.approx(0.25)
    assert section.threshold == pytest.approx(0.525)  # 4 of 5 above it, 3 of 4 below
    assert (section.accuracy.value, section.accuracy.n) == (7 / 9, 9)
    assert (section.accuracy.low, section.accuracy.high) == wilson(7, 9)
    assert section.accuracy_not_found_wrong.value == 7 / 10
    assert section.mean_same.value == pytest.approx(0.63)
    assert section.mean_different.value == pytest.approx(0.45)
    assert section.folds is None
    # Four pairs of different people tell nothing of one false match in a hundred.
    assert [(at.fmr, at.threshold, at.tar.value, at.tar.n) for at in section.tar_at_fmr] == [
        (0.01, None, None, 5),
        (0.001, None, None, 5),
        (0.0001, None, None, 5),
    ]
    assert section.thresholds == ()


def test_tar_at_fmr_and_the_table_of_thresholds():
    """1,000 strangers at 0.000 … 0.999; of one person 8 at 0.9955, one at 0.9888 and one at 0.5."""
    strangers, same = np.arange(1000) / 1000, np.array([0.9955] * 8 + [0.9888, 0.5])
    section = Verification.of(np.concatenate([same, strangers]), np.arange(1010) < 10, model="embedding")
    percent, permille, least = section.tar_at_fmr
    assert (percent.tar.value, permille.tar.value, least.tar.value) == (0.8, 0, None)
    assert percent.threshold == pytest.approx((0.99 + 0.989) / 2)
    assert permille.threshold == pytest.approx((0.999 + 0.998) / 2)
    assert (permille.tar.n, permille.tar.low, least.threshold) == (10, 0, None)
    assert percent.tar.low < 0.8 < percent.tar.high
    assert [(row.fmr.value, row.fmr.n, row.tar.value) for row in section.thresholds] == [
        (0.5, 1000, 1.0),
        (0.2, 1000, 0.9),
        (0.1, 1000, 0.9),
        (0.05, 1000, 0.9),
        (0.02, 1000, 0.9),
        (0.01, 1000, 0.8),
        (0.005, 1000, 0.8),
    ]
    assert [row.similarity for row in section.thresholds] == sorted(row.similarity for row in section.thresholds)
    assert (section.thresholds[-1].fmr.low, section.thresholds[-1].fmr.high) == wilson(5, 1000)


def test_folds_take_their_threshold_from_the_others():
    similarity = np.array([0.9, 0.5, 0.8, 0.3, 0.45, 0.2])
    same = np.array([True, False, True, False, True, False])
    section = Verification.of(similarity, same, model="sface", folds=["1", "1", "2", "2", "3", "3"])
    one, two, three = section.folds.folds
    assert one.threshold == pytest.approx((0.45 + 0.3) / 2)  # takes the stranger at 0.5 for the same person
    assert two.threshold == pytest.approx((0.9 + 0.5) / 2)
    assert three.threshold == pytest.approx((0.8 + 0.5) / 2)  # misses the person at 0.45
    assert [(fold.fold, fold.n, fold.accuracy) for fold in section.folds.folds] == [
        ("1", 2, 0.5),
        ("2", 2, 1.0),
        ("3", 2, 0.5),
    ]
    assert section.folds.mean == pytest.approx(2 / 3)
    assert section.folds.standard_error == pytest.approx(np.std([0.5, 1, 0.5], ddof=1) / np.sqrt(3))
    assert (section.accuracy.value, section.accuracy.low) == (4 / 6, wilson(4, 6).low)
    assert section.threshold == pytest.approx(0.65)  # of all pairs, 5 of 6 right


@pytest.mark.parametrize("kept", [slice(0, 0), slice(0, 5), slice(5, 9)])
def test_pairs_of_one_kind_or_none_have_no_curve(kept):
    section = Verification.of(SIMILARITY[kept], IS_SAME[kept], model="sface", not_found=3)
    assert (section.auc.value, section.eer.value) == (None, None)
    assert all(at.tar.value is None for at in section.tar_at_fmr)
    assert section.accuracy_not_found_wrong.n == len(SIMILARITY[kept]) + 3
    assert (section.mean_same.value is None) == (not IS_SAME[kept].any())


def face(*vector):
    embedding = np.array([vector], np.float32)
    return Faces(boxes=[[0, 0, 9, 9]], scores=[0.9], embedding=embedding / np.linalg.norm(embedding))


@pytest.fixture
def report_of(tmp_path):
    """The report on pairs given as text, with the faces of each image by its name; `None`: not readable."""

    def of(text, faces):
        (tmp_path / "pairs.csv").write_text(text, encoding="utf-8")
        pairs = read_pairs(tmp_path / "pairs.csv")
        asked = []

        def predict(source):
            asked.append(source.name)
            if faces[source.name] is None:
                raise ImageError("not a picture")
            return faces[source.name]

        for name in faces:
            (tmp_path / name).touch()
        outcomes = run(pairs, predict, crops=False)
        assert sorted(asked) == sorted(faces)  # each image once
        return pairs, outcomes, evaluate_pairs(pairs, outcomes, model="sface", crops=False, detector="yunet")

    return of


FACES = {
    "a": face(1, 0),
    "b": face(4, 3),
    "c": face(0, 1),
    "nobody": Faces.empty(),
    "broken": None,
}
TEXT = "a,b,same\na,b,1\na,c,0\nb,c,0\nb,nobody,1\nnobody,c,0\nbroken,nobody,1\nc,a,perhaps\n"


def test_from_pairs_to_the_report(report_of):
    _, _, report = report_of(TEXT, FACES)
    (section,) = report
    assert (section.n, section.same, section.different) == (3, 1, 2)
    assert (section.not_found, section.unreadable) == (2, 1)
    assert section.mean_same.value == pytest.approx(0.8)
    assert section.mean_different.value == pytest.approx(0.3)
    assert section.auc.value == 1
    assert (section.accuracy.value, section.accuracy_not_found_wrong.value) == (1, 3 / 5)
    images = report.images
    assert (images.n, images.found, images.not_found, images.unreadable) == (5, 3, 1, (("broken", "not a picture"),))
    assert report.skipped == {"same": {"perhaps": 1}}
    content = json.loads(json.dumps(report.to_dict(), allow_nan=False))
    assert (content["task"], content["data"], content["rows"]) == ("verification", "pairs.csv", 7)
    assert content["attributes"]["verification"]["model"] == "sface"
    assert content["attributes"]["verification"]["mean_same"]["value"] == 0.8
    assert list(remarks(report)) == [
        "same: skipped 1 labels outside the vocabulary: 'perhaps' × 1",
        "verification: 2 pairs left out, as no face was found in an image of theirs; "
        "`accuracy, not found as wrong` counts them",
        "verification: 1 pairs left out, as an image of theirs could not be read",
        "verification: TAR at FMR 0.01 needs 100 pairs of different people or more, got 2",
        "verification: TAR at FMR 0.001 needs 1,000 pairs of different people or more, got 2",
        "verification: TAR at FMR 0.0001 needs 10,000 pairs of different people or more, got 2",
        "broken: not read: not a picture",
    ]


def test_pairs_as_rows(report_of, tmp_path):
    pairs, outcomes, _ = report_of(TEXT, FACES)
    write_pairs(pairs, outcomes, tmp_path / "out.csv")
    with (tmp_path / "out.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 6
    assert list(rows[0]) == ["fold", "a", "b", "same", "similarity", "status_a", "status_b"]
    assert list(rows[0].values()) == ["", "a", "b", "1", "0.8", "found", "found"]
    assert (rows[5]["similarity"], rows[5]["status_a"], rows[5]["status_b"]) == ("", "unreadable", "not found")


def test_folds_that_lose_all_but_one_are_no_folds(report_of):
    text = "fold,a,b,same\n1,a,b,1\n1,a,c,0\n2,b,nobody,1\n"
    _, _, report = report_of(text, {name: FACES[name] for name in ("a", "b", "c", "nobody")})
    (section,) = report
    assert (section.folds, section.n, section.not_found) == (None, 2, 1)


def test_nobody_anywhere_is_no_error(report_of):
    _, _, report = report_of("a,b,same\nx,y,1\nx,z,0\n", dict.fromkeys("xyz", Faces.empty()))
    (section,) = report
    assert (section.n, section.not_found, section.auc.value, section.accuracy_not_found_wrong.value) == (0, 2, None, 0)


def test_a_predictor_without_embeddings(report_of):
    faces = {name: FACES["a"].replace(embedding=None) for name in "abc"}
    with pytest.raises(PipelineError, match="compared by embedding, but the predictor gives none"):
        report_of("a,b,same\na,b,1\na,c,0\n", faces)
