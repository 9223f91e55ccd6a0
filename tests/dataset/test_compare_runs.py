"""Two runs, or two groups of one: differences, effect sizes, tests and their correction."""

import json
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mien.dataset.compare import compare_groups, compare_runs
from mien.dataset.manifest import Manifest
from mien.dataset.significance import CORRECTIONS, adjusted, chi_squared, two_sided
from mien.errors import DatasetError, UnknownNameError
from mien.evaluate.metrics import wilson

WOMAN, MAN = {"gender": "female"}, {"gender": "male"}


def run(out):
    return out, Manifest.read(out)


def find(comparison, attribute, label=""):
    return next(one for one in comparison.differences if (one.attribute, one.label) == (attribute, label))


def people(women, men):
    return [[WOMAN]] * women + [[MAN]] * men


def test_shares_of_two_independent_data_sets(made_run):
    found = compare_runs(run(made_run(people(30, 70))), run(made_run(people(120, 80))))
    assert not found.paired
    one = find(found, "gender", "female")
    assert (one.a, one.b, one.difference) == pytest.approx((0.3, 0.6, 0.3))
    assert one.effect == pytest.approx(2 * math.asin(math.sqrt(0.6)) - 2 * math.asin(math.sqrt(0.3)))
    (low_a, high_a), (low_b, high_b) = wilson(0.3 * 99, 99), wilson(0.6 * 199, 199)  # Newcombe's interval
    assert one.low == pytest.approx(0.3 - math.hypot(0.6 - low_b, high_a - 0.3))
    assert one.high == pytest.approx(0.3 + math.hypot(high_b - 0.6, 0.3 - low_a))
    assert one.p < 1e-5


def test_whole_distributions(made_run):
    found = compare_runs(run(made_run(people(30, 70))), run(made_run(people(120, 80))))
    [gender] = [one for one in found.distributions if one.attribute == "gender"]
    plain = 300 * (30 * 80 - 70 * 120) ** 2 / (100 * 200 * 150 * 150)  # χ² of four cells
    assert gender.cramers_v == pytest.approx(math.sqrt(plain / 300))
    assert gender.degrees == 1
    # Over the design effect, which for faces alone in their pictures is that of unequal shares and small samples.
    assert gender.chi_squared == pytest.approx(plain, rel=0.15)
    assert (gender.n_a, gender.n_b) == (100, 200)


def test_means_have_cohens_d(made_run):
    draw = np.random.default_rng(0)
    young, old = draw.normal(30, 8, 150), draw.normal(36, 8, 150)
    found = compare_runs(*(run(made_run([[{"age": float(age)}] for age in ages])) for ages in (young, old)))
    one = find(found, "age")
    assert one.difference == pytest.approx(old.mean() - young.mean())
    assert one.effect == pytest.approx(one.difference / math.sqrt((young.var() + old.var()) / 2))
    error = math.sqrt(young.var(ddof=1) / 150 + old.var(ddof=1) / 150)
    assert one.high - one.low == pytest.approx(2 * 1.959964 * error)


def test_people_who_stand_together_say_less(made_run):
    alone = compare_runs(run(made_run(people(20, 30))), run(made_run(people(30, 20))))
    together = compare_runs(
        *(run(made_run([[WOMAN] * 5] * (women // 5) + [[MAN] * 5] * (men // 5))) for women, men in ((20, 30), (30, 20)))
    )
    a, b = (find(one, "gender", "female") for one in (alone, together))
    assert a.difference == pytest.approx(b.difference)
    assert b.high - b.low > 1.5 * (a.high - a.low)
    assert a.p < 0.05 < b.p


def test_the_same_pictures_are_compared_one_by_one(made_run):
    draw = np.random.default_rng(0)
    before = draw.random(200) < 0.5
    after = np.where(draw.random(200) < 0.12, True, before)  # a few change, all of them to one side
    runs = [
        run(made_run([[WOMAN if one else MAN] for one in labels], part_size=size, names="the same"))
        for labels, size in ((before, 60), (after, 45))
    ]
    found = compare_runs(*runs)
    one = find(found, "gender", "female")
    changed = (after & ~before).sum()
    assert found.paired
    assert one.difference == pytest.approx(changed / 200)
    assert 0 < one.low < one.difference < one.high
    assert one.high - one.low < 0.1  # unpaired it would be 0.2
    assert one.p < 0.05


def test_a_pair_that_is_not_finished_is_refused(made_run):
    one = run(made_run(people(5, 5), part_size=2, done=3))
    with pytest.raises(DatasetError, match="is not finished; give the `mien dataset` that began it again"):
        compare_runs(one, one)


def test_groups_of_faces_and_of_pictures(made_run):
    pictures = [[{**WOMAN, "age": 30.0}, {**MAN, "age": 40.0}], [{**MAN, "age": 44.0}], [{**WOMAN, "age": 36.0}]] * 20
    out = made_run(pictures, kept=["x", "y", "y"] * 20)
    by_gender = compare_groups(*run(out), "gender", ("female", "male"))
    assert (by_gender.a, by_gender.b) == ("gender female", "gender male")
    one = find(by_gender, "age")
    assert (one.a, one.b) == pytest.approx((33, 42))
    assert not [each for each in by_gender.differences if each.attribute == "gender"]
    by_kept = compare_groups(*run(out), "group", ("x", "y"))
    assert find(by_kept, "gender", "female").difference == pytest.approx(0)
    assert find(by_kept, "age").difference == pytest.approx(5)
    assert compare_groups(*run(out), "input_group", ("x", "y")).differences == by_kept.differences


def test_groups_that_are_not_there(made_run):
    out = made_run(people(3, 0), kept=["x", "x", "y"])
    with pytest.raises(UnknownNameError, match=r"people apart by 'colour'; known: .*, input_group"):
        compare_groups(*run(out), "colour", ("red", "blue"))
    with pytest.raises(DatasetError, match=r"nobody has group 'z'; there are x \(2\), y \(1\)"):
        compare_groups(*run(out), "group", ("x", "z"))


def test_of_equal_data_sets_few_tests_are_significant(made_run):
    """False alarms come in about one test of twenty, and after correction hardly ever."""
    draw = np.random.default_rng(5)

    def pictures():
        return [
            [{"gender": draw.choice(["female", "male"]), "emotion": draw.choice(["happy", "neutral", "sad"])}]
            * int(draw.integers(1, 4))
            for _ in range(120)
        ]

    chances, corrected = [], 0
    for _ in range(15):
        found = compare_runs(run(made_run(pictures())), run(made_run(pictures())))
        tests = [one for one in (*found.distributions, *found.differences) if one.attribute in ("gender", "emotion")]
        chances += [one.p for one in tests]
        corrected += any(one.p_adjusted < 0.05 for one in tests)
    assert 0.01 <= np.mean(np.array(chances) < 0.05) <= 0.10
    assert corrected <= 3


def test_normal_and_chi_squared_chances():
    for value, p in ((0, 1.0), (1.0, 0.3173105), (3.0, 0.0026998)):
        assert two_sided(value) == pytest.approx(p, rel=1e-5)
    # Abramowitz and Stegun, table 26.8
    for degrees, value in ((1, 6.63490), (3, 11.3449), (4, 13.2767), (6, 16.8119), (7, 18.4753), (30, 50.8922)):
        assert chi_squared(value, degrees) == pytest.approx(0.01, rel=1e-4)
    assert chi_squared(0, 5) == 1


@given(st.lists(st.floats(0, 1), min_size=1, max_size=20))
def test_corrections_keep_the_order_and_never_make_smaller(chances):
    for correction in CORRECTIONS:
        after = adjusted(chances, correction)
        assert all(before - 1e-12 <= now <= 1 for before, now in zip(chances, after, strict=True))
        order = np.argsort(chances, kind="stable")
        assert (np.diff(np.array(after)[order]) >= -1e-12).all()
    assert all(bh <= holm + 1e-12 for bh, holm in zip(adjusted(chances, "bh"), adjusted(chances, "holm"), strict=True))


def test_everything_goes_into_json(made_run):
    found = compare_runs(run(made_run(people(5, 5))), run(made_run([*people(8, 2), None, []])), correction="bh")
    content = json.loads(json.dumps(found.to_dict(), allow_nan=False))
    assert content["tests"] == sum(
        one["p"] is not None for part in ("distributions", "differences") for one in content[part]
    )
    files = [one for one in content["differences"] if one["attribute"] == "files"]
    assert [one["label"] for one in files] == ["ok", "no_face", "error"]
    assert content["correction"] == "bh"
