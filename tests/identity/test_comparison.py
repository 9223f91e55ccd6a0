import json

import numpy as np
import pytest

from mien.faces import Faces
from mien.identity.comparison import DIFFERENT_BELOW, compare, verdict
from mien.media.draw_comparison import draw_comparison

FMR = 1e-3


@pytest.fixture
def compared(calibration):
    """`compared(similarity, …)`: a comparison of as many faces as the matrix has rows and columns."""

    def make(similarity, quality=0.9, reasons=()):
        similarity = np.array(similarity, np.float32)
        sides = []
        for count in similarity.shape:
            boxes = np.array([[10 + 40 * place, 10, 40 + 40 * place, 50] for place in range(count)], np.float32)
            sides.append(
                Faces(
                    boxes=boxes,
                    scores=np.full(count, 0.9),
                    quality=np.full(count, quality),
                    quality_reasons=(reasons,) * count,
                )
            )
        threshold = calibration.threshold(FMR)
        return compare(*sides, similarity, calibration=calibration, threshold=threshold, fmr=FMR)

    return make


@pytest.mark.parametrize(
    ("similarity", "probability", "decision"),
    [(0.51, 0.9, "same"), (0.51, None, "same"), (0.4, 0.5, "unsure"), (0.4, 0.19, "different"), (0.4, None, "unsure")],
)
def test_between_same_and_different_it_is_unsure(similarity, probability, decision):
    assert DIFFERENT_BELOW == 0.2
    assert verdict(similarity, 0.5, probability) == decision


def test_every_face_is_compared_with_every_other_the_most_similar_first(compared):
    found = compared([[0.1, 0.7, 0.2], [0.4, 0.0, 0.3]])
    assert [(pair.a, pair.b) for pair in found.pairs] == [(0, 1), (1, 0), (1, 2), (0, 2), (0, 0), (1, 1)]
    assert [pair.decision for pair in found.pairs] == [
        "same",
        "unsure",
        "different",
        "different",
        "different",
        "different",
    ]
    assert (found.decision, found.same, found.best.similarity) == ("same", True, pytest.approx(0.7))
    assert found.pairs[1].probability == pytest.approx(0.5)
    assert found.fmr_of_any == pytest.approx(1 - 0.999**6)


@pytest.mark.parametrize(
    ("similarity", "same"), [([[0.6]], True), ([[0.4]], None), ([[0.1]], False), ([[0.1, 0.4]], None)]
)
def test_the_decision_over_all_pairs(compared, similarity, same):
    assert compared(similarity).same is same


def test_poor_pictures_decide_nothing(compared):
    for similarity in (0.9, 0.0):
        found = compared([[similarity]], quality=0.05, reasons=("blurred", "small"))
        assert found.decision == "unsure"
        assert found.best.warnings == ("a: blurred", "a: small", "b: blurred", "b: small")


def test_as_json_it_has_everything_but_the_embeddings(compared):
    content = json.loads(json.dumps(compared([[0.7, 0.1]]).to_dict()))
    assert content["decision"] == "same"
    assert [pair["b"] for pair in content["pairs"]] == [0, 1]
    assert (len(content["a"]), len(content["b"]), content["a"][0]["embedding"]) == (1, 2, None)
    assert content["fmr"] == FMR


@pytest.mark.parametrize(
    ("a", "b"), [((60, 60), (60, 60)), ((200, 90), (40, 300)), ((1400, 900), (80, 80)), ((20, 900), (50, 50))]
)
def test_the_picture_shows_both_at_one_height(compared, a, b):
    pictures = [np.full((*size, 3), value, np.uint8) for size, value in ((a, 90), (b, 200))]
    before = [picture.copy() for picture in pictures]
    found = compared([[0.9, 0.3], [0.2, 0.45]])
    drawn = draw_comparison(found, *pictures)
    assert drawn.dtype == np.uint8
    assert drawn.ndim == 3
    assert {90, 200} <= set(np.unique(drawn).tolist())
    for picture, copy in zip(pictures, before, strict=True):
        np.testing.assert_array_equal(picture, copy)
    np.testing.assert_array_equal(drawn, found.draw(*pictures))


def test_a_line_joins_those_that_are_the_same(compared):
    picture = np.full((320, 320, 3), 90, np.uint8)
    green = np.array([0, 158, 115])
    for similarity, joined in ((0.9, True), (0.1, False)):
        drawn = draw_comparison(compared([[similarity]]), picture, picture).astype(int)
        gutter = drawn[20:300, 322:330]  # between the first picture and the label
        assert bool((np.abs(gutter - green).max(-1) < 12).any()) is joined
