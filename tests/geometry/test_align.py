import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mien.errors import ShapeError
from mien.geometry.align import TEMPLATES, align, apply, box_keypoints, estimate_similarity, invert

HEAD, FACE = TEMPLATES["head"], TEMPLATES["face"]
LEFT_RIGHT = [1, 0, 2, 4, 3]  # the keypoints' order after mirroring

scales = st.floats(0.05, 20)
turns = st.floats(-180, 180)
shifts = st.floats(-2000, 2000)
seeds = st.integers(0, 2**32 - 1)


def similarity(scale, degrees, x=0.0, y=0.0):
    cos, sin = scale * np.cos(np.radians(degrees)), scale * np.sin(np.radians(degrees))
    return np.array([[[cos, -sin, x], [sin, cos, y]]])


def points_of(seed, count=5):
    return np.random.default_rng(seed).uniform(-100, 100, (1, count, 2))


def residual(transform, source, target):
    return float(((apply(transform, source).astype(np.float64) - target) ** 2).sum())


@given(seeds, scales, turns, shifts, shifts)
def test_a_known_similarity_is_recovered(seed, scale, degrees, x, y):
    source, known = points_of(seed), similarity(scale, degrees, x, y)
    found = estimate_similarity(source, source @ known[0, :, :2].T + known[0, :, 2])
    np.testing.assert_allclose(found, known, rtol=1e-5, atol=1e-3)


@given(seeds, st.floats(-0.1, 0.1), st.floats(-5, 5), st.floats(-5, 5), st.floats(-5, 5))
def test_no_other_similarity_fits_better(seed, stretch, degrees, x, y):
    source = points_of(seed)
    target = source @ similarity(0.7, 20)[0, :, :2].T + np.random.default_rng(seed).normal(0, 10, (1, 5, 2))
    best = estimate_similarity(source, target)
    change = similarity(1 + stretch, degrees, x, y)[0]
    other = np.concatenate([change[:, :2] @ best[0, :, :2], (change[:, :2] @ best[0, :, 2] + change[:, 2])[:, None]], 1)
    assert residual(best, source, target) <= residual(other[None], source, target) * (1 + 1e-5)


def test_mirrored_points_are_not_matched_by_mirroring():
    transform = estimate_similarity(FACE.points[None] * [-1, 1], FACE.points)[0]
    assert np.linalg.det(transform[:, :2]) > 0


def test_many_faces_at_once_are_as_one_by_one():
    faces = np.concatenate([points_of(seed) for seed in range(4)])
    one_by_one = np.concatenate([estimate_similarity(face[None], HEAD.points) for face in faces])
    np.testing.assert_array_equal(estimate_similarity(faces, HEAD.points), one_by_one)
    assert estimate_similarity(np.empty((0, 5, 2)), HEAD.points).shape == (0, 2, 3)


@given(scales, turns, shifts, shifts, seeds)
def test_invert_undoes_apply(scale, degrees, x, y, seed):
    transform, points = similarity(scale, degrees, x, y), points_of(seed)
    np.testing.assert_allclose(apply(invert(transform), apply(transform, points)), points, atol=0.02)


@pytest.mark.parametrize("template", TEMPLATES.values(), ids=lambda template: template.name)
def test_keypoints_land_on_the_template(template):
    known = similarity(3, 25, 70, -20)
    keypoints = apply(invert(known), template.points[None])
    np.testing.assert_allclose(
        apply(estimate_similarity(keypoints, template.points), keypoints)[0], template.points, atol=1e-3
    )


@pytest.mark.parametrize("template", [HEAD, FACE], ids=lambda template: template.name)
def test_our_templates_are_symmetric(template):
    mirrored = (template.points * [-1, 1] + [template.size, 0])[LEFT_RIGHT]
    np.testing.assert_allclose(mirrored, template.points, atol=1e-4)


def test_templates_resize_and_pad():
    twice = HEAD.resized(2 * HEAD.size)
    assert (twice.name, twice.size) == ("head", 224)
    np.testing.assert_allclose(twice.points, HEAD.points * 2)
    padded = HEAD.padded(8)
    assert padded.size == 128
    np.testing.assert_allclose(padded.points, HEAD.points + 8)


def test_box_keypoints_are_those_of_an_upright_face():
    points = box_keypoints(np.array([[10, 20, 110, 220]]))
    np.testing.assert_allclose(points[0, 2], [60, 140])
    np.testing.assert_allclose(points[0, :2, 1], 100)
    assert (points[0, :, 0] > 10).all()
    assert (points[0, :, 1] < 220).all()
    assert box_keypoints(np.empty((0, 4))).shape == (0, 5, 2)


def smooth_picture(keypoints, height, width, sigma):
    """Five soft blobs, one at each keypoint; pixel i's centre is at i + 0.5."""
    y, x = np.mgrid[:height, :width] + 0.5
    light = sum(np.exp(-((x - px) ** 2 + (y - py) ** 2) / (2 * sigma**2)) for px, py in keypoints)
    return np.repeat(np.round(255 * np.clip(light, 0, 1)).astype(np.uint8)[..., None], 3, axis=2)


def blob_centre(crop, near, radius):
    """Centre of light of a blob, from pixels around where it should be."""
    y, x = np.mgrid[: crop.shape[0], : crop.shape[1]] + 0.5
    light = crop[..., 0] * (np.hypot(x - near[0], y - near[1]) < radius)
    return np.array([(x * light).sum(), (y * light).sum()]) / light.sum()


@pytest.mark.parametrize("scale", [0.1, 0.3, 0.49, 0.5, 0.7, 1.0, 1.7, 3.0])
@pytest.mark.parametrize("degrees", [0, 37, -90, 170])
def test_what_is_at_the_keypoints_lands_on_the_template(scale, degrees):
    side = round(1.8 * FACE.size / scale)
    forward = similarity(scale, degrees)
    centre = apply(forward, np.full((1, 1, 2), side / 2))[0, 0]
    forward[0, :, 2] = FACE.size / 2 - centre
    keypoints = apply(invert(forward), FACE.points[None])
    crop = align(smooth_picture(keypoints[0], side, side, sigma=3.5 / scale), keypoints, FACE)[0]
    for point in FACE.points:
        assert np.abs(blob_centre(crop, point, radius=9) - point).max() < 0.3


@pytest.mark.parametrize("scale", [0.15, 0.37])
def test_a_large_face_is_averaged_and_not_sampled(scale):
    """Against the mean of the picture over each crop pixel's own square."""
    random = np.random.default_rng(5)
    image = random.integers(0, 256, (700, 700, 3), dtype=np.uint8)
    forward = similarity(scale, 0)
    forward[0, :, 2] = 48 - 350 * scale
    crop = align(image, apply(invert(forward), FACE.points[None]), FACE)[0].astype(float)
    edges = (np.arange(97) - forward[0, 0, 2]) / scale
    summed = np.pad(image.astype(float).cumsum(0).cumsum(1), ((1, 0), (1, 0), (0, 0)))
    inside = (edges[:-1] >= 0) & (edges[1:] <= 700)
    low, high = np.round(edges[:-1][inside]).astype(int), np.round(edges[1:][inside]).astype(int)
    total = (
        summed[np.ix_(high, high)] - summed[np.ix_(low, high)] - summed[np.ix_(high, low)] + summed[np.ix_(low, low)]
    )
    mean = total / ((high - low)[:, None] * (high - low))[..., None]
    seen = crop[np.ix_(inside, inside)]
    # White noise of deviation 74: sampled, it keeps that; averaged over 1 / scale² pixels, it is nearly gone.
    assert seen.std() < 1.3 * mean.std()
    assert np.corrcoef(seen.ravel(), mean.ravel())[0, 1] > 0.6


@pytest.mark.parametrize("scale", [0.2, 0.8, 1.0, 2.5])
def test_a_mirrored_picture_gives_the_mirrored_crop(scale):
    random = np.random.default_rng(2)
    side = round(150 / scale)
    coarse = random.uniform(0, 255, (8, 8, 3))
    grid = np.linspace(0, 6.999, side)
    low, part = grid.astype(int), (grid % 1)[:, None]
    rows = coarse[low] * (1 - part[..., None]) + coarse[low + 1] * part[..., None]
    image = (rows[:, low] * (1 - part) + rows[:, low + 1] * part).astype(np.uint8)
    forward = similarity(scale, 12)
    forward[0, :, 2] = 56 - apply(forward, np.full((1, 1, 2), side / 2))[0, 0]
    keypoints = apply(invert(forward), HEAD.points[None])
    mirrored_keypoints = (keypoints * [-1, 1] + [side, 0])[:, LEFT_RIGHT]
    crop = align(image, keypoints, HEAD)
    mirrored = align(np.ascontiguousarray(image[:, ::-1]), mirrored_keypoints, HEAD)
    assert np.abs(mirrored[:, :, ::-1].astype(int) - crop).max() <= 3


def test_the_picture_itself_where_nothing_is_to_be_done():
    image = np.random.default_rng(0).integers(0, 256, (HEAD.size, HEAD.size, 3), dtype=np.uint8)
    np.testing.assert_array_equal(align(image, HEAD.points[None], HEAD)[0], image)


def test_beyond_the_picture_its_border_goes_on():
    image = np.full((60, 60, 3), 77, np.uint8)
    crop = align(image, HEAD.points[None] + 40, HEAD)[0]
    assert (crop == 77).all()


@pytest.mark.parametrize("where", [-5000.0, 5000.0])
@pytest.mark.parametrize("enlarged", [1.0, 40.0])
def test_a_face_outside_the_picture(where, enlarged):
    image = np.full((50, 50, 3), 9, np.uint8)
    assert (align(image, HEAD.points[None] * enlarged + where, HEAD) == 9).all()


def test_keypoints_that_coincide_give_an_upright_crop():
    image = np.random.default_rng(0).integers(0, 256, (60, 60, 3), dtype=np.uint8)
    transform = estimate_similarity(np.full((1, 5, 2), 30.0), HEAD.points)[0]
    assert transform[0, 0] == transform[1, 1] > 1
    assert transform[0, 1] == transform[1, 0] == 0
    assert align(image, np.full((1, 5, 2), 30.0), HEAD).shape == (1, 112, 112, 3)


def test_points_that_match_at_no_angle_give_an_invertible_transform():
    square = np.array([[[-10, -10], [10, -10], [10, 10], [-10, 10]]], float)
    crossed = square[0][[0, 3, 2, 1]]  # turned the other way round: the sum over all pairs is zero
    transform = estimate_similarity(square, crossed)
    np.testing.assert_allclose(transform, [[[1, 0, 0], [0, 1, 0]]], atol=1e-6)


def test_a_picture_longer_than_opencv_warps():
    image = np.zeros((40, 33_000, 3), np.uint8)
    image[:, 32_000:] = 200
    keypoints = HEAD.points[None] * 0.3 + [32_500, 3]
    assert (align(image, keypoints, HEAD) == 200).all()
    assert (align(image, keypoints - [20_000, 0], HEAD) == 0).all()


def test_inputs_stay_as_they_are_and_nobody_gives_no_crop():
    image = np.random.default_rng(0).integers(0, 256, (90, 90, 3), dtype=np.uint8)
    keypoints = HEAD.points[None] * 0.6
    before = image.copy(), keypoints.copy()
    align(image, keypoints, HEAD)
    np.testing.assert_array_equal(image, before[0])
    np.testing.assert_array_equal(keypoints, before[1])
    assert align(image, np.empty((0, 5, 2)), HEAD).shape == (0, 112, 112, 3)


def test_shapes_are_checked():
    with pytest.raises(ShapeError, match=r"source points must be \(n, k, 2\), got \(5, 2\); wrap one face as points"):
        estimate_similarity(HEAD.points, HEAD.points)
