from __future__ import annotations

import importlib.resources

import numpy as np
import pytest

from mien.errors import ModelError, UnknownNameError, WeightsNotFoundError
from mien.models import detectors, registry, weights
from mien.models.card import Packaged


def test_every_kind_of_card_is_listed_once():
    names = [card.name for card in registry.cards()]
    assert len(set(names)) == len(names)
    assert {"yunet", "haar", "sface"} <= set(names)
    packaged = [path.stem for path in weights.packaged_folder().glob("*.json")]
    assert set(packaged) == set(names) - {*detectors.names(), "sface"}


def test_a_card_by_name():
    assert registry.card("yunet").sha256 == "8f2383e4dd3cfbb4553ea8718107fc0423210dc964f9f4280604804ed2552fa4"


@pytest.mark.parametrize(("name", "near"), [("sfaces", "sface"), ("YuNet", "yunet"), ("hare", "haar")])
def test_an_unknown_model_gets_the_nearest_names(name, near):
    with pytest.raises(UnknownNameError, match=rf"unknown model '{name}'; did you mean .*{near}"):
        registry.card(name)
    with pytest.raises(UnknownNameError):
        registry.session(name)


@pytest.fixture
def package(tmp_path, monkeypatch):
    """A package folder of our own in the place of Mien's; returns its `weights`."""
    monkeypatch.setattr(importlib.resources, "files", lambda name: tmp_path / name)
    folder = tmp_path / "mien" / "weights"
    folder.mkdir(parents=True)
    return folder


def test_a_json_card_beside_its_weights_is_a_model(package, make_card, tiny_onnx):
    (package / "tiny.json").write_text(make_card(Packaged(file="tiny.onnx")).to_json(), encoding="utf-8")
    (package / "tiny.onnx").write_bytes(tiny_onnx)
    assert [card.name for card in registry.cards()] == ["haar", "yunet", "tiny", "sface"]
    y = registry.session("tiny").run({"x": np.zeros((1, 2), np.float32)})["y"]
    np.testing.assert_array_equal(y, [[0.5, 0.5]])


def test_a_broken_json_card_is_named(package):
    (package / "broken.json").write_text("{", encoding="utf-8")
    with pytest.raises(ModelError, match=r"weights.broken\.json: not a model card"):
        registry.cards()


def test_a_json_card_that_is_not_utf_8_is_named(package):
    (package / "broken.json").write_bytes(b'{"name": "caf\xe9"}')
    with pytest.raises(ModelError, match=r"weights.broken\.json: not a model card \(not UTF-8"):
        registry.cards()


def test_a_package_without_weights_has_the_other_models(package):
    package.rmdir()
    assert [card.name for card in registry.cards()] == ["haar", "yunet", "sface"]


def test_our_own_networks_are_known_where_the_installation_lacks_them(package, make_card):
    assert list(registry.missing()) == list(registry.OWN)
    for name in registry.OWN:
        with pytest.raises(
            WeightsNotFoundError,
            match=rf"{name}\.json, the card of model {name}, is missing; "
            "run: pip install --force-reinstall --no-deps mien",
        ):
            registry.session(name)
    with pytest.raises(UnknownNameError, match=r"unknown model 'emotio'; did you mean emotion or"):
        registry.card("emotio")
    assert registry.card("sface").name == "sface"
    (package / "emotion.json").write_text(
        make_card(Packaged(file="e.onnx"), name="emotion").to_json(), encoding="utf-8"
    )
    assert list(registry.missing()) == [name for name in registry.OWN if name != "emotion"]
    assert registry.card("emotion").name == "emotion"
