"""What a card says of groups, on outcomes whose figures can be counted by hand."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("torch", reason="training needs the extra mien[train]")

from mien.evaluate.labels import Labels
from mien.evaluate.manifest import Manifest
from mien.evaluate.runner import FOUND, NOT_FOUND, Outcome
from mien.faces import Faces
from mien.train.by_group import FIGURES, SELECTIVE, by_estimates, by_labels, group_figures, people, risk_curves
from mien.train.by_group import selective_metrics as selective
from mien.train.calibrate import Judged
from mien.train.measure import measured
from mien.vocabulary import GENDERS, RACES, RACES5

MALE = 0.9


def outcome(row: int, *, labels: Labels, male: float = MALE, age: float = 30, unsure: bool = False) -> Outcome:
    face = Faces(
        boxes=[(0, 0, 9, 9)],
        scores=[0.9],
        age=[age],
        age_interval=[(age - 1 - row / 100, age + 1)],
        age_coverage=0.8,
        gender=[(1 - male, male)],
        race=[np.eye(7)[0] * 0.6 + np.eye(7)[4] * 0.4],
        unsure={name: [unsure] for name in ("age", "gender", "race")},
    )
    return Outcome(name=str(row), labels=labels, status=FOUND, face=face)


def manifest(results: list[Outcome], races: tuple[str, ...] = RACES) -> Manifest:
    return Manifest(
        path=Path("set.csv"),
        rows=len(results),
        selected=len(results),
        split=None,
        places=tuple(range(len(results))),
        names=tuple(result.name for result in results),
        labels=tuple(result.labels for result in results),
        race_labels=races,
        skipped={},
        sources=lambda: iter(()),
    )


@pytest.fixture
def results() -> list[Outcome]:
    """40 women of 26, half of them taken for men and then unsure; 20 men of 70; and one in whom no face was found."""
    women = [
        outcome(
            row, labels=Labels(gender="female", age=26.0, race="white"), male=0.6 if row % 2 else 0.2, unsure=row % 2
        )
        for row in range(40)
    ]
    men = [outcome(row, labels=Labels(gender="male", age=70.0, race="black"), age=66) for row in range(40, 60)]
    lost = Outcome(name="60", labels=Labels(gender="male", age=70.0), status=NOT_FOUND)
    return [*women, *men, lost]


def test_figures_of_groups_are_counted_and_small_groups_have_none(results) -> None:
    found = people(manifest(results), results)
    assert [one.name for one in found] == ["age", "gender", "race"]
    figures = group_figures(found, by_labels(manifest(results), results), "set", FIGURES)
    table = {(one.of, one.by, one.group, one.name): one for one in figures}
    women = table["gender", "gender", "female", "accuracy"]
    assert (women.value, women.n, women.data) == (0.5, 40, "set")
    assert women.interval is not None
    assert women.interval[0] < 0.5 < women.interval[1]
    men = table["gender", "gender", "male", "accuracy"]
    assert (men.value, men.interval, men.n) == (None, None, 20)
    young = table["age", "age_group", "young adult", "mae"]
    assert (young.value, young.n) == (4.0, 40)
    assert table["age", "age_group", "young adult", "bias"].value == 4.0
    assert table["age", "age_group", "young adult", "interval_holds"].value == 0.0
    assert {one.by for one in figures} == {"gender", "race", "age_group"}


def test_what_unsureness_buys_is_counted(results) -> None:
    told = {
        (metric.of, metric.name): (metric.value, metric.n)
        for metric in selective(people(manifest(results), results), "set")
    }
    assert told["gender", "sure"] == (pytest.approx(40 / 60, abs=1e-4), 60)
    assert told["gender", "accuracy_sure"] == (1.0, 40)


def test_curves_end_at_half_of_the_people(results) -> None:
    curves = {curve.of: curve for curve in risk_curves(people(manifest(results), results), "set")}
    gender = curves["gender"]
    assert (gender.loss, gender.points[0].coverage, gender.points[0].n) == ("error rate", 1.0, 60)
    assert gender.points[0].risk == pytest.approx(20 / 60, abs=1e-4)
    assert gender.points[-1].coverage >= 0.5
    assert gender.points[-1].risk == 0
    assert gender.points[-1].threshold == pytest.approx(0.8, abs=1e-4)
    assert curves["age"].loss == "mean absolute error, years"
    assert curves["age"].points[0].threshold == pytest.approx(2.59, abs=1e-3)


def test_of_five_races_the_confidence_is_that_of_the_seven(results) -> None:
    fives = [Outcome(name=one.name, labels=Labels(race="white"), status=one.status, face=one.face) for one in results]
    (race,) = people(manifest(fives, RACES5), fives)
    assert race.labels == RACES5
    assert race.confidence[0] == pytest.approx(0.6)


def test_groups_by_estimates_leave_out_who_is_unsure(results) -> None:
    ways = {one.name: one for one in by_estimates(results)}
    gender = ways["gender, estimated"]
    assert gender.labels == GENDERS
    assert gender.places.tolist() == [0 if row % 2 == 0 else -1 for row in range(40)] + [1] * 20 + [-1]
    assert "race, estimated" not in ways  # all who are sure are white, so nobody is told from others


def test_a_set_is_measured_with_the_intervals_that_were_held_out(results) -> None:
    results = results[:-1]
    held_out = {row: np.array([20, 80], np.float32) for row in range(60)}
    found = measured("demographics", manifest(results), results, "set", intervals=held_out)
    metrics = {(metric.of, metric.name, metric.data): metric for metric in found.metrics}
    assert metrics["age", "coverage", "set"].value == 1.0
    assert metrics["age", "interval_width", "set"].value == 60.0
    # Of the odd rows 20 women are taken for men at 60 %, and 10 men for men at 90 %; that they are unsure is no matter.
    ece = metrics["gender", "ece", "set, rows not calibrated on"]
    assert (ece.value, ece.n) == (pytest.approx((20 * 0.6 + 10 * 0.1) / 30, abs=1e-4), 30)
    assert metrics["gender", "accuracy_sure", "set, rows not calibrated on"].value == 1.0
    judged = Judged(np.array([0.9, 0.9], np.float32), np.array([True, False]))
    crossed = measured("demographics", manifest(results), results, "set", answers={"gender": judged}).metrics
    assert [(one.data, one.value, one.n) for one in crossed if one.name == "ece"] == [
        ("set, tenfold cross-calibrated", 0.4, 2)
    ]
    groups = {(one.of, one.by, one.group, one.name, one.data): one for one in found.groups}
    assert groups["age", "age_group", "young adult", "interval_holds", "set"].value == 1.0
    assert groups["gender", "gender", "female", "sure", "set, rows not calibrated on"].n == 20
    assert {curve.of for curve in found.risk_coverage} == {"age", "gender", "race"}
    assert SELECTIVE == ("sure", "accuracy_sure")
