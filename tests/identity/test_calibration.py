import dataclasses
import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mien.errors import InputError, ModelError, UnknownNameError
from mien.identity.calibration import Calibration, default_calibration
from mien.models import embedding, registry


def test_counted_rates_are_the_tables_and_smaller_ones_the_tails(calibration):
    assert calibration.threshold(0.01) == pytest.approx(0.432635)
    assert calibration.fmr(0.432635) == pytest.approx(0.01)
    assert (calibration.kind(1e-4), calibration.kind(9e-5)) == ("measured", "extrapolated")
    assert calibration.threshold(1e-6) == pytest.approx(0.2 + 0.1 * 4.753424, abs=1e-4)
    assert calibration.least_fmr == pytest.approx(1e-7)
    assert calibration.probability(0.4) == pytest.approx(0.5)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.floats(-1, 1), st.floats(-1, 1))
def test_the_more_similar_the_fewer_strangers(calibration, one, other):
    low, high = sorted((one, other))
    assert 1 >= calibration.fmr(low) >= calibration.fmr(high) > 0
    assert 0 < calibration.probability(low) <= calibration.probability(high) < 1


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.floats(1.1e-7, 0.999))
def test_threshold_and_rate_are_each_others_inverse(calibration, fmr):
    assert calibration.fmr(calibration.threshold(fmr)) == pytest.approx(fmr, rel=1e-6)


@pytest.mark.parametrize("fmr", [0, 1, -0.1, 2, float("nan"), "0.1", True, None])
def test_what_is_no_rate_is_refused(calibration, fmr):
    with pytest.raises(InputError, match="must be above 0 and below 1"):
        calibration.threshold(fmr)


def test_a_rate_beyond_what_the_pairs_tell_is_refused_with_the_least(calibration):
    with pytest.raises(InputError, match=r"9e-08 cannot be told from 1,000,000 pairs .* the least is 1e-07"):
        calibration.threshold(9e-8)
    without_tail = dataclasses.replace(calibration, tail=None)
    assert without_tail.least_fmr == 1e-4
    with pytest.raises(InputError, match=r"the least is 0\.0001"):
        without_tail.threshold(9e-5)


@pytest.mark.parametrize("left_out", [(), ("tail",), ("logistic",), ("tail", "logistic")])
def test_it_is_read_back_as_it_was_written(calibration, tmp_path, left_out):
    written = dataclasses.replace(calibration, **dict.fromkeys(left_out))
    assert Calibration.from_json(written.to_json()) == written
    (tmp_path / "a.json").write_text(written.to_json())
    assert Calibration.read(tmp_path / "a.json") == written


def test_strangers_alone_tell_no_probability(calibration):
    assert dataclasses.replace(calibration, logistic=None).probability(0.9) is None


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"format": "mien calibration 2"}, "format is not 'mien calibration 1'"),
        ({"thresholds": []}, "at least one of them"),
        ({"thresholds": None}, "TypeError"),
        ({"thresholds": [{"similarity": 0.1, "fmr": float("nan")}]}, "must fall"),
        ({"tail": {"slope": -1}}, "slope above 0"),
        ({"tail": {"steepness": 1}}, "TypeError"),
        ({"probability": {"slope": 0, "intercept": 0}}, "slope above 0"),
        ({"pairs": {"data": "x", "stranger": 1}}, "TypeError"),
    ],
)
def test_a_damaged_file_is_refused_with_what_is_wrong(calibration, change, told):
    content = json.loads(calibration.to_json()) | change
    with pytest.raises(ModelError, match=told):
        Calibration.from_json(json.dumps(content))


@pytest.mark.parametrize("text", ["", "[]", "7", "{", '{"thresholds": []}'])
def test_what_is_no_calibration_is_refused(text, tmp_path):
    path = tmp_path / "c.json"
    path.write_text(text)
    with pytest.raises(ModelError, match=r"c\.json: not a calibration"):
        Calibration.read(path)


def test_a_file_that_cannot_be_read_is_named(tmp_path):
    with pytest.raises(ModelError, match=r"none\.json cannot be read \(No such file"):
        Calibration.read(tmp_path / "none.json")
    (tmp_path / "binary.json").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ModelError, match=r"binary\.json: not a calibration \(not UTF-8"):
        Calibration.read(tmp_path / "binary.json")


def test_another_network_is_refused_with_the_remedy(calibration):
    calibration.check_model("embedding", "a" * 64)
    for name, sha256 in (("sface", "a" * 64), ("embedding", "b" * 64)):
        with pytest.raises(ModelError, match=f"calibrate --embedding {name}"):
            calibration.check_model(name, sha256)


@pytest.mark.parametrize("name", embedding.NAMES)
def test_every_embedding_ships_with_a_calibration(name):
    card = registry.card(name)
    calibration = default_calibration(name)
    calibration.check_model(card.name, card.sha256)
    assert -1 < calibration.threshold(1e-2) < calibration.threshold(1e-3) < calibration.threshold(1e-6) < 1
    assert calibration.kind(1e-4) == "measured"
    assert calibration.probability(calibration.threshold(1e-4)) > 0.5
    assert calibration.different >= 1_000_000
    figures = {(metric.name, metric.data) for metric in card.metrics}
    assert {name for name, _ in figures} >= {"tar_at_fmr_0.01", "tar_at_fmr_0.001", "tar_at_fmr_0.0001"}
    assert {group.by for group in card.groups if group.name == "fmr"} == {"gender", "race", "age_group"}


def test_an_unknown_embedding_is_told():
    with pytest.raises(UnknownNameError, match="did you mean sface"):
        default_calibration("sfaec")


def test_a_card_without_rates_has_no_calibration(tiny_network):
    _, card = tiny_network("embedding", {"embedding": range(128)})
    assert Calibration.of_card(card) is None
