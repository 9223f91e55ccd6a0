from __future__ import annotations

import dataclasses

import numpy as np
import pytest

pytest.importorskip("torch", reason="training needs the extra mien[train]")

from mien.train.augment import Augmentation, augment, centre

STILL = Augmentation(
    turn_deg=0, zoom=0, shift=0, flip=0, shrink=0, blur=0, jpeg=0, light=0, colour=0, grey=0, noise=0, erase=0
)


def picture(channels: int, side: int = 40) -> np.ndarray:
    return np.random.default_rng(3).integers(0, 256, (side, side, channels), np.uint8)


@pytest.mark.parametrize("channels", [1, 3])
def test_without_strength_the_view_is_the_centre(channels: int) -> None:
    crop = picture(channels)
    view = augment(crop, 32, STILL, np.random.default_rng(1))
    assert np.array_equal(view, centre(crop, 32))
    assert np.array_equal(view, crop[4:36, 4:36])


def test_a_flip_mirrors_the_centre_exactly() -> None:
    crop = picture(3)
    view = augment(crop, 32, dataclasses.replace(STILL, flip=1.0), np.random.default_rng(1))
    assert np.array_equal(view, centre(crop, 32)[:, ::-1])


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("name", ["shrink", "blur", "jpeg", "light", "noise", "erase"])
def test_every_effect_keeps_shape_and_type_and_changes_the_picture(name: str, channels: int) -> None:
    crop = picture(channels)
    view = augment(crop, 32, dataclasses.replace(STILL, **{name: 1.0}), np.random.default_rng(11))
    assert view.shape == (32, 32, channels)
    assert view.dtype == np.uint8
    assert view.flags.c_contiguous
    assert not np.array_equal(view, centre(crop, 32))


def test_grey_makes_the_channels_equal() -> None:
    view = augment(picture(3), 32, dataclasses.replace(STILL, grey=1.0), np.random.default_rng(5))
    assert np.array_equal(view[..., 0], view[..., 1])
    assert np.array_equal(view[..., 0], view[..., 2])


def test_the_same_seed_gives_the_same_view_and_the_crop_is_left_alone() -> None:
    crop = picture(3)
    before = crop.copy()
    views = [augment(crop, 32, Augmentation(), np.random.default_rng(9)) for _ in range(2)]
    assert np.array_equal(*views)
    assert np.array_equal(crop, before)
