import numpy as np
import pytest

pytest.importorskip("torch", reason="training needs the extra mien[train]")
pyarrow = pytest.importorskip("pyarrow", reason="training needs the extra mien[train]")
parquet = pytest.importorskip("pyarrow.parquet")

from mien.identity.calibration_fit import TooFewPairsError  # noqa: E402
from mien.train.identity_card import GROUP_FMR, Strangers, identity_facts, strangers  # noqa: E402


def unit(rows):
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)


@pytest.fixture
def data(tmp_path):
    sets = {
        "utkface": {"age": [1, 30, 30, 80], "gender": ["Male", "female"] * 2, "race": ["White", "Asian"] * 2},
        "fairface": {"age_group": ["0-2", "more than 70"], "gender": ["Male"] * 2, "race7": ["East Asian"] * 2},
    }
    for name, columns in sets.items():
        parquet.write_table(pyarrow.table(columns), tmp_path / f"{name}.parquet")
    return tmp_path


def test_strangers_are_each_once_and_small_children_are_marked(data):
    rows = {"utkface": np.array([0, 1, 2, 3]), "fairface": np.array([0, 1])}
    teacher = unit(np.eye(6))
    teacher[4] = unit(teacher[1:2] * 0.9 + teacher[4:5] * 0.3)[0]  # the first of FairFace is the second of UTKFace
    found = strangers(data, rows, teacher)
    assert found.places.tolist() == [0, 1, 2, 3, 5]
    assert found.data == ("utkface",) * 4 + ("fairface",)
    assert found.small_child.tolist() == [True, False, False, False, False]
    assert [label["age_group"] for label in found.labels] == ["0-2", "30-39", "30-39", "70+", "70+"]
    assert found.labels[-1] == {"age_group": "70+", "gender": "male", "race": "east_asian"}


@pytest.fixture
def known():
    """Forty children and two hundred others of two races, of whom the children and the asian ones are alike."""
    labels = [{"age_group": "0-2", "gender": "male", "race": "white"}] * 40
    labels += [{"age_group": "20-29", "gender": "female", "race": "asian" if n < 100 else "white"} for n in range(200)]
    return Strangers(
        places=np.arange(240), data=("utkface",) * 240, labels=tuple(labels), small_child=np.arange(240) < 40
    )


def test_thresholds_are_those_of_grown_strangers_and_groups_are_told_apart(known):
    random = np.random.default_rng(0)
    rows = random.normal(size=(240, 32))
    rows[:40] += 6
    rows[40:140, 0] += 4
    people = [f"person {n}" for n in range(60) for _ in range(4)]
    lag = unit(np.repeat(random.normal(size=(60, 32)), 4, axis=0) + random.normal(size=(240, 32)) * 0.4)
    adult = np.tile([True, True, False, False], 60)
    facts = identity_facts(known, unit(rows), lag, people, adult, model="embedding", sha256="0" * 64)
    assert facts.calibration.different == 200 * 199 // 2
    assert facts.calibration.same == 60  # pairs of two adult photos
    tars = {(metric.name, metric.data.split(",")[0]): metric for metric in facts.metrics if "tar" in metric.name}
    assert tars["tar_at_fmr_0.01", "LAG adults"].n == tars["tar_at_fmr_0.01", "LAG young"].n == 60
    assert tars["tar_at_fmr_0.01", "LAG"].n == 60 * 6
    assert tars["tar_at_fmr_0.01", "LAG"].value > 0.9
    groups = {(group.by, group.group): group for group in facts.groups}
    assert groups["age_group", "0-2"].value == 1
    assert groups["race", "asian"].value > 1.5 * GROUP_FMR > groups["race", "white"].value
    assert groups["race", "white"].n == 100  # without the children
    assert ("gender", "male") not in groups
    low, high = groups["race", "asian"].interval
    assert low < groups["race", "asian"].value < high


def test_small_groups_have_no_figure(known):
    few = Strangers(
        places=known.places,
        data=known.data,
        labels=(*known.labels[:-20], *({**label, "race": "black"} for label in known.labels[-20:])),
        small_child=known.small_child,
    )
    rows = unit(np.random.default_rng(0).normal(size=(240, 16)))
    facts = identity_facts(few, rows, rows, list(range(120)) * 2, np.ones(240, bool), model="m", sha256="s")
    black = next(group for group in facts.groups if group.group == "black")
    assert (black.n, black.value, black.interval) == (20, None, None)


def test_too_few_strangers_are_told():
    one = {"age_group": "20-29", "gender": "male", "race": "white"}
    known = Strangers(places=np.arange(3), data=("utkface",) * 3, labels=(one,) * 3, small_child=np.zeros(3, bool))
    rows = unit(np.eye(3))
    with pytest.raises(TooFewPairsError, match="3 pairs of different people"):
        identity_facts(known, rows, rows, ["a", "a", "b"], np.ones(3, bool), model="m", sha256="s")
