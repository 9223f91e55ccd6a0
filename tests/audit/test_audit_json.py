import json

import mien
from mien.audit.audit import INTERVALS
from mien.audit.kinds import KINDS

HEADER = "true_gender,gender,gender_female,gender_male"
ROWS = [*[("F", "F", 0.75, 0.25)] * 30, *[("F", "M", 0.25, 0.75)] * 10, *[("M", "M", 0, 1)] * 20]


def test_the_whole_of_it(audit_of):
    content = json.loads(json.dumps(audit_of(HEADER, ROWS).to_dict(), allow_nan=False))
    gender = content["attributes"].pop("gender")
    assert content == {
        "version": mien.__version__,
        "predictions": "predictions.csv",
        "labels": None,
        "rows": 60,
        "by": ["gender"],
        "min_group": 30,
        "notes": [],
        "intervals": INTERVALS,
        "figures": {
            name: {"title": kind.title, "unit": kind.unit, "best": kind.best, "meaning": kind.meaning}
            for name, kind in KINDS.items()
            if name in ("accuracy", "macro_recall", "overconfidence")
        },
        "attributes": {},
    }
    nothing = {"value": None, "low": None, "high": None}
    (grouping,) = gender["groupings"]
    women, men = grouping["groups"]
    accuracy, overconfidence = women["figures"].pop("accuracy"), women["figures"].pop("overconfidence")
    assert (accuracy["value"], accuracy["n"]) == (0.75, 40)
    assert accuracy["low"] < 0.75 < accuracy["high"]
    assert (overconfidence["value"], overconfidence["n"]) == (0.0, 40)
    assert women == {
        "labels": {"gender": "female"},
        "n": 40,
        "too_small": False,
        "figures": {"macro_recall": {**nothing, "n": 40}},
    }
    assert men == {
        "labels": {"gender": "male"},
        "n": 20,
        "too_small": True,
        "figures": {name: {**nothing, "n": 20} for name in ("accuracy", "macro_recall", "overconfidence")},
    }
    assert {key: value for key, value in grouping.items() if key != "groups"} == {
        "by": ["gender"],
        "unknown": 0,
        "gaps": {},
    }
    assert gender["classes"] == ["female", "male"]
    assert (gender["labelled"], gender["everyone"]["n"], gender["everyone"]["labels"]) == (60, 60, {})
    assert gender["everyone"]["too_small"] is False
    assert gender["everyone"]["figures"]["accuracy"]["value"] == round(50 / 60, 6)
    calibration = gender["calibration"]
    assert (calibration["n"], calibration["ece"]["value"]) == (60, 0)
    assert calibration["bins"][1] == {
        "low": round(14 / 15, 6),
        "high": 1.0,
        "n": 20,
        "confidence": 1.0,
        "accuracy": {**nothing, "n": 20},
    }
    curve = gender["risk_coverage"]
    assert (curve["n"], curve["loss"], curve["order"]) == (60, "error rate", "probability of the class, highest first")
    (point,) = curve["points"]  # only all sixty are thirty or more
    assert (point["coverage"], point["threshold"], point["risk"]["n"]) == (1.0, 0.75, 60)
    assert set(gender) == {"classes", "labelled", "everyone", "groupings", "calibration", "risk_coverage"}


def test_a_gap(audit_of):
    rows = [*ROWS, *[("M", "M", 0, 1)] * 20]
    (grouping,) = audit_of(HEADER, rows).to_dict()["attributes"]["gender"]["groupings"]
    gap = grouping["gaps"]["accuracy"]
    assert set(gap) == {"value", "low", "high", "highest", "lowest", "worst", "by_chance"}
    assert (gap["value"], gap["highest"], gap["lowest"], gap["worst"]) == (0.25, "male", "female", "female")


def test_the_same_files_give_the_same_figures(audit_of):
    assert audit_of(HEADER, ROWS).to_dict() == audit_of(HEADER, ROWS).to_dict()
