from __future__ import annotations

import pytest

from mien.models import registry
from mien.models.card import Metric, Packaged, TrainingData
from mien.models.measured import GroupFigure, Latency, RiskCurve, RiskPoint
from mien.models.sheet import facts, restricted, tables


@pytest.fixture
def card(make_card):
    def figure(group, n, value, name="accuracy"):
        interval = None if value is None else (value - 0.01, value + 0.01)
        return GroupFigure(
            name=name, of="gender", data="val", by="race", group=group, n=n, value=value, interval=interval
        )

    points = [RiskPoint(coverage=c, threshold=0.7, risk=r, interval=(0, 1), n=9) for c, r in ((1, 0.1), (0.901, 0.05))]
    return make_card(
        Packaged(file="tiny.onnx"),
        training_data=(
            TrainingData(name="UTKFace", images=18_966, terms="non-commercial research"),
            TrainingData(name="FairFace", images=25_000, terms="CC BY 4.0"),
            TrainingData(name="SFace", images=0, terms="Apache-2.0"),
        ),
        parameters=1_640_000,
        latency=Latency(ms=2.471, runs=100, threads=1, machine="a machine"),
        metrics=(Metric(name="accuracy", of="gender", data="val", value=0.9253, interval=(0.9086, 0.9392), n=1138),),
        groups=(figure("white", 485, 0.95), figure("others", 12, None), figure("white", 480, 0.9, name="sure")),
        risk_coverage=(RiskCurve(of="gender", data="val", loss="error rate", order="p", points=tuple(points)),),
        calibration={
            "temperature": {"gender": 0.76},
            "unsure": {
                "age": {"limit": 24.2, "aim": None, "most": 0.1},
                "gender": {"limit": 0.755, "aim": 0.97, "most": 0.15},
            },
            "age_interval": {"coverage": 0.8, "ages": [0.0, 20.0], "tails": [0.37037, 0.1]},
            "pose": "rotation",
        },
    )


def test_facts_say_what_one_must_know(card) -> None:
    told = facts(card)
    assert told["file"] == "tiny.onnx, 0.00 MB"
    assert told["parameters"] == "1.64 M"
    assert told["latency"] == "2.47 ms for one face, one thread, median of 100 (a machine)"
    assert told["comes from"] == "Mien's own package"
    assert told["output y"] == "probabilities (1, 2)"
    assert told["commercial use"].startswith("not granted by the terms of UTKFace; ")


def test_what_is_not_known_is_left_out(make_card) -> None:
    card = make_card(Packaged(file="tiny.onnx"))
    assert not facts(card).keys() & {"parameters", "latency", "commercial use"}
    assert list(tables(card)) == []


@pytest.mark.parametrize(
    ("terms", "closed"),
    [
        ("non-commercial research", True),
        ("labels MIT, images (FER2013) for research", True),
        ("research; CC BY-NC-ND 4.0", True),
        ("academic, no redistribution", True),
        ("CC BY 4.0", False),
        ("Apache-2.0", False),
    ],
)
def test_data_sets_for_research_only_are_told_apart(make_card, terms: str, closed: bool) -> None:
    card = make_card(Packaged(file="x"), training_data=(TrainingData(name="a set", images=1, terms=terms),))
    assert restricted(card) == (("a set",) if closed else ())


def test_tables_hold_everything_measured(card) -> None:
    found = {table.title: table for table in tables(card)}
    assert found["Trained on"].rows[0] == ("UTKFace", "non-commercial research", "18,966")
    assert found["Trained on"].rows[2] == ("SFace", "Apache-2.0", "–")
    assert found["Measured"].rows == (("val", "gender", "accuracy", "0.9253", "0.909 – 0.939", "1,138"),)
    for table in found.values():
        assert all(len(row) == len(table.header) for row in table.rows)


def test_groups_are_rows_and_those_too_small_say_so(card) -> None:
    table = next(one for one in tables(card) if one.title == "gender by group, val")
    assert table.header == ("by", "group", "n", "accuracy", "sure")
    assert table.rows[0] == ("race", "white", "485", "0.95 (0.94 – 0.96)", "–")
    assert table.rows[1] == ("race", "others", "12", "too small", "–")


def test_risks_stand_under_their_coverage(card) -> None:
    table = next(one for one in tables(card) if one.title.startswith("Risk"))
    risks = dict(zip(table.header, table.rows[0], strict=True))
    assert (risks["100 %"], risks["95 %"], risks["90 %"]) == ("0.1", "–", "0.05")


def test_calibration_is_told_in_words(card) -> None:
    told = dict(next(one for one in tables(card) if one.title == "Calibration").rows)
    assert told["temperature"] == "gender 0.76"
    assert told["age is unsure"] == "where the interval is wider than 24.2 years (at most 10 % of the faces)"
    assert told["gender is unsure"] == (
        "where no class has 0.755 (for 97 % right among the others, at most 15 % of the faces)"
    )
    assert told["age interval"] == "holds 80 %; tail at each age in years 0: 0.370, 20: 0.100"
    assert told["pose"] == "rotation"


@pytest.mark.parametrize("card", registry.cards(), ids=lambda card: card.name)
def test_every_card_can_be_told(card) -> None:
    assert facts(card)["task"] == card.task
    for table in tables(card):
        assert all(len(row) == len(table.header) for row in table.rows)
