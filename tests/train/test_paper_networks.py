from __future__ import annotations

import pytest

pytest.importorskip("torch", reason="training needs the extra mien[train]")

import torch

from mien.errors import InputError, MienError
from mien.train.layer_table import Layer, layers, parameters
from mien.train.paper_networks import AgeGender, EmoTrack, Mood

MOOD = [
    ("conv", (48, 48, 32), 320),
    ("conv", (48, 48, 64), 18_496),
    ("batch norm", (48, 48, 64), 256),
    ("max pool", (24, 24, 64), 0),
    ("dropout", (24, 24, 64), 0),
    ("conv", (24, 24, 128), 204_928),
    ("batch norm", (24, 24, 128), 512),
    ("max pool", (12, 12, 128), 0),
    ("dropout", (12, 12, 128), 0),
    ("conv", (12, 12, 512), 590_336),
    ("batch norm", (12, 12, 512), 2_048),
    ("max pool", (6, 6, 512), 0),
    ("dropout", (6, 6, 512), 0),
    ("conv", (6, 6, 512), 2_359_808),
    ("batch norm", (6, 6, 512), 2_048),
    ("max pool", (3, 3, 512), 0),
    ("dropout", (3, 3, 512), 0),
    ("flatten", (4_608,), 0),
    ("dense", (256,), 1_179_904),
    ("batch norm", (256,), 1_024),
    ("dropout", (256,), 0),
    ("dense", (512,), 131_584),
    ("batch norm", (512,), 2_048),
    ("dropout", (512,), 0),
    ("dense", (7,), 3_591),
]
AGE_GENDER = [
    ("conv", (126, 126, 32), 320),
    ("conv", (124, 124, 64), 18_496),
    ("max pool", (62, 62, 64), 0),
    ("conv", (60, 60, 128), 73_856),
    ("max pool", (30, 30, 128), 0),
    ("dropout", (30, 30, 128), 0),
    ("flatten", (115_200,), 0),
    ("dense", (128,), 14_745_728),
    ("dense", (64,), 8_256),
    ("dense", (32,), 2_080),
    ("dense", (1,), 33),
    ("dense", (128,), 14_745_728),
    ("dense", (64,), 8_256),
    ("dense", (32,), 2_080),
    ("dense", (16,), 528),
    ("dense", (8,), 136),
    ("dense", (1,), 9),
]


def test_the_network_for_mood_is_the_published_one_layer_by_layer() -> None:
    network = Mood()
    assert list(layers(network, (1, 48, 48))) == [Layer(*row) for row in MOOD]
    assert parameters(network) == sum(row[2] for row in MOOD) == 4_496_903


def test_the_network_for_age_and_gender_is_the_published_one_layer_by_layer() -> None:
    network = AgeGender()
    assert list(layers(network, (1, 128, 128))) == [Layer(*row) for row in AGE_GENDER]
    assert parameters(network) == sum(row[2] for row in AGE_GENDER) == 29_605_506


@pytest.mark.parametrize(("size", "flat"), [(48, 2_048), (64, 4_608)])
def test_emotrack_takes_pictures_of_both_sizes_and_points(size: int, flat: int) -> None:
    network = EmoTrack(size=size, points=136)
    table = layers(network, (1, size, size), (136,))
    assert Layer("flatten", (flat,), 0) in table
    assert table[-1] == Layer("dense", (7,), (512 + 64) * 7 + 7)
    assert layers(EmoTrack(size=size, points=0), (1, size, size))[-1] == Layer("dense", (7,), 512 * 7 + 7)


def test_emotracks_answer_depends_on_both_inputs() -> None:
    torch.manual_seed(0)
    network = EmoTrack().eval()
    picture, points = torch.rand(1, 1, 48, 48), torch.randn(1, 136)
    answer = network(picture, points)["emotion"]
    assert not torch.allclose(answer, network(picture, points + 1)["emotion"])
    assert not torch.allclose(answer, network(1 - picture, points)["emotion"])


def test_the_table_leaves_a_network_in_the_mode_that_it_was_in() -> None:
    network = EmoTrack().train()
    layers(network, (1, 48, 48), (136,))
    assert network.training
    assert not any(module._forward_hooks for module in network.modules())


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (lambda: Mood(dropout=1.0), "dropout must leave something over, got a share of 1"),
        (lambda: AgeGender(dropout=-0.1), "dropout must leave something over"),
        (lambda: EmoTrack(dropout=0.6), "got a share of 1.2"),
        (lambda: EmoTrack(size=56), "a side of 48 or 64, got 56"),
    ],
)
def test_settings_that_make_no_network_are_told(build, message: str) -> None:
    with pytest.raises(InputError, match=message) as error:
        build()
    assert isinstance(error.value, MienError)
