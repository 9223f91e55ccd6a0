import cv2
import numpy as np
import pytest
from click.testing import CliRunner
from PIL import Image

from mien.cli.main import cli


@pytest.fixture
def mien():
    """Runs `mien` in this process; what it raises on purpose becomes output, anything else comes through."""

    def run(*args):
        return CliRunner(catch_exceptions=False).invoke(cli, [str(arg) for arg in args], prog_name="mien")

    return run


@pytest.fixture(scope="session")
def drawn_face():
    """A face of ellipses that detectors take for one: (400, 400, 3) uint8 RGB, its box about 132 105 272 295."""
    image = np.full((400, 400, 3), (120, 140, 160), np.uint8)

    def ellipse(x, y, half_width, half_height, colour):
        cv2.ellipse(image, (200 + x, 200 + y), (half_width, half_height), 0, 0, 360, colour, -1, cv2.LINE_AA)

    ellipse(0, -20, 88, 110, (60, 40, 30))  # hair
    ellipse(0, 0, 70, 92, (224, 180, 150))
    for x in (-28, 28):
        ellipse(x, -35, 18, 5, (80, 50, 40))  # brow
        ellipse(x, -15, 15, 8, (250, 250, 250))
        ellipse(x, -15, 7, 7, (60, 40, 30))
    ellipse(0, 15, 7, 18, (205, 155, 125))  # nose
    ellipse(-7, 28, 5, 4, (150, 100, 80))
    ellipse(7, 28, 5, 4, (150, 100, 80))
    ellipse(0, 52, 26, 9, (170, 70, 70))  # lips
    ellipse(0, 52, 22, 2, (110, 40, 40))
    return cv2.GaussianBlur(image, (0, 0), 2)


@pytest.fixture
def photos(tmp_path, drawn_face):
    """A folder with a photo of one face, one of two, and one of nobody."""
    folder = tmp_path / "photos"
    folder.mkdir()
    Image.fromarray(drawn_face).save(folder / "one.png")
    Image.fromarray(np.hstack([drawn_face, drawn_face])).save(folder / "two.jpg", quality=95)
    Image.fromarray(np.full((90, 120, 3), 128, np.uint8)).save(folder / "nobody.png")
    return folder
