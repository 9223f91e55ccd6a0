import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mien.audit.audit import audit
from mien.audit.groups import everyone, grouped
from mien.audit.measures import Mean, measures_of
from mien.audit.table import Answers, Groups
from mien.errors import DatasetError
from mien.evaluate.metrics import wilson


def people(gender, race, right, wrong, n_missing=0, age=30):
    """Rows of one group: as many with the right gender and the wrong one, and some without a prediction."""
    other = {"female": "male", "male": "female"}[gender]
    return [
        *[(gender, race, age, gender)] * right,
        *[(gender, race, age, other)] * wrong,
        *[(gender, race, age, "")] * n_missing,
    ]


HEADER = "true_gender,true_race,true_age,gender"
ROWS = [
    *people("female", "white", 45, 5),
    *people("female", "black", 30, 20),
    *people("male", "white", 99, 1),
    *people("male", "black", 10, 2, n_missing=28),
    *people("male", "", 36, 4),
]


def grouping(report, *by, attribute="gender"):
    (found,) = [one for one in report.attributes if one.name == attribute]
    (chosen,) = [one for one in found.groupings if one.by == by]
    return chosen


def values(grouping, figure="accuracy"):
    return {group.name: group.figures[figure].value for group in grouping.groups}


def test_figures_by_hand(audit_of):
    report = audit_of(HEADER, ROWS)
    (gender,) = report.attributes
    assert (gender.labelled, gender.everyone.n, gender.classes) == (280, 252, ("female", "male"))
    assert gender.everyone.figures["accuracy"].value == 220 / 252
    assert gender.everyone.figures["macro_recall"].value == pytest.approx((75 / 100 + 145 / 152) / 2)
    assert gender.everyone.figures["answered"].value == 252 / 280
    assert list(gender.everyone.figures) == ["accuracy", "macro_recall", "answered"]
    assert values(grouping(report, "gender")) == {"female": 0.75, "male": 145 / 152}
    assert values(grouping(report, "race")) == {"white": 0.96, "black": 40 / 62}
    assert values(grouping(report, "gender", "race")) == {
        "female, white": 0.9,
        "female, black": 0.6,
        "male, white": 0.99,
        "male, black": None,  # twelve with a prediction are too few
    }
    assert grouping(report, "race").unknown == 40


def test_how_often_there_is_a_prediction_is_told_of_all_who_are_labelled(audit_of):
    black_men = grouping(audit_of(HEADER, ROWS), "gender", "race").groups[-1]
    assert (black_men.name, black_men.n, black_men.too_small) == ("male, black", 12, False)
    assert (black_men.figures["answered"].value, black_men.figures["answered"].n) == (0.3, 40)
    assert black_men.figures["accuracy"].n == 12


def test_all_crossings_in_order(audit_of):
    report = audit_of(HEADER, ROWS)
    assert [one.by for one in report.attributes[0].groupings] == [
        ("gender",),
        ("race",),
        ("age_group",),
        ("gender", "race"),
        ("gender", "age_group"),
        ("race", "age_group"),
        ("gender", "race", "age_group"),
    ]


@pytest.mark.parametrize(
    ("min_group", "small"), [(50, ["male, black"]), (51, ["female, white", "female, black", "male, black"])]
)
def test_groups_that_are_too_small(audit_of, min_group, small):
    rows = [row for row in ROWS if row[3]]
    found = grouping(audit_of(HEADER, rows, min_group=min_group), "gender", "race")
    assert [group.name for group in found.groups if group.too_small] == small
    for group in found.groups:
        assert group.too_small == (group.figures["accuracy"].value is None)


def test_macro_recall_needs_enough_of_every_class(audit_of):
    by_race = grouping(audit_of(HEADER, ROWS), "race")
    assert values(by_race, "macro_recall") == {"white": pytest.approx((0.9 + 0.99) / 2), "black": None}  # twelve men
    by_gender = grouping(audit_of(HEADER, ROWS), "gender")
    assert values(by_gender, "macro_recall") == {"female": None, "male": None}


def test_the_gap_by_hand(audit_of):
    gap = grouping(audit_of(HEADER, ROWS), "gender", "race").gaps["accuracy"]
    assert gap.value == pytest.approx(0.39)
    assert (gap.highest, gap.lowest, gap.worst) == ("male, white", "female, black", "female, black")
    half = 1.96 * np.sqrt(0.6 * 0.4 / 50 + 0.99 * 0.01 / 100)
    assert (gap.low, gap.high) == pytest.approx((0.39 - half, 0.39 + half), abs=0.02)
    assert gap.value > gap.by_chance


def test_where_all_are_alike_none_is_worst(audit_of):
    rows = [*people("female", "white", 40, 0), *people("male", "white", 40, 0)]
    gap = grouping(audit_of(HEADER, rows), "gender").gaps["accuracy"]
    assert (gap.value, gap.worst, gap.by_chance) == (0, None, 0)


def test_shares_of_all_have_wilsons_interval_and_others_the_bootstraps(audit_of):
    rows = [*people("female", "white", 40, 0), *people("male", "white", 20, 20)]
    women, men = (group.figures["accuracy"] for group in grouping(audit_of(HEADER, rows), "gender").groups)
    assert (women.low, women.high) == wilson(40, 40)
    assert (men.low, men.high) == pytest.approx((0.5 - 0.155, 0.5 + 0.155), abs=0.02)


def test_ages_by_hand(audit_of):
    header = "true_gender,true_age,age,age_low,age_high"
    rows = [*[("F", 30, 33, 25, 35)] * 20, *[("F", 40, 34, 30, 39)] * 20, *[("M", 20, 29, 15, 31)] * 30]
    report = audit_of(header, rows)
    years = report.attributes[0].everyone.figures
    assert years["mae"].value == pytest.approx((20 * 3 + 20 * 6 + 30 * 9) / 70)
    assert years["bias"].value == pytest.approx((20 * 3 - 20 * 6 + 30 * 9) / 70)
    assert (years["within_5"].value, years["interval_holds"].value) == (20 / 70, 50 / 70)
    found = grouping(report, "gender", attribute="age")
    assert values(found, "mae") == {"female": 4.5, "male": 9}
    assert values(found, "bias") == {"female": -1.5, "male": 9}
    assert (found.gaps["mae"].worst, found.gaps["bias"].worst) == ("male", "male")
    assert found.gaps["bias"].value == 10.5
    risk = report.attributes[0].risk_coverage
    assert [(point.threshold, point.risk.n, point.risk.value) for point in risk.points] == [
        (16, 70, pytest.approx(450 / 70)),
        (10, 40, 4.5),
    ]


def test_errors_to_either_side_are_worst_where_they_are_farthest_from_zero(audit_of):
    rows = [*[("F", 30, 20)] * 30, *[("M", 30, 31)] * 30]
    gap = grouping(audit_of("true_gender,true_age,age", rows), "gender", attribute="age").gaps["bias"]
    assert (gap.highest, gap.lowest, gap.worst) == ("male", "female", "female")


def test_unsure_and_overconfidence_by_hand(audit_of):
    header = "true_gender,gender,gender_female,gender_male"
    rows = [
        *[("F", "F", 0.9, 0.1)] * 60,
        *[("F", "unsure", 0.4, 0.6)] * 40,
        *[("M", "M", 0.2, 0.8)] * 45,
        *[("M", "F", 0.8, 0.2)] * 5,
    ]
    report = audit_of(header, rows)
    women, men = (group.figures for group in grouping(report, "gender").groups)
    assert (women["accuracy"].value, women["sure"].value, women["accuracy_sure"].value) == (0.6, 0.6, 1)
    assert (men["accuracy"].value, men["sure"].value, men["accuracy_sure"].value) == (0.9, 1, 0.9)
    assert women["overconfidence"].value == pytest.approx((60 * 0.9 + 40 * 0.6) / 100 - 0.6)
    assert men["overconfidence"].value == pytest.approx(0.8 - 0.9)
    assert report.attributes[0].calibration.ece.n == 150
    assert report.attributes[0].risk_coverage.points[0].risk.value == pytest.approx(45 / 150)


def test_age_groups_count_neighbours(audit_of):
    rows = [*[("20-29", "20-29")] * 10, *[("20-29", "30-39")] * 15, *[("20-29", "40-49")] * 15]
    figures = audit_of("true_age_group,pred_age_group", rows).attributes[0].everyone.figures
    assert (figures["accuracy"].value, figures["within_one"].value) == (0.25, 0.625)


def test_chance_alone_makes_gaps_as_large_as_stated():
    """Groups drawn from one population: one gap in twenty is larger than `by_chance`."""
    random = np.random.default_rng(6)
    labels = tuple("abcdef")
    places = np.repeat(np.arange(6), [40, 60, 80, 100, 150, 200])
    rows = np.arange(len(places))
    larger = 0
    for _ in range(100):
        (found,) = grouped(
            {"accuracy": Mean((random.random(len(places)) < 0.8).astype(float))},
            [Groups(name="g", labels=labels, places=places)],
            rows,
            rows,
            least=30,
        )
        larger += found.gaps["accuracy"].value > found.gaps["accuracy"].by_chance
    assert 0 <= larger <= 12


people_of = st.lists(
    st.tuples(st.integers(-1, 1), st.integers(-1, 6), st.integers(-1, 1), st.integers(-1, 1)), min_size=1, max_size=60
)


@given(people_of, st.integers(1, 10))
@settings(max_examples=30)
def test_the_groups_and_those_of_unknown_group_are_everyone(rows, least):
    truth, race, predicted, third = np.array(rows).T
    one = Answers(
        name="gender",
        labels=("female", "male"),
        truth=truth,
        predicted=predicted,
        confidence=np.full(len(rows), np.nan),
        unsure=np.zeros(len(rows), bool),
    )
    ways = [
        Groups(name="gender", labels=("female", "male"), places=truth),
        Groups(name="race", labels=tuple("abcdefg"), places=race),
        Groups(name="third", labels=("x", "y"), places=third),
    ]
    measures, paired, labelled = measures_of(one), np.flatnonzero(one.paired), np.flatnonzero(one.labelled)
    total = everyone(measures, paired, labelled, least=least)
    found = list(grouped(measures, ways, paired, labelled, least=least))
    assert len(found) == 7
    for grouping_ in found:
        assert sum(group.n for group in grouping_.groups) + grouping_.unknown == total.n
        for group in grouping_.groups:
            accuracy = group.figures["accuracy"]
            assert accuracy.n == group.n
            assert (accuracy.value is None) == (group.n < least)
            inside = np.all(
                [way.places == way.labels.index(group.labels[way.name]) for way in ways if way.name in grouping_.by],
                axis=0,
            )
            if accuracy.value is not None:
                assert accuracy.value == pytest.approx((truth == predicted)[inside & one.paired].mean())
                assert accuracy.low <= accuracy.value <= accuracy.high


def test_too_few_people_for_anything(audit_of):
    with pytest.raises(
        DatasetError, match=r"too few people for any figure \(gender 29\), wanted 30; add rows or lower"
    ):
        audit_of("true_gender,gender", [("F", "F")] * 29)


def test_all_groups_too_small_are_told(audit_of):
    report = audit_of("true_gender,gender", [*[("F", "F")] * 29, *[("M", "M")] * 29])
    assert report.attributes[0].everyone.figures["accuracy"].value == 1
    assert report.notes == ("gender: every group has fewer than 30 people, so no groups are compared",)
    assert grouping(report, "gender").gaps == {}


def test_progress(table_of):
    seen = []
    audit(table_of("true_gender,gender,true_age,age", [("F", "F", 3, 4)]), min_group=1, progress=seen.append)
    assert seen == ["age", "gender"]
