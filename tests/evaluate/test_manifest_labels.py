import pytest

from mien.evaluate.labels import fold, parsers, race_labels_of
from mien.evaluate.votes import majority, vote_columns
from mien.vocabulary import RACES, RACES5

FER_WORDS = ("neutral", "happiness", "surprise", "sadness", "anger", "disgust", "fear", "contempt", "unknown", "NF")


@pytest.mark.parametrize("word", ["age_group", "Age Group", " AGEGROUP ", "age__group"])
def test_letter_case_spaces_and_underscores_do_not_matter(word):
    assert fold(word) == "agegroup"


@pytest.mark.parametrize(
    ("column", "cell", "label"),
    [
        ("age", "34", 34.0),
        ("age", "34.5", 34.5),
        ("age", "0", 0.0),
        ("age", "122.5", 122.5),
        ("age", "123", None),
        ("age", "-1", None),
        ("age", "nan", None),
        ("age", "inf", None),
        ("age", "20-29", None),
        ("age_group", "0-2", "0-2"),
        ("age_group", "3 - 9", "3-9"),
        ("age_group", "60–69", "60-69"),
        ("age_group", "70+", "70+"),
        ("age_group", "more than 70", "70+"),
        ("age_group", "More_than_70", "70+"),
        ("age_group", "39", None),  # an age, not the group 3-9
        ("age_group", "9-Mar", None),
        ("gender", "Female", "female"),
        ("gender", "F", "female"),
        ("gender", "woman", "female"),
        ("gender", "MALE", "male"),
        ("gender", "m", "male"),
        ("gender", "Man", "male"),
        ("gender", "0", None),
        ("emotion", "anger", "angry"),
        ("emotion", "Angry", "angry"),
        ("emotion", "happiness", "happy"),
        ("emotion", "sadness", "sad"),
        ("emotion", "fear", "fear"),
        ("emotion", "disgust", "disgust"),
        ("emotion", "Surprise", "surprise"),
        ("emotion", "neutral", "neutral"),
        ("emotion", "contempt", None),
        ("yaw", "-179.5", -179.5),
        ("pitch", "181", None),
        ("roll", "ten", None),
        ("identity", "Ada Lovelace", "Ada Lovelace"),
    ],
)
def test_cells(column, cell, label):
    assert parsers(RACES)[column](cell) == label


@pytest.mark.parametrize(
    ("labels", "cell", "label"),
    [
        (RACES, "Latino_Hispanic", "latino_hispanic"),
        (RACES, "East Asian", "east_asian"),
        (RACES, "southeast asian", "southeast_asian"),
        (RACES, "Middle Eastern", "middle_eastern"),
        (RACES, "Asian", None),
        (RACES5, "Asian", "asian"),
        (RACES5, "Others", "others"),
        (RACES5, "other", "others"),
        (RACES5, "East Asian", "asian"),
        (RACES5, "Middle Eastern", "others"),
        (RACES5, "Latino_Hispanic", "others"),
        (RACES5, "Martian", None),
    ],
)
def test_race_words(labels, cell, label):
    assert parsers(labels)["race"](cell) == label


@pytest.mark.parametrize(
    ("column", "words", "labels"),
    [
        ("race", ["White", "Asian"], RACES5),
        ("race", ["White", "Others"], RACES5),
        ("race", ["White", "East Asian"], RACES),
        ("race", ["Latino_Hispanic"], RACES),
        ("race", ["Asian", "Middle Eastern"], RACES5),  # only the five can hold both
        ("race", ["White", "Black", "Indian", ""], RACES5),
        ("race7", ["White", "Black", "Indian"], RACES),
        ("Race_7", [], RACES),
        ("race", [], RACES5),
    ],
)
def test_seven_races_or_five(column, words, labels):
    assert race_labels_of(column, words) == labels


@pytest.mark.parametrize(
    ("votes", "word"),
    [
        ({"anger": 6, "fear": 3, "NF": 1}, "anger"),
        ({"anger": 4, "fear": 3, "sadness": 3}, "anger"),
        ({"anger": 4, "fear": 4, "sadness": 2}, "tie"),
        ({"anger": 4, "unknown": 6}, "unknown"),
        ({"anger": 5, "unknown": 5}, "tie"),
        ({"anger": 0, "fear": 0}, ""),
    ],
)
def test_majority_of_votes(votes, word):
    assert majority(votes) == word


@pytest.mark.parametrize("spelling", ["fp_{}", "FP {}", "{}"])
def test_vote_columns(spelling):
    names = ["usage", *(spelling.format(word) for word in FER_WORDS)]
    assert vote_columns(names) == {word: spelling.format(word) for word in FER_WORDS}


def test_votes_need_all_seven_expressions():
    assert vote_columns([f"fp_{word}" for word in FER_WORDS if word != "fear"]) == {}
    assert set(vote_columns([f"fp_{word}" for word in FER_WORDS[:7]])) == set(FER_WORDS[:7])
