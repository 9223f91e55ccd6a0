import numpy as np
import pytest

from mien.audit.read import read_table
from mien.audit.table import UNKNOWN
from mien.errors import DatasetError
from mien.evaluate.labels import RACES6, Labels
from mien.evaluate.predictions import write_predictions
from mien.evaluate.runner import Outcome
from mien.faces import Faces
from mien.vocabulary import AGE_GROUPS, FAIRFACE_AGE_GROUPS, RACES, RACES5


def places(table, name):
    (one,) = [one for one in table.groups if one.name == name]
    return [None if place == UNKNOWN else one.labels[place] for place in one.places]


def test_what_mien_evaluate_writes(tmp_path):
    face = Faces(
        boxes=[[0, 0, 9, 9]],
        scores=[0.9],
        age=[32],
        age_interval=[[28, 39]],
        gender=[[0.4, 0.6]],
        race=[[0.3, 0, 0, 0.25, 0.25, 0.2, 0]],
        unsure={"gender": np.array([True])},
    )
    truth = Labels(age=30, gender="female", race="asian")
    outcomes = [
        Outcome(name="a", labels=truth, status="found", face=face),
        Outcome(name="b", labels=truth, status="not found"),
        Outcome(name="c", labels=truth, status="unreadable", reason="damaged"),
    ]
    write_predictions(outcomes, tmp_path / "out.csv")
    table = read_table(tmp_path / "out.csv")
    assert table.rows == 2
    assert table.notes[0] == "1 rows are of images that could not be read, and were left out"
    np.testing.assert_array_equal(table.years.truth, [30, 30])
    np.testing.assert_array_equal(table.years.predicted, [32, np.nan])
    np.testing.assert_array_equal([table.years.low[0], table.years.high[0]], [28, 39])
    assert [one.name for one in table.answers] == ["gender", "race"]  # emotion and age groups have no labels
    gender, race = table.answers
    assert (gender.predicted.tolist(), gender.unsure.tolist()) == ([1, UNKNOWN], [True, False])
    np.testing.assert_array_equal(gender.confidence, [0.6, np.nan])
    assert (gender.labelled.tolist(), gender.paired.tolist()) == ([True, True], [True, False])
    assert (race.labels, race.predicted.tolist()) == (RACES5, [2, UNKNOWN])  # white leads the seven, asian the five
    assert race.confidence[0] == pytest.approx(0.5)
    assert places(table, "gender") == ["female", "female"]
    assert places(table, "age_group") == ["young adult", "young adult"]


def test_unsure_without_probabilities_is_a_prediction_without_a_class(table_of):
    (gender,) = table_of("true_gender,gender", [("F", "Unsure"), ("F", "F"), ("F", "")]).answers
    assert gender.predicted.tolist() == [UNKNOWN, 0, UNKNOWN]
    assert gender.unsure.tolist() == [True, False, False]
    assert gender.paired.tolist() == [True, True, False]


def test_what_deepface_gives_flattened_and_not(table_of):
    header = "true_race,true_gender,age,dominant_gender,gender.Woman,gender.Man,dominant_race,dominant_emotion"
    flat = table_of(
        header, [("Latino_Hispanic", "Male", 31, "Man", 0.5, 99.5, "latino hispanic", "happy")], format="deepface"
    )
    gender, race = flat.answers
    assert (gender.predicted.tolist(), gender.confidence.tolist()) == ([1], [0.995])
    assert (race.labels, race.predicted.tolist()) == (RACES, [2])
    assert flat.notes[0] == "gender: the probabilities are percents and were divided by 100"

    cells = "\"{'Woman': np.float32(0.5), 'Man': 99.5}\""
    nested = table_of("true_gender,gender,dominant_gender", [("Male", cells, "Man")], format="deepface").answers[0]
    assert (nested.predicted.tolist(), nested.confidence.tolist()) == ([1], [0.995])
    only = table_of("true_gender,gender", [("Male", cells), ("Female", "")], format="deepface").answers[0]
    assert only.predicted.tolist() == [1, UNKNOWN]


@pytest.mark.parametrize("cell", ["{'Woman': 1", "{'Woman': f(1)}", "{1}"])
def test_dictionaries_that_are_none(table_of, cell):
    with pytest.raises(DatasetError, match=r"probabilities of gender: row 2 is .*, wanted a dictionary"):
        table_of("true_gender,gender", [("F", "{}"), ("F", f'"{cell}"')], format="deepface")


@pytest.mark.parametrize(
    ("truth", "predicted", "scored", "right"),
    [
        (("White", "Asian", "Others"), ("white", "east_asian", "middle_eastern"), RACES5, [True, True, True]),
        (("White", "Asian", "Indian"), ("white", "asian", "latino hispanic"), RACES5, [True, True, False]),
        (("White", "East Asian", "Latino_Hispanic"), ("white", "asian", "latino hispanic"), RACES6, [True, True, True]),
        (
            ("East Asian", "Southeast Asian", "Black"),
            ("southeast_asian", "southeast_asian", "black"),
            RACES,
            [False, True, True],
        ),
        (("East Asian", "Middle Eastern", "Black"), ("asian", "others", "white"), RACES5, [True, True, False]),
    ],
)
def test_races_are_scored_over_the_most_classes_that_both_sides_have(table_of, truth, predicted, scored, right):
    (race,) = table_of("true_race,race", list(zip(truth, predicted, strict=True))).answers
    assert race.labels == scored
    assert (race.truth == race.predicted).tolist() == right


def test_groups_keep_the_words_of_the_labels(table_of):
    table = table_of("true_race,race", [("East Asian", "asian"), ("Southeast Asian", "asian")])
    assert places(table, "race") == ["east_asian", "southeast_asian"]


def test_age_groups_are_those_of_the_labels(table_of):
    years = table_of("true_age,age", [(12.9, 10), (13, 10), (70, 80)])
    assert years.groups[0].labels == AGE_GROUPS
    assert places(years, "age_group") == ["child", "teenager", "senior"]
    ranges = table_of("true_age_group,true_age,age", [("3-9", None, 10), (None, 70, 80)])
    assert ranges.groups[0].labels == FAIRFACE_AGE_GROUPS
    assert places(ranges, "age_group") == ["3-9", "70+"]


def test_groups_of_ones_own(table_of):
    table = table_of(
        "true_gender,gender,Skin Type", [("F", "F", "VI"), ("M", "M", "I"), ("M", "M", "")], by=("skin_type",)
    )
    (skin,) = table.groups
    assert (skin.labels, skin.places.tolist()) == (("I", "VI"), [1, 0, UNKNOWN])


@pytest.mark.parametrize(
    ("by", "message"),
    [
        ("race", "has no true race to group by; its columns: true_gender, gender, id, none; name it with --true"),
        ("skin", "has no column 'skin' to group by"),
        ("id", "column 'id' has 41 different words, wanted 1 to 40 to group by"),
        ("none", "column 'none' has 0 different words"),
    ],
)
def test_groups_that_cannot_be_made(table_of, by, message):
    with pytest.raises(DatasetError, match=message):
        table_of("true_gender,gender,id,none", [("F", "F", i, "") for i in range(41)], by=(by,))


def test_unknown_words_are_counted_and_told(table_of):
    rows = [("F", "F", 30, 31), ("?", "F", "old", 31), ("F", "robot", 30, "n/a"), ("F", "robot", 30, 30)]
    table = table_of("true_gender,gender,true_age,age", rows)
    assert table.notes == (
        "true age: 1 labels outside the vocabulary were left out: 'old' × 1",
        "true gender: 1 labels outside the vocabulary were left out: '?' × 1",
        "predicted age: 1 cells are no numbers and were taken for no prediction: 'n/a' × 1",
        "predicted gender: 2 words outside the vocabulary were taken for no prediction: 'robot' × 2",
        "gender: everyone labelled is female, so its accuracy is how often that one class is recognised, and says "
        "nothing of the others",
        "by gender: everyone is female, so there are no groups to compare",
        "by age_group: everyone is young adult, so there are no groups to compare",
    )
    assert table.answers[0].paired.tolist() == [True, False, False, False]
    assert table.years.paired.tolist() == [True, False, False, True]


def test_without_groups(table_of):
    table = table_of("true_emotion,emotion", [("happy", "sad"), ("sad", "sad")])
    assert table.groups == ()
    assert table.notes == (
        "neither gender, race nor age is labelled, so there are no groups; choose columns with --by",
    )


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([("?", "F"), ("F", "robot")], "no row has both a label and a prediction .*: true gender: 1 labels outside"),
        ([("F", ""), ("M", "")], "gender: labelled in 2 rows, but none of them has a prediction"),
        ([("", "F"), ("", "M")], "no row has both a label and a prediction that can be used: the cells are empty"),
    ],
)
def test_nothing_that_can_be_used(table_of, rows, message):
    with pytest.raises(DatasetError, match=message):
        table_of("true_gender,gender", rows)


def test_no_rows(table_of):
    with pytest.raises(DatasetError, match=r"predictions\.csv has a header but no rows"):
        table_of("true_gender,gender", [])


def test_no_image_could_be_read(table_of):
    with pytest.raises(DatasetError, match="none of its 2 images could be read, so there is nothing to audit"):
        table_of("true_gender,gender,status", [("F", "", "unreadable"), ("F", "", "error")])


def test_intervals_need_two_ends_in_order(table_of):
    with pytest.raises(DatasetError, match="a predicted interval has one end only; give age_low and age_high"):
        table_of("true_age,age,age_low,age_high", [(30, 31, 28, 40), (30, 31, 28, "")])
    with pytest.raises(DatasetError, match="row 2: age_low 40 is above age_high 28; swap the two columns"):
        table_of("true_age,age,age_low,age_high", [(30, 31, 28, 40), (30, 31, 40, 28)])


LABELS = ("Path,Gender,race7", [("a", "F", "White"), ("b", "M", "East Asian"), ("c", "M", "Black")])


def test_labels_in_another_file(csv_file, table_of):
    labels = csv_file(*LABELS, name="labels.csv")
    table = table_of("path,gender,race", [("c", "F", "black"), ("x", "F", "white"), ("a", "F", "white")], labels=labels)
    gender, race = table.answers
    assert (gender.truth.tolist(), gender.predicted.tolist()) == ([1, 0], [0, 0])
    assert (race.truth == race.predicted).all()
    assert table.labels_path == labels
    assert table.notes == (
        "1 rows of predictions have no row of labels, and were left out",
        "1 rows of labels have no row of predictions, and were left out",
    )


def test_keys_that_are_called_differently(csv_file, table_of):
    labels = csv_file(*LABELS, name="labels.csv")
    table = table_of("img_path,gender", [("b", "M")], labels=labels, key="img_path=path")
    assert table.answers[0].truth.tolist() == [1]


@pytest.mark.parametrize(
    ("header", "rows", "key", "message"),
    [
        (
            "name,gender",
            [("a", "F")],
            None,
            r"predictions\.csv has no column 'path' to join by; its columns: name, gender",
        ),
        ("name,gender", [("a", "F")], "name", r"labels\.csv has no column 'name' to join by"),
        ("path,gender", [("val/a", "F")], None, "have no path in common: the first are 'val/a' and 'a'; choose"),
        (
            "path,gender",
            [("a", "F"), ("a", "M")],
            None,
            "'a' is the path of 2 rows; a label is of one person, so keep one",
        ),
    ],
)
def test_files_that_do_not_go_together(csv_file, table_of, header, rows, key, message):
    labels = csv_file(*LABELS, name="labels.csv")
    with pytest.raises(DatasetError, match=message):
        table_of(header, rows, labels=labels, key=key)


def test_parquet(tmp_path):
    pyarrow = pytest.importorskip("pyarrow")
    parquet = pytest.importorskip("pyarrow.parquet")
    columns = {"image": ["a.jpg", "b.jpg"], "true_age": [30, None], "age": [31.5, 20.0]}
    parquet.write_table(pyarrow.table(columns), tmp_path / "p.parquet")  # an image column may be of names here
    table = read_table(tmp_path / "p.parquet")
    np.testing.assert_array_equal(table.years.truth, [30, np.nan])
    np.testing.assert_array_equal(table.years.predicted, [31.5, 20])


def test_no_such_file(tmp_path):
    with pytest.raises(DatasetError, match=r"no predictions at .*nowhere\.csv; name a CSV or Parquet file"):
        read_table(tmp_path / "nowhere.csv")
