from __future__ import annotations

import cv2
import numpy as np
import pytest

from mien.errors import ModelError
from mien.models import detectors, weights
from mien.models.detectors import haar
from mien.models.session import Threads


@pytest.fixture
def face(draw_faces):
    return draw_faces(240, 320, [(160, 120, 120)])


def test_the_box_lies_in_the_square_that_opencv_gives(face):
    found = detectors.load("haar", long_side=320, threads=Threads()).detect(face)
    classifier = cv2.CascadeClassifier(str(weights.find(haar.CARD)))
    grey = cv2.cvtColor(face, cv2.COLOR_RGB2GRAY)
    squares, _, level_weights = classifier.detectMultiScale3(grey, 1.1, 5, 0, (20, 20), outputRejectLevels=True)
    ((x, y, side, _),) = squares.tolist()
    wanted = [[x + 0.115 * side, y - 0.031 * side, x + 0.883 * side, y + 1.061 * side]]
    np.testing.assert_allclose(found.boxes, wanted, rtol=0, atol=1e-3)
    np.testing.assert_allclose(found.scores, 1 / (1 + np.exp(-0.47 * level_weights.ravel() - 0.22)), atol=1e-6)


def test_a_shrunk_picture_gives_the_faces_of_its_small_copy(draw_faces):
    large = draw_faces(480, 640, [(300, 240, 250)])
    small = np.asarray(cv2.resize(large, (320, 240), interpolation=cv2.INTER_AREA), np.uint8)
    detector = detectors.load("haar", long_side=320, threads=Threads())
    found, wanted = detector.detect(large), detector.detect(small)
    assert len(found.boxes) == 1
    np.testing.assert_allclose(found.boxes, 2 * wanted.boxes, atol=2)


def test_a_face_smaller_than_the_window_is_nobody(draw_faces):
    detector = detectors.load("haar", long_side=640, threads=Threads())
    assert len(detector.detect(draw_faces(60, 60, [(30, 30, 14)])).boxes) == 0
    assert len(detector.detect(draw_faces(60, 60, [(30, 30, 40)])).boxes) == 1


@pytest.mark.parametrize("inner", ["<a>1</a>", "<a><b>1</b></a>"])
def test_xml_that_is_no_cascade_is_refused(inner):
    with pytest.raises(ModelError, match="cannot read the cascade"):
        haar.Haar(f'<?xml version="1.0"?><opencv_storage>{inner}</opencv_storage>', long_side=640)
