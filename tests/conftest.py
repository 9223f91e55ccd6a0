"""Faces drawn of ellipses, which real detectors find: tests need no photo of anybody."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import settings

settings.register_profile("unhurried", deadline=None)  # a busy machine is no failure
settings.load_profile("unhurried")


def _draw_face(image, x, y, height):
    """Draws a face of some ellipses, `height` pixels from hair to chin, centred at (x, y)."""
    k = height / 200

    def ellipse(dx, dy, a, b, colour):
        centre = (round(x + dx * k), round(y + dy * k))
        cv2.ellipse(image, centre, (round(a * k), round(b * k)), 0, 0, 360, colour, -1, cv2.LINE_AA)

    ellipse(0, -15, 88, 115, (60, 40, 30))
    ellipse(0, 0, 72, 98, (224, 178, 150))
    for side in (-30, 30):
        ellipse(side, -22, 17, 10, (190, 140, 115))
        ellipse(side, -20, 13, 7, (245, 240, 235))
        ellipse(side, -20, 6, 6, (40, 25, 20))
        ellipse(side, -36, 19, 5, (70, 45, 30))
    ellipse(0, 5, 7, 24, (235, 195, 170))
    ellipse(0, 25, 14, 7, (190, 135, 110))
    ellipse(0, 52, 26, 9, (175, 80, 80))
    ellipse(0, 51, 24, 2, (110, 40, 45))


@pytest.fixture(scope="session")
def draw_faces():
    """A picture with drawn faces, which real detectors find: `draw_faces(height, width, [(x, y, face height), …])`."""

    def draw(height, width, faces):
        image = np.full((height, width, 3), (90, 110, 140), np.uint8)
        for face in faces:
            _draw_face(image, *face)
        return cv2.GaussianBlur(image, (0, 0), 1.2)

    return draw


@pytest.fixture(scope="session")
def drawn_face(draw_faces):
    """One face: (400, 400, 3) uint8 RGB, its middle at (200, 200)."""
    return draw_faces(400, 400, [(200, 200, 200)])
