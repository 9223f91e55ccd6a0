from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mien.errors import ModelError
from mien.geometry.align import BOX_IN_HAAR_SQUARE, TEMPLATES, align, box_keypoints
from mien.models import detectors
from mien.models.session import Threads
from mien.preprocess import steps
from mien.preprocess.preparation import Preparation

NOISE = np.random.default_rng(3).integers(0, 256, (90, 120, 3), np.uint8)


def test_squares_are_those_that_boxes_were_made_of() -> None:
    square = np.array([10, 20, 60, 70], np.float32)
    box = square[[0, 1, 0, 1]] + BOX_IN_HAAR_SQUARE * 50
    assert steps.squares(box[None]) == pytest.approx(square[None], abs=1e-4)
    assert steps.squares(np.empty((0, 4))).shape == (0, 4)


def test_squares_are_the_cascades_own(drawn_face) -> None:
    (box,) = detectors.load("haar", long_side=640, threads=Threads()).detect(drawn_face).boxes
    (square,) = steps.squares(box[None])
    width, height = square[2:] - square[:2]
    assert width == pytest.approx(height, abs=1e-3)
    assert square == pytest.approx(np.round(square), abs=1e-3)  # the cascade counts in whole pixels


def test_cutting_beyond_the_picture_goes_on_with_its_border() -> None:
    cut = steps.cut(NOISE, np.array([-5, 80, 15, 100]))
    assert cut.shape == (1, 20, 20, 3)
    assert np.array_equal(cut[0, :10, 5:], NOISE[80:, :15])
    assert (cut[0, :10, :5] == NOISE[80:, :1]).all()
    assert (cut[0, 10:] == cut[0, 9]).all()


@pytest.mark.parametrize("side", [24, 48])
def test_aligning_to_the_template_haar_cuts_the_square_out(side: int) -> None:
    corner = np.array([30, 20])
    box = np.tile(corner, 2) + BOX_IN_HAAR_SQUARE * side
    crop = align(NOISE, box_keypoints(box[None]), TEMPLATES["haar"].resized(side))
    assert np.abs(crop.astype(int) - steps.cut(NOISE, np.array([30, 20, 30 + side, 20 + side]))).max() <= 1


def test_scaling_averages_areas_and_enlarges_smoothly() -> None:
    checks = np.zeros((1, 4, 4, 1), np.uint8)
    checks[0, ::2, ::2] = checks[0, 1::2, 1::2] = 200
    assert (steps.scaled(checks, 2) == 100).all()
    steep = np.array([0, 100], np.uint8).reshape(1, 1, 2, 1).repeat(2, 1)
    assert steps.scaled(steep, 4)[0, 0, :, 0].tolist() == [0, 25, 75, 100]
    assert steps.scaled(np.empty((0, 4, 4, 3), np.uint8), 2).shape == (0, 2, 2, 3)


def test_grey_weighs_colours_as_bt_601_does() -> None:
    colours = np.array([[255, 0, 0], [0, 255, 0], [0, 0, 255], [90, 90, 90]], np.uint8)
    assert steps.grey(colours).tolist() == [[76], [150], [29], [90]]


def test_equalising_spreads_levels_by_how_often_they_occur() -> None:
    levels = np.array([100] * 8 + [101] * 4 + [102] * 4, np.uint8).reshape(1, 4, 4, 1)
    assert np.unique(steps.equalised(levels)).tolist() == [0, 128, 255]
    flat = np.full((1, 4, 4, 1), 7, np.uint8)
    assert np.array_equal(steps.equalised(flat), flat)


@given(st.integers(0, 2**32 - 1), st.floats(0.3, 3))
def test_equalising_forgets_gamma(seed: int, gamma: float) -> None:
    picture = np.random.default_rng(seed).choice(np.arange(0, 256, 17), (1, 12, 12, 1)).astype(np.uint8)
    curve = np.round(255 * (np.arange(256) / 255) ** gamma).astype(np.uint8)
    if len(np.unique(curve[::17])) == 16:  # no two levels became one
        assert np.array_equal(steps.equalised(picture), steps.equalised(curve[picture]))


def test_equalising_colour_evens_its_luma_and_not_its_hues() -> None:
    out = steps.equalised(NOISE[None] // 4 + 60)[0]
    before, after = (cv2.cvtColor(one, cv2.COLOR_RGB2YCrCb).astype(int) for one in (NOISE // 4 + 60, out))
    assert np.median(np.abs(before[..., 1:] - after[..., 1:])) <= 1
    assert after[..., 0].std() > 3 * before[..., 0].std()


def test_unit_is_0_to_1() -> None:
    values = steps.unit(np.array([0, 51, 255], np.uint8))
    assert (values.dtype, values.tolist()) == (np.float32, pytest.approx([0, 0.2, 1]))


def test_the_chain_is_grey_then_equalised_then_0_to_1() -> None:
    crops = NOISE[:48, :48][None]
    wanted = cv2.equalizeHist(steps.grey(crops)[0, ..., 0]) / np.float32(255)
    assert np.array_equal(Preparation(size=48).crops(crops)[0, ..., 0], wanted)
    plain = Preparation(size=48, equalise=False, colour=True).crops(crops)
    assert np.array_equal(plain, crops / np.float32(255))


@pytest.mark.parametrize(("equalise", "colour"), [(True, False), (False, False), (False, True)])
def test_a_card_says_how_pictures_are_prepared(make_card_input, equalise: bool, colour: bool) -> None:
    preparation = Preparation(size=64, equalise=equalise, colour=colour)
    assert Preparation.of_card(make_card_input(preparation.to_input())) == preparation


@pytest.mark.parametrize("given", [{}, {"template": "face", "size": 48}, {"template": "haar", "size": 0}])
def test_a_card_that_does_not_say_so_is_refused(make_card_input, given: dict) -> None:
    with pytest.raises(ModelError, match=r"input must have the template 'haar' and a size"):
        Preparation.of_card(make_card_input(given))


@pytest.fixture
def make_card_input(tiny_network):
    import dataclasses

    card = tiny_network("emotion", {"emotion": np.zeros(7)})[1]
    return lambda given: dataclasses.replace(card, input=given)
