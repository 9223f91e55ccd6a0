"""Shares, means and their errors, from sums over pictures."""

import math

import numpy as np
import pytest

from mien.dataset.manifest import Manifest
from mien.dataset.moments import Moments, side_by_side
from mien.dataset.quantities import CLASSES
from mien.dataset.shares import mean, shares
from mien.dataset.summary import summarize
from mien.dataset.tally import FILE, tally
from mien.errors import DatasetError
from mien.evaluate.metrics import wilson

WOMAN, MAN = {"gender": "female"}, {"gender": "male"}


def gender(moments):
    labels = CLASSES["gender"]
    return shares(moments, "gender", labels, above=[f"gender={label}" for label in labels], below="gender")


def tallied(out):
    return tally(out, Manifest.read(out))


def test_people_and_files_are_counted(made_run):
    out = made_run([[{**WOMAN, "age": 30, "reasons": "small dark"}, {**MAN, "age": 12.96}], [], None, [WOMAN]])
    moments = tallied(out)
    assert moments.pictures == 4
    for name, total in {
        FILE: 4,
        "status=ok": 2,
        "status=no_face": 1,
        "status=error": 1,
        "face": 3,
        "gender": 3,
        "gender=female": 2,
        "age": 2,
        "age·": 42.96,
        "age²": 30**2 + 12.96**2,
        "age_group=child": 1,
        "age_group=young adult": 1,
        "age:2": 1,
        "age:6": 1,
        "reason=small": 1,
        "reason=dark": 1,
        "reason=cut": 0,
        "race": 0,
    }.items():
        assert moments.total(name) == pytest.approx(total), name


def test_parts_make_no_difference(made_run):
    people = [[WOMAN] * (i % 3) + [MAN] * (i % 2) for i in range(23)]
    whole, parts = (tallied(made_run(people, part_size=size)) for size in (50, 4))
    np.testing.assert_allclose(whole.products, parts.products)
    np.testing.assert_allclose(whole.sums, parts.sums)


def test_faces_alone_in_their_pictures_have_wilsons_interval(made_run):
    out = made_run([[WOMAN]] * 30 + [[MAN]] * 70)
    found = gender(tallied(out))
    assert found.n == 100
    assert found.figures[0].value == pytest.approx(0.3)
    # A share's variance over pictures is p (1 - p) / (k - 1): of 99 faces.
    assert found.worth == pytest.approx(99)
    low, high = wilson(0.3 * 99, 99)
    assert (found.figures[0].low, found.figures[0].high) == pytest.approx((low, high))


def test_faces_that_are_alike_in_a_picture_are_worth_one(made_run):
    alike = gender(tallied(made_run([[WOMAN] * 4] * 30 + [[MAN] * 4] * 70)))
    assert alike.n == 400
    assert alike.worth == pytest.approx(99)


def test_the_interval_holds_the_truth_in_95_of_100_data_sets():
    """Pictures of one to four people who are alike: naive intervals would hold it far more rarely."""
    draw, truth, held, naive, rounds = np.random.default_rng(1), 0.3, 0, 0, 400
    names = ("gender", "gender=female", "gender=male")
    for _ in range(rounds):
        sizes = draw.integers(1, 5, 200)
        women = np.where(draw.random(200) < 0.8, (draw.random(200) < truth) * sizes, draw.binomial(sizes, truth))
        totals = np.stack([sizes, women, sizes - women], axis=1).astype(float)
        figure = gender(Moments.none(names).plus(totals)).figures[0]
        held += figure.low <= truth <= figure.high
        low, high = wilson(women.sum(), sizes.sum())
        naive += low <= truth <= high
    assert 0.92 <= held / rounds <= 0.98
    assert naive / rounds < 0.88


def test_a_mean_and_its_interval(made_run):
    ages = [20.0, 30.0, 40.0, 50.0]
    figure = mean(tallied(made_run([[{"age": age}] for age in ages])), "age·", "age")
    error = np.std(ages, ddof=1) / 2
    assert figure.value == 35
    assert (figure.low, figure.high) == pytest.approx((35 - 1.959964 * error, 35 + 1.959964 * error))


def test_one_picture_alone(made_run):
    moments = tallied(made_run([[WOMAN, WOMAN, MAN]]))
    found = gender(moments)
    assert found.worth == pytest.approx(1)
    assert found.figures[0].low < 0.2
    assert mean(moments, "face", FILE).low is None


def test_nobody(made_run):
    moments = tallied(made_run([[], None]))
    assert gender(moments).n == 0
    assert gender(moments).figures[0].value is None
    assert mean(moments, "age·", "age").value is None


def test_ratios_by_brute_force():
    draw = np.random.default_rng(0)
    totals = draw.poisson(2, (300, 2)).astype(float)
    moments = Moments.none(("y", "n")).plus(totals[:100]).plus(totals[100:])
    [ratio], [[variance]] = moments.ratios(["y"], ["n"])
    y, n = totals.T
    assert ratio == pytest.approx(y.sum() / n.sum())
    residual = y - ratio * n
    assert variance == pytest.approx(300 / 299 * (residual**2).sum() / n.sum() ** 2)


def test_side_by_side_keeps_each_error():
    draw = np.random.default_rng(0)
    a = Moments.none(("y", "n")).plus(draw.poisson(2, (30, 2)).astype(float))
    b = Moments.none(("y", "n")).plus(draw.poisson(3, (200, 2)).astype(float))
    values, covariance = side_by_side(a, b).ratios(["a.y", "b.y"], ["a.n", "b.n"])
    for place, one in enumerate((a, b)):
        [ratio], [[variance]] = one.ratios(["y"], ["n"])
        assert values[place] == pytest.approx(ratio)
        assert covariance[place, place] == pytest.approx(variance)
    assert covariance[0, 1] == pytest.approx(0, abs=1e-12)


def test_a_run_that_is_not_finished_is_told(made_run):
    summary = summarize(made_run([[WOMAN]] * 100, part_size=25, done=3))
    assert summary.pictures == 75
    assert "75 of 100 pictures are done" in summary.notes[0]


def test_a_part_that_is_gone_is_told(made_run):
    out = made_run([[WOMAN]] * 4, part_size=2)
    (out.local / "faces" / "000000001.parquet").unlink()
    with pytest.raises(DatasetError, match="part 1 is damaged or gone"):
        summarize(out)


def test_no_part_yet(made_run):
    with pytest.raises(DatasetError, match="no part is done yet"):
        summarize(made_run([[WOMAN]], done=0))


def test_shares_of_a_class_that_never_occurs(made_run):
    found = gender(tallied(made_run([[WOMAN, WOMAN]] * 50)))
    assert found.figures[1].value == 0
    assert 0 < found.figures[1].high < 0.1
    assert math.isclose(found.figures[0].high, 1)
