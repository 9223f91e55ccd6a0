import pytest

from mien.errors import DatasetError, UnknownNameError


def labels(table, name):
    (one,) = [one for one in table.answers if one.name == name]
    said = ["" if place < 0 else one.labels[place] for place in one.predicted]
    return [one.labels[place] if place >= 0 else "" for place in one.truth], said


@pytest.mark.parametrize(
    ("header", "options"),
    [
        ("true_gender,gender", {}),
        ("True Gender,GENDER", {}),
        ("true_gender,pred_gender", {}),
        ("true_gender,Predicted Gender", {}),
        ("gender,pred_gender", {}),  # beside a column marked as the prediction, the plain one is the truth
        ("gt,guess", {"truth": {"gender": "gt"}, "predicted": {"gender": "guess"}}),
        ("gt,gender", {"truth": {"gender": "gt"}}),
        ("true_gender,guess", {"predicted": {"gender": "guess"}}),
        ("gender,guess", {"predicted": {"gender": "guess"}}),
        ("gender,guess", {"truth": {"gender": "gender"}, "predicted": {"gender": "guess"}}),
        ("true_gender,dominant_gender", {"format": "deepface"}),
        ("true_gender,gender", {"format": "deepface"}),
    ],
)
def test_what_is_true_and_what_was_predicted(table_of, header, options):
    table = table_of(header, [("F", "male"), ("m", "Man"), ("Female", "woman")], **options)
    assert labels(table, "gender") == (["female", "male", "female"], ["male", "male", "female"])


@pytest.mark.parametrize(
    ("header", "options"),
    [
        ("true_gender,gender_female,gender_male", {}),
        ("true_gender,pred_gender_f,pred_gender_m", {}),
        ("true_gender,gender.Woman,gender.Man", {"format": "deepface"}),
        ("true_gender,dominant_gender.Woman,dominant_gender.Man", {"format": "deepface"}),
        ("true_gender,p0,p1", {"predicted": {"gender.female": "p0", "gender.male": "p1"}}),
    ],
)
def test_probabilities_by_their_columns(table_of, header, options):
    table = table_of(header, [("F", 0.9, 0.1), ("M", 0.6, 0.4)], **options)
    (gender,) = table.answers
    assert gender.predicted.tolist() == [0, 0]
    assert gender.confidence.tolist() == [0.9, 0.6]


def test_a_column_named_for_one_thing_is_taken_for_nothing_else(table_of):
    """FairFace's own output calls its nine ranges `age`."""
    table = table_of("true_age_group,age", [("20-29", "30-39")], predicted={"age_group": "age"})
    assert table.years is None
    assert labels(table, "age_group") == (["20-29"], ["30-39"])


def test_an_age_in_years_is_an_age_group_too(table_of):
    table = table_of("true_age_group,age,age_group", [("3-9", 9.9, "child"), ("10-19", 20, "young adult")])
    assert labels(table, "age_group") == (["3-9", "10-19"], ["3-9", "20-29"])
    assert table.notes == ()


def test_a_confidence_alone(table_of):
    (gender,) = table_of("true_gender,gender,gender_confidence", [("F", "F", 0.9), ("M", "F", 0.6)]).answers
    assert gender.confidence.tolist() == [0.9, 0.6]


@pytest.mark.parametrize(
    ("header", "options", "message"),
    [
        (
            "gender,age",
            {},
            r"no attribute is both known and predicted \(true: none; predicted: age, gender, age_group\)",
        ),
        (
            "true_gender,age",
            {},
            r"true: gender; predicted: age, age_group\); its columns: true_gender, age; name columns",
        ),
        ("a,b", {}, r"true: none; predicted: none\).*--true and --predicted, or the file of labels with --labels"),
        ("true_gender,b", {"predicted": {"gender": "c"}}, "has no column 'c'; its columns: true_gender, b"),
        ("a,gender", {"truth": {"gender": "c"}}, "has no column 'c'; its columns: a, gender"),
        (
            "true_gender,gender,Gender",
            {},
            "columns 'gender' and 'Gender' both read as gender; choose one with --predicted gender=COLUMN",
        ),
        (
            "true_gender,TrueGender,gender",
            {},
            "both read as true_gender; choose one with --true gender=COLUMN",
        ),
    ],
)
def test_columns_that_are_not_there(table_of, header, options, message):
    with pytest.raises(DatasetError, match=message):
        table_of(header, [("F",) + ("F",) * header.count(",")], **options)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"predicted": {"gendre": "gender"}}, "unknown predicted name 'gendre'; did you mean gender"),
        ({"predicted": {"gender.robot": "gender"}}, r"unknown predicted name 'gender\.robot'"),
        ({"predicted": {"age.old": "gender"}}, r"unknown predicted name 'age\.old'"),
        ({"truth": {"gendre": "gender"}}, "unknown true name 'gendre'; did you mean gender"),
        ({"format": "deepfake"}, "unknown format 'deepfake'; did you mean deepface"),
    ],
)
def test_names_that_mean_nothing(table_of, options, message):
    with pytest.raises(UnknownNameError, match=message):
        table_of("true_gender,gender", [("F", "F")], **options)
