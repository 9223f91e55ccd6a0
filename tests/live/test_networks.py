import pytest

from mien.cli.watch import command
from mien.errors import UnknownNameError
from mien.live.networks import LONG_SIDE_PX, load_networks
from mien.models import registry
from mien.models.thresholds import Thresholds


def test_limits_and_thresholds_are_those_of_the_cards():
    networks = load_networks()
    rules = registry.card("demographics").calibration["unsure"] | registry.card("emotion").calibration["unsure"]
    assert networks.limits == {name: rules[name]["limit"] for name in ("age", "gender", "race", "emotion")}
    assert networks.thresholds == Thresholds.of_card(registry.card("embedding"))
    assert networks.hidden == ("landmarks", "embedding")


def test_without_a_network_there_are_no_limits_of_it():
    networks = load_networks(("emotion",), reidentify=False)
    assert list(networks.limits) == ["emotion"]
    assert networks.thresholds is None
    assert list(networks.readers) == ["quality", "emotion"]


def test_an_unknown_attribute():
    with pytest.raises(UnknownNameError, match="gender"):
        load_networks(("gendre",))


def test_frames_are_searched_at_one_size_from_python_and_from_the_shell():
    option = next(option for option in command.params if option.name == "long_side")
    assert option.default == LONG_SIDE_PX == 800
    assert load_networks(("quality",), reidentify=False) is load_networks(
        ("quality",), reidentify=False, long_side=LONG_SIDE_PX
    )
