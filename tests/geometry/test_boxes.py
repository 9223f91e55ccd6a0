import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mien.errors import ShapeError
from mien.geometry.boxes import area, clip, fit_scale, iou, letterbox_size, nms

coordinate = st.floats(-1000, 1000, width=32)
size = st.floats(0, 500, width=32)
box = st.tuples(coordinate, coordinate, size, size).map(lambda b: (b[0], b[1], b[0] + b[2], b[1] + b[3]))
boxes = st.lists(box, max_size=12).map(lambda rows: np.array(rows, np.float32).reshape(-1, 4))
sides = st.integers(1, 5000)


def slow_iou(a, b):
    width = min(a[2], b[2]) - max(a[0], b[0])
    height = min(a[3], b[3]) - max(a[1], b[1])
    shared = max(width, 0) * max(height, 0)
    union = (a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1]) - shared
    return shared / union if union > 0 else 0


@pytest.mark.parametrize(
    ("box", "wanted"),
    [((0, 0, 2, 3), 6), ((-1, -1, 1, 1), 4), ((5, 5, 5, 9), 0), ((4, 4, 2, 2), 0), ((0, 4, 2, 2), 0)],
)
def test_area(box, wanted):
    np.testing.assert_array_equal(area(np.array([box])), [wanted])


@pytest.mark.parametrize(
    ("a", "b", "wanted"),
    [
        ((0, 0, 2, 2), (0, 0, 2, 2), 1),
        ((0, 0, 2, 2), (1, 1, 3, 3), 1 / 7),
        ((0, 0, 2, 2), (0, 0, 2, 1), 1 / 2),
        ((0, 0, 2, 2), (2, 0, 4, 2), 0),  # x2 is exclusive: they touch and share nothing
        ((0, 0, 2, 2), (7, 7, 9, 9), 0),
        ((1, 1, 1, 1), (1, 1, 1, 1), 0),  # an empty union
        ((0, 0, 4, 4), (1, 1, 2, 2), 1 / 16),
    ],
)
def test_iou(a, b, wanted):
    np.testing.assert_allclose(iou(np.array([a]), np.array([b])), [[wanted]], rtol=1e-6)


def test_iou_of_every_box_with_every_box():
    a, b = np.array([[0, 0, 2, 2], [0, 0, 4, 4]]), np.array([[0, 0, 2, 2], [0, 0, 4, 4], [9, 9, 10, 10]])
    np.testing.assert_allclose(iou(a, b), [[1, 0.25, 0], [0.25, 1, 0]])
    assert iou(a, np.empty((0, 4))).shape == (2, 0)


@given(boxes, boxes)
def test_iou_is_symmetric_and_between_0_and_1(a, b):
    overlap = iou(a, b)
    assert overlap.dtype == np.float32
    assert ((overlap >= 0) & (overlap <= 1)).all()
    np.testing.assert_allclose(overlap, iou(b, a).T, rtol=1e-5, atol=1e-7)


@given(boxes.filter(len))
def test_a_box_overlaps_itself_wholly(a):
    own = np.diagonal(iou(a, a))
    np.testing.assert_allclose(own[area(a) > 1e-3], 1, rtol=1e-6)


def slow_nms(boxes, scores, threshold):
    left = sorted(range(len(boxes)), key=lambda i: (-scores[i], i))
    kept = []
    while left:
        best = left.pop(0)
        kept.append(best)
        left = [i for i in left if slow_iou(boxes[best], boxes[i]) <= threshold]
    return kept


corner, length = st.integers(0, 30), st.integers(1, 10)


# Small whole numbers: boxes and scores often tie. No overlap of such boxes lies within rounding of these thresholds,
# unless it is equal to one that a float32 holds exactly.
@given(
    st.lists(st.tuples(corner, corner, length, length, st.integers(0, 4)), max_size=15),
    st.sampled_from([0.0, 0.3141, 0.5, 0.9003]),
)
def test_nms_keeps_what_a_plain_loop_keeps(rows, threshold):
    boxes = np.array([(x, y, x + w, y + h) for x, y, w, h, _ in rows], np.float32).reshape(-1, 4)
    scores = np.array([row[4] / 4 for row in rows], np.float32)
    assert nms(boxes, scores, threshold=threshold).tolist() == slow_nms(boxes.tolist(), scores.tolist(), threshold)


def test_nms_by_hand():
    boxes = np.array([[0, 0, 10, 10], [1, 0, 11, 10], [20, 0, 30, 10], [0, 0, 10, 10]])
    assert nms(boxes, np.array([0.8, 0.9, 0.3, 0.8]), threshold=0.5).tolist() == [1, 2]
    assert nms(boxes, np.array([0.8, 0.9, 0.3, 0.8]), threshold=0.9).tolist() == [1, 0, 2]
    assert nms(np.empty((0, 4)), np.empty(0), threshold=0.5).tolist() == []


@pytest.mark.parametrize(
    ("height", "width", "long_side", "wanted"),
    [(720, 1280, 640, 0.5), (1280, 720, 640, 0.5), (48, 48, 640, 1.0), (640, 640, 640, 1.0), (1, 1, 32, 1.0)],
)
def test_pictures_are_shrunk_and_never_enlarged(height, width, long_side, wanted):
    assert fit_scale(height, width, long_side) == wanted


@pytest.mark.parametrize(
    ("height", "width", "wanted"),
    [
        (720, 1280, (0.5, 384, 640)),  # 360 is rounded up to a multiple of 32
        (1280, 720, (0.5, 640, 384)),
        (1, 1, (1.0, 32, 32)),
        (640, 640, (1.0, 640, 640)),
        (10, 10_000, (0.064, 32, 640)),  # 0.64 of a pixel becomes one
    ],
)
def test_letterbox(height, width, wanted):
    assert letterbox_size(height, width, long_side=640, multiple=32) == wanted


@given(sides, sides, st.integers(1, 1280), st.sampled_from([1, 8, 32]), st.floats(0, 1), st.floats(0, 1))
def test_letterbox_and_its_inverse(height, width, long_side, multiple, x, y):
    scale, canvas_height, canvas_width = letterbox_size(height, width, long_side=long_side, multiple=multiple)
    shrunk = max(1, round(height * scale)), max(1, round(width * scale))
    for canvas, side in zip((canvas_height, canvas_width), shrunk, strict=True):
        assert canvas % multiple == 0
        assert side <= canvas < side + multiple
    point = np.array([x * width, y * height])
    on_canvas = point * scale
    assert (on_canvas <= np.array([canvas_width, canvas_height]) + 0.5).all()
    np.testing.assert_allclose(on_canvas / scale, point, rtol=1e-12, atol=1e-9)


def test_clip():
    boxes = np.array([[-5, -5, 5, 5], [90, 40, 120, 60], [200, 10, 210, 20]])
    np.testing.assert_array_equal(clip(boxes, 50, 100), [[0, 0, 5, 5], [90, 40, 100, 50], [100, 10, 100, 20]])


@given(boxes)
def test_clipped_boxes_lie_in_the_picture(a):
    clipped = clip(a, 300, 400)
    assert (clipped >= 0).all()
    assert (clipped <= [400, 300, 400, 300]).all()
    assert (area(clipped) <= area(a) * (1 + 1e-6) + 1e-3).all()


@pytest.mark.parametrize("use", [area, lambda b: iou(b, np.zeros((1, 4))), lambda b: clip(b, 9, 9)])
def test_shapes_are_checked(use):
    with pytest.raises(ShapeError, match=r"boxes must be \(n, 4\), got \(4,\); wrap one box as box\[None\]"):
        use(np.zeros(4))
    with pytest.raises(ShapeError, match=r"boxes must be \(n, 4\), got \(2, 5\)$"):
        use(np.zeros((2, 5)))
