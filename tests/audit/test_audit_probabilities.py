import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mien.audit.probabilities import one_number_each, over_classes
from mien.errors import DatasetError
from mien.evaluate.labels import parsers
from mien.vocabulary import GENDERS, RACES, RACES5


def genders(*rows):
    female, male = zip(*rows, strict=True)
    cells = {"Woman": [str(cell) for cell in female], "Man": [str(cell) for cell in male]}
    return over_classes("gender", cells, GENDERS, parsers(RACES)["gender"], range(10, 10 + len(rows)))


def test_probabilities_as_they_are():
    found = genders((0.9, 0.1), (0.25, 0.75))
    np.testing.assert_allclose(found.values, [[0.9, 0.1], [0.25, 0.75]])
    assert found.notes == ()


def test_percents_are_divided():
    found = genders((90, 10), (0.5, 99.5), ("", ""))
    np.testing.assert_allclose(found.values, [[0.9, 0.1], [0.005, 0.995], [np.nan, np.nan]])
    assert found.notes == ("gender: the probabilities are percents and were divided by 100",)


def test_rounded_probabilities_are_made_to_sum_to_1():
    found = genders((0.667, 0.334))
    assert found.values.sum() == pytest.approx(1, abs=1e-12)
    assert found.notes == ()


def test_sums_other_than_1_are_told_and_left_out():
    found = genders((0.9, 0.1), (0.9, 0.4), (0.1, 0.1), (0.5, ""))
    np.testing.assert_array_equal(np.isnan(found.values).any(1), [False, True, True, True])
    assert found.notes == (
        "gender: in 2 of 3 rows the probabilities do not sum to 1 (first: row 12, 1.3); there only the predicted word "
        "counts, and calibration leaves them out",
    )


def test_classes_are_summed_to_those_that_are_scored():
    cells = {word: [str(value)] for word, value in zip(RACES, (0.1, 0.2, 0.05, 0.3, 0.2, 0.1, 0.05), strict=True)}
    found = over_classes("race", cells, RACES5, parsers(RACES5)["race"], [0])
    np.testing.assert_allclose(found.values, [[0.1, 0.2, 0.5, 0.1, 0.1]])


@pytest.mark.parametrize(
    ("cell", "message"),
    [
        (
            "high",
            "probabilities of gender, Woman: could not convert string to float: 'high'; wanted a number in every row",
        ),
        ("-0.1", "probabilities of gender, Woman: row 11 is -0.1, wanted 0 to 1 or percents"),
        ("inf", "probabilities of gender, Woman: row 11 is inf, wanted 0 to 1"),
    ],
)
def test_cells_that_are_no_probabilities(cell, message):
    with pytest.raises(DatasetError, match=message):
        genders((cell, 0.5))


def test_a_class_that_is_not_known():
    with pytest.raises(DatasetError, match="no class is called 'robot'; they are female, male"):
        over_classes("gender", {"robot": ["1"]}, GENDERS, parsers(RACES)["gender"], [0])


@given(st.lists(st.floats(0, 1), min_size=1, max_size=20), st.sampled_from([1, 100]))
def test_usable_rows_sum_to_1(shares, scale):
    found = genders(*((scale * share, scale * (1 - share)) for share in shares))
    np.testing.assert_allclose(found.values.sum(1), 1)
    np.testing.assert_allclose(found.values[:, 0], shares, atol=1e-9)


def test_one_number_each():
    notes = []
    np.testing.assert_array_equal(one_number_each("gender", ["0.5", ""], [0, 1], notes), [0.5, np.nan])
    assert notes == []
    np.testing.assert_array_equal(one_number_each("gender", ["50", "99"], [0, 1], notes), [0.5, 0.99])
    assert notes == ["gender: the confidences are percents and were divided by 100"]
    with pytest.raises(DatasetError, match="confidence of gender: 255 is neither a probability nor a percent"):
        one_number_each("gender", ["255"], [0], notes)


def test_a_word_that_is_not_the_most_probable_is_told_and_ties_go_to_the_word(table_of):
    rows = [("F", "F", 0.4, 0.6), ("F", "M", 0.5, 0.5), ("F", "F", 0.7, 0.7)]
    table = table_of("true_gender,gender,gender_female,gender_male", rows)
    (gender,) = table.answers
    assert gender.predicted.tolist() == [1, 1, 0]
    np.testing.assert_array_equal(gender.confidence, [0.6, 0.5, np.nan])
    assert "gender: in 1 rows the predicted word is not the most probable; the latter is scored" in table.notes
