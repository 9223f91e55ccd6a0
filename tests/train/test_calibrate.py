from __future__ import annotations

import dataclasses

import numpy as np
import pytest

pytest.importorskip("torch", reason="training needs the extra mien[train]")

from mien.errors import DatasetError
from mien.models.age import AgeTails, levels
from mien.models.temperature import temper
from mien.models.unsure import UnsureRule
from mien.train.calibrate import (
    AIMS,
    Aim,
    Labelled,
    cross_calibrated,
    cross_tempered,
    fit_age_tails,
    fit_temperature,
    fit_unsure,
    fit_widest,
)


def drawn(n: int, classes: int, temperature: float, seed: int = 1) -> Labelled:
    """Labels drawn from true probabilities, which are shown at another temperature."""
    random = np.random.default_rng(seed)
    true = random.dirichlet(np.full(classes, 0.5), n)
    labels = (true.cumsum(1) < random.random((n, 1))).sum(1)
    return Labelled(probabilities=temper(true, 1 / temperature), labels=labels)


@pytest.mark.parametrize("temperature", [0.6, 1.0, 1.8])
def test_the_temperature_of_a_model_is_found(temperature: float) -> None:
    sets = [drawn(6000, 7, temperature), drawn(6000, 2, temperature, seed=2)]
    assert fit_temperature(sets) == pytest.approx(temperature, rel=0.05)


def test_images_without_a_label_are_of_no_effect() -> None:
    one = drawn(500, 7, 1.5)
    labels = np.where(np.arange(500) < 400, one.labels, -1)
    some = Labelled(probabilities=one.probabilities, labels=labels)
    first = Labelled(probabilities=one.probabilities[:400], labels=one.labels[:400])
    assert fit_temperature([some]) == fit_temperature([first])


def test_groups_of_classes_find_it_too() -> None:
    one = drawn(8000, 4, 1.5)
    groups = (0, 1, 1, 0)
    grouped = Labelled(probabilities=one.probabilities, labels=np.array(groups)[one.labels], groups=groups)
    assert fit_temperature([grouped]) == pytest.approx(1.5, rel=0.1)


def aged(n: int, seed: int = 4) -> tuple[np.ndarray, np.ndarray]:
    """True ages and distributions that draw everyone towards 35 and are too narrow for their errors."""
    random = np.random.default_rng(seed)
    ages = random.integers(0, 90, n)
    centres = 35 + 0.8 * (ages - 35) + random.normal(0, 6, n)
    p = np.exp(-((np.arange(101) - centres[:, None]) ** 2) / (2 * 4.0**2)) + 1e-6
    return ages, p / p.sum(1, keepdims=True)


def held(ages: np.ndarray, intervals: np.ndarray) -> np.ndarray:
    return (intervals[:, 0] <= ages) & (ages <= intervals[:, 1])


@pytest.mark.parametrize("coverage", [0.5, 0.8, 0.9])
def test_the_intervals_hold_the_share_asked_for_at_every_age(coverage: float) -> None:
    ages, p = aged(6000)
    tails = fit_age_tails(ages[::2], p[::2], coverage)
    assert tails.coverage == coverage
    for part in (slice(0, None, 2), slice(1, None, 2)):
        inside = held(ages[part], tails.interval(p[part]))
        assert inside.mean() == pytest.approx(coverage, abs=0.035)
        for low, high in ((0, 13), (13, 20), (20, 40), (40, 65), (65, 91)):
            group = (low <= ages[part]) & (ages[part] < high)
            assert inside[group].mean() == pytest.approx(coverage, abs=0.08), (low, high)


def test_one_tail_for_all_would_not_do() -> None:
    """What the tails by age are for: the same data with one tail misses the old far too often."""
    ages, p = aged(6000)
    found = np.sort(levels(p, ages[:, None])[:, 0])
    one = AgeTails(ages=(0,), tails=(float(found[len(found) // 5]),), coverage=0.8)
    inside = held(ages, one.interval(p))
    assert inside.mean() == pytest.approx(0.8, abs=0.03)
    assert inside[ages >= 65].mean() < 0.7


def test_cross_calibrated_intervals_are_by_tails_of_others() -> None:
    ages, p = aged(600)
    intervals = cross_calibrated(ages, p)
    assert held(ages, intervals).mean() == pytest.approx(0.8, abs=0.05)
    assert not np.array_equal(intervals, fit_age_tails(ages, p).interval(p))


def test_cross_tempered_answers_are_by_a_temperature_of_others() -> None:
    sets = [drawn(400, 7, 1.5), drawn(300, 7, 1.5, seed=2)]
    answers = cross_tempered(sets)
    assert [len(one.confidence) for one in answers] == [400, 300]
    wrong = sets[0].labels.copy()
    wrong[17] = (wrong[17] + 3) % 7
    changed = cross_tempered([dataclasses.replace(sets[0], labels=wrong), sets[1]])
    assert changed[0].confidence[17] == answers[0].confidence[17]  # its own label is of no effect on its temperature
    assert (changed[0].confidence != answers[0].confidence).sum() > 300  # but on that of nine in ten others


def test_cross_tempered_leaves_out_images_without_a_label_and_sums_groups() -> None:
    one = Labelled(
        probabilities=np.tile([[0.4, 0.35, 0.25]], (40, 1)), labels=np.tile([1, 0, -1, 1], 10), groups=(0, 1, 1)
    )
    (judged,) = cross_tempered([one])
    assert len(judged.right) == 30
    assert (judged.confidence > 0.5).all()
    assert judged.right.sum() == 20  # group 1 of two classes is the likelier one


def test_without_people_nothing_is_ruled_out() -> None:
    ages, p = aged(3)
    tails = fit_age_tails(ages[:0], p[:0])
    assert set(tails.tails) == {0.0}
    assert tails.interval(p).tolist() == [[0, 100]] * 3


def certain(confidence: list[float], right: list[bool]) -> Labelled:
    """Two classes, the first one said with that confidence."""
    first = np.array(confidence)
    return Labelled(probabilities=np.stack([first, 1 - first], 1), labels=np.where(right, 0, 1))


def test_the_limit_keeps_most_labels_at_the_accuracy_aimed_for() -> None:
    # From the surest down the accuracy is 1, 1, 2/3, 3/4, 4/5, 4/6.
    one = certain([0.95, 0.9, 0.85, 0.8, 0.75, 0.7], [True, True, False, True, True, False])
    rule = fit_unsure([one], 1.0, Aim(accuracy=0.8, most=0.9))
    assert rule == UnsureRule(limit=0.75, aim=0.8, most=0.9)
    assert fit_unsure([one], 1.0, Aim(accuracy=0.9, most=0.9)).limit == 0.9
    assert fit_unsure([one], 1.0, Aim(accuracy=0.6, most=0.9)).limit == 0.7


def test_the_share_of_unsure_labels_wins_over_the_accuracy() -> None:
    one = certain([0.95, 0.9, 0.85, 0.8], [True, False, False, False])
    assert fit_unsure([one], 1.0, Aim(accuracy=0.99, most=0.5)).limit == 0.9
    assert fit_unsure([one], 1.0, Aim(accuracy=0.99, most=0.0)).limit == 0.8


def test_the_limit_is_on_tempered_probabilities_of_all_sets() -> None:
    sets = [certain([0.9], [True]), certain([0.8], [False])]
    assert fit_unsure(sets, 0.5, Aim(accuracy=1.0, most=0.5)).limit == pytest.approx(0.81 / 0.82, abs=1e-4)


def test_sureness_of_groups_is_that_of_the_class_and_its_label_that_of_the_group() -> None:
    p = np.array([[0.3, 0.4, 0.3], [0.3, 0.4, 0.3], [0.3, 0.4, 0.3]])
    confidence, right = Labelled(probabilities=p, labels=np.array([0, 1, -1]), groups=(0, 1, 0)).sureness(1.0)
    assert confidence == pytest.approx([0.4, 0.4])
    assert right.tolist() == [True, False]


def test_without_any_label_the_remedy_is_told() -> None:
    with pytest.raises(DatasetError, match="even row number has a label"):
        fit_unsure([Labelled(probabilities=np.ones((1, 2)), labels=np.array([-1]))], 1.0, AIMS["gender"])


def test_the_widest_interval_is_exceeded_by_as_many_as_allowed() -> None:
    widths = np.arange(1, 101)
    intervals = np.stack([np.zeros(100), widths], 1)
    rule = fit_widest(intervals, Aim(accuracy=None, most=0.1))
    assert (widths > rule.limit).mean() == pytest.approx(0.1, abs=0.011)
    assert (rule.aim, rule.most) == (None, 0.1)
