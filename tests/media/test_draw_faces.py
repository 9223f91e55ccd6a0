import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mien.errors import ShapeError
from mien.faces import Faces
from mien.media.draw import COLOURS, draw_faces
from mien.media.labels import label_layouts, label_size, place_label, render_label
from mien.vocabulary import EMOTIONS, RACES

GREY = 128


def one_hot(size, place, value=0.82):
    row = np.full(size, (1 - value) / (size - 1))
    row[place] = value
    return row[None]


def picture(height=300, width=400):
    return np.full((height, width, 3), GREY, np.uint8)


def faces(*boxes, **columns):
    return Faces(boxes=np.array(boxes, np.float32).reshape(-1, 4), scores=np.ones(len(boxes)), **columns)


FULL = faces(
    (100, 100, 180, 200),
    track_id=[7],
    age=[34.4],
    age_interval=[[28.9, 40.1]],
    gender=one_hot(2, 0),
    race=one_hot(7, RACES.index("east_asian")),
    emotion=one_hot(7, EMOTIONS.index("happy")),
    keypoints=[[(120, 130), (160, 130), (140, 150), (125, 170), (155, 170)]],
)


# What a label says


def test_a_label_says_what_is_known_wide_and_narrow():
    assert label_layouts(FULL[0]) == [
        ["#7 · 34 (29-40) · female · happy 82 %", "east asian"],
        ["#7 · 34 (29-40)", "female", "happy 82 %", "east asian"],
    ]


@pytest.mark.parametrize(
    ("columns", "layouts"),
    [
        ({}, []),
        ({"age": [34.6]}, [["35"]]),
        ({"race": one_hot(7, 0)}, [["white"]]),
        ({"emotion": one_hot(7, 4), "track_id": [2]}, [["#2 · sad 82 %"], ["#2", "sad 82 %"]]),
        (
            {"gender": one_hot(2, 0), "emotion": one_hot(7, 4), "unsure": {"gender": [True], "emotion": [True]}},
            [["gender unsure · emotion unsure"], ["gender unsure", "emotion unsure"]],
        ),
    ],
)
def test_a_label_says_nothing_of_what_is_not_known(columns, layouts):
    assert label_layouts(faces((0, 0, 10, 10), **columns)[0]) == layouts


def test_a_label_is_as_large_as_announced_and_grows_with_its_font():
    for size_px in (10, 16, 40):
        pixels, opacity = render_label(["34 (29-40)", "happy"], size_px, COLOURS[0])
        width, height = label_size(["34 (29-40)", "happy"], size_px)
        assert pixels.shape == (height, width, 3)
        assert opacity.shape == (height, width, 1)
        assert (opacity.min(), opacity.max()) == (0, 1)
        assert 2 * size_px < height < 4 * size_px


def test_text_is_white_on_a_dark_plate_with_a_stripe_in_the_faces_colour():
    pixels, opacity = render_label(["MMM"], 20, (1, 200, 3))
    assert (pixels == 255).all(axis=2).sum() > 50
    assert tuple(pixels[pixels.shape[0] // 2, 1]) == (1, 200, 3)
    assert 0.7 < opacity[3, -8, 0] < 0.9


# Where a label is put

NOBODY = np.empty((0, 4), np.float32)


def placed(own, others=NOBODY, labels=NOBODY, size=(60, 20), shape=(300, 400)):
    cost, x, y = place_label(
        *size, own=np.array([own]), others=np.array(others), labels=np.array(labels), picture=shape
    )
    return cost, x, y


def test_a_label_stands_above_its_face_where_there_is_room():
    assert placed((100, 100, 180, 200)) == (0, 100, 75)


def test_below_where_there_is_none_above():
    assert placed((100, 5, 180, 100))[1:] == (100, 105)


def test_it_keeps_off_other_faces_and_labels():
    assert placed((100, 100, 180, 200), others=[(90, 40, 200, 98)])[1:] == (100, 205)
    assert placed((100, 100, 180, 200), labels=[(90, 70, 200, 95)])[1:] == (100, 205)


def test_over_a_face_that_fills_the_picture_it_stays_inside():
    cost, x, y = placed((0, 0, 400, 300))
    assert cost > 0
    assert (x, y) == (0, 0)


@settings(max_examples=200, deadline=None)
@given(st.lists(st.floats(-500, 900), min_size=4, max_size=4), st.integers(1, 400), st.integers(1, 300))
def test_a_label_that_fits_never_leaves_the_picture(corners, width, height):
    own = (
        min(corners[0], corners[2]),
        min(corners[1], corners[3]),
        max(corners[0], corners[2]),
        max(corners[1], corners[3]),
    )
    _, x, y = placed(own, size=(width, height))
    assert 0 <= x <= 400 - width
    assert 0 <= y <= 300 - height


# The picture


def changed(image, drawn):
    """Bounding box x1 y1 x2 y2 of what was drawn."""
    rows, columns = np.nonzero((image != drawn).any(axis=2))
    return columns.min(), rows.min(), columns.max() + 1, rows.max() + 1


def test_the_input_is_not_changed():
    image = picture()
    image.flags.writeable = False
    drawn = draw_faces(image, FULL)
    assert (image == GREY).all()
    assert drawn.shape == image.shape
    assert drawn.dtype == np.uint8


def test_nobody_gives_an_equal_copy():
    image = picture()
    drawn = draw_faces(image, Faces.empty())
    np.testing.assert_array_equal(drawn, image)
    assert not np.shares_memory(drawn, image)


def test_a_box_lies_on_the_edges_of_the_face_and_leaves_the_face_free():
    image = picture()
    drawn = draw_faces(image, faces((100, 100, 180, 200)))
    np.testing.assert_allclose(changed(image, drawn), (100, 100, 180, 200), atol=3)
    assert (drawn[110:190, 110:170] == GREY).all()
    colours = {tuple(pixel) for pixel in drawn.reshape(-1, 3).tolist()}
    assert COLOURS[0] in colours


def test_keypoints_are_drawn_where_they_are():
    drawn = draw_faces(picture(), FULL)
    for x, y in FULL.keypoints[0].astype(int):
        assert tuple(drawn[y, x]) == COLOURS[6]
    assert tuple(drawn[150, 125]) == (GREY, GREY, GREY)


LANDMARKS = np.full((1, 478, 3), 150.0)
LANDMARKS[0, :, 0] = np.linspace(110, 170, 478)


def test_landmarks_are_fine_dots_in_the_place_of_the_keypoints():
    known = FULL.replace(landmarks=LANDMARKS)
    drawn = draw_faces(picture(), known)
    assert (drawn[150, 112:168] != GREY).any(axis=1).all()
    assert (drawn[125:147, 112:168] == GREY).all()  # no keypoint of an eye
    np.testing.assert_array_equal(drawn, draw_faces(picture(), known.replace(keypoints=None)))


@pytest.mark.parametrize(
    ("pose", "way"),
    [
        ((45, 0, 0), (1, 0)),
        ((-45, 0, 20), (-np.cos(np.pi / 9), -np.sin(np.pi / 9))),
        ((0, 40, 0), (0, -1)),
        ((0, -40, 0), (0, 1)),
        ((0, 0, 60), (0, 0)),
    ],
)
def test_an_arrow_points_where_the_nose_does(pose, way):
    nose = FULL.keypoints[0, 2]
    x1, y1, x2, y2 = changed(draw_faces(picture(), FULL), draw_faces(picture(), FULL.replace(pose=[pose])))
    assert x1 - 4 <= nose[0] <= x2 + 4
    assert y1 - 4 <= nose[1] <= y2 + 4
    middle = np.array([x1 + x2, y1 + y2]) / 2 - nose  # half of 0.6 widths of the face times the sine of the angle
    np.testing.assert_allclose(middle, np.array(way) * 0.3 * 80 * np.sin(np.radians(np.abs(pose[:2]).max())), atol=3)


@pytest.mark.parametrize("name", ["pose", "landmarks"])
def test_what_is_unsure_is_not_drawn(name):
    value = {"pose": [(45, 0, 0)], "landmarks": LANDMARKS}[name]
    unsure = FULL.replace(**{name: value}, unsure={name: [True]})
    np.testing.assert_array_equal(draw_faces(picture(), unsure), draw_faces(picture(), FULL))


@pytest.mark.parametrize("shape", [(1, 1), (20, 300)])
@pytest.mark.parametrize("far", [0, 1e9, -3e38])
def test_landmarks_and_noses_far_outside_are_not_drawn(shape, far):
    known = FULL.replace(
        landmarks=np.full((1, 478, 3), far, np.float32),
        pose=[(60, 20, 0)],
        keypoints=np.full((1, 5, 2), far, np.float32),
    )
    assert draw_faces(picture(*shape), known).shape == (*shape, 3)


def test_the_colour_follows_the_track_not_the_order():
    pair = faces((20, 100, 80, 180), (200, 100, 260, 180), track_id=[4, 2])
    drawn = {index: draw_faces(picture(), pair[[index]]) for index in (0, 1)}
    both = draw_faces(picture(), pair[[1, 0]])
    np.testing.assert_array_equal(both[:, :150], drawn[0][:, :150])
    np.testing.assert_array_equal(both[:, 150:], drawn[1][:, 150:])


def test_boxes_that_reach_beyond_the_picture_are_cut_to_it():
    image = picture(60, 80)
    drawn = draw_faces(image, faces((-50, -50, 500, 400)))
    assert changed(image, drawn) == (0, 0, 80, 60)
    assert (drawn[20:40, 20:60] == GREY).all()


def test_lines_and_text_grow_with_the_picture():
    def share(scale):
        boxes = FULL.boxes * scale
        image = picture(300 * scale, 400 * scale)
        drawn = draw_faces(image, FULL.replace(boxes=boxes, keypoints=FULL.keypoints * scale))
        return (drawn != image).any(axis=2).mean()

    assert share(10) == pytest.approx(share(3), rel=0.25)


@pytest.mark.parametrize("shape", [(1, 1), (1, 50), (50, 1), (5, 5), (20, 300), (300, 20)])
def test_tiny_pictures_can_be_drawn_on(shape):
    height, width = shape
    for box in ((0, 0, width, height), (0, 0, 0, 0), (-5, -5, 3, 3), (width, height, width + 9, height + 9)):
        assert draw_faces(picture(height, width), FULL.replace(boxes=[box])).shape == (height, width, 3)


def test_labels_of_a_crowd_do_not_hide_other_faces():
    """Twelve faces in a grid, with room for the labels between the rows."""
    boxes = [(x, y, x + 60, y + 80) for y in (150, 400, 650) for x in (60, 320, 580, 840)]
    crowd = faces(
        *boxes, age=np.full(12, 30), gender=np.repeat(one_hot(2, 0), 12, 0), emotion=np.repeat(one_hot(7, 3), 12, 0)
    )
    drawn = draw_faces(picture(800, 1000), crowd)
    for x1, y1, x2, y2 in boxes:
        assert (drawn[y1 + 8 : y2 - 8, x1 + 8 : x2 - 8] == GREY).all()


@pytest.mark.parametrize("image", [np.zeros((9, 9), np.uint8), np.zeros((9, 9, 4), np.uint8), np.zeros((9, 9, 3))])
def test_other_arrays_are_refused(image):
    with pytest.raises(ShapeError, match=r"must be \(h, w, 3\) uint8, got \(9, 9"):
        draw_faces(image, Faces.empty())
