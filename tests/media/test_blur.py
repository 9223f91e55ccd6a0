import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mien.errors import ShapeError
from mien.media.blur import CELLS, blur_faces


def noise(height=240, width=320, seed=0):
    return np.random.default_rng(seed).integers(0, 256, (height, width, 3), np.uint8)


def test_the_box_is_hidden_and_the_rest_untouched():
    image = noise()
    before = image.copy()
    blurred = blur_faces(image, np.array([[100, 80, 160, 160]], np.float32))
    assert np.array_equal(image, before)
    changed = (blurred != image).any(axis=2)
    assert changed[80:160, 100:160].mean() > 0.99
    outside = np.ones_like(changed)
    outside[60:180, 85:175] = False  # one and a half times the box
    assert not changed[outside].any()


def test_faces_that_differ_only_in_detail_become_the_same():
    """What is kept is the mean of each cell: nothing can bring back what both pictures share no more."""
    image = np.full((200, 200, 3), 128, np.uint8)
    checks = (np.indices((200, 200)).sum(axis=0) // 2 % 2)[..., None].astype(np.uint8)
    boxes = np.array([[60, 60, 140, 140]], np.float32)
    one = blur_faces(image - 40 + 80 * checks, boxes)
    other = blur_faces(image + 40 - 80 * checks, boxes)
    assert np.abs(one[65:135, 65:135].astype(int) - other[65:135, 65:135]).max() <= 1


def test_what_is_left_has_no_more_than_a_few_degrees_of_freedom():
    """Every blurred face is a mix of `CELLS` × `CELLS` fixed pictures: the rank says how much can be known of it."""
    box = np.array([[50, 50, 110, 110]], np.float32)
    random = np.random.default_rng(1)
    patches = []
    for _ in range(3 * CELLS**2):
        image = np.zeros((160, 160, 3), np.uint8)
        image[:] = cv2.resize(random.integers(0, 256, (12, 12, 1), np.uint8), (160, 160))[..., None]
        patches.append(blur_faces(image, box)[52:108, 52:108, 0].ravel().astype(float))
    values = np.linalg.svd(np.array(patches), compute_uv=False)
    assert values[CELLS**2] < 0.02 * values[1]  # rounding to whole numbers only


def test_nobody_and_a_copy():
    image = noise()
    blurred = blur_faces(image, np.empty((0, 4), np.float32))
    assert np.array_equal(blurred, image)
    assert not np.shares_memory(blurred, image)


def test_where_faces_overlap_both_are_hidden():
    image = noise()
    blurred = blur_faces(image, np.array([[100, 80, 160, 160], [130, 80, 190, 160]], np.float32))
    assert (blurred != image).any(axis=2)[80:160, 100:190].mean() > 0.99


@pytest.mark.parametrize("box", [(-50, -50, 30, 30), (300, 200, 400, 300), (0, 0, 320, 240), (-1e9, -1e9, 1e9, 1e9)])
def test_faces_at_the_edge_and_beyond(box):
    image = noise()
    changed = (blur_faces(image, np.array([box], np.float32)) != image).any(axis=2)
    x1, y1, x2, y2 = (int(side) for side in np.clip(box, 0, (320, 240, 320, 240)))
    assert changed[y1:y2, x1:x2].mean() > 0.98


@pytest.mark.parametrize("side", [1, 2, 4, 8])
def test_small_faces_lose_their_detail_too(side):
    image = noise()
    blurred = blur_faces(image, np.array([[100, 100, 100 + side, 100 + side]], np.float32))
    kept = blurred[100 : 100 + side, 100 : 100 + side].astype(float)
    assert (kept == image[100 : 100 + side, 100 : 100 + side]).all(axis=2).mean() <= 0.05


@given(st.lists(st.tuples(*[st.floats(-1e6, 1e6, width=32)] * 4), max_size=5))
def test_any_box_will_do(boxes):
    blurred = blur_faces(noise(30, 40), np.array(boxes, np.float32).reshape(-1, 4))
    assert blurred.shape == (30, 40, 3)


@pytest.mark.parametrize(
    ("image", "boxes"),
    [
        (np.zeros((4, 4), np.uint8), np.zeros((1, 4))),
        (np.zeros((4, 4, 3), np.float32), np.zeros((1, 4))),
        (np.zeros((4, 4, 3), np.uint8), np.zeros(4)),
        (np.zeros((4, 4, 3), np.uint8), np.full((1, 4), np.nan)),
    ],
)
def test_what_cannot_be_hidden_is_told(image, boxes):
    with pytest.raises(ShapeError, match="must be"):
        blur_faces(image, boxes)
