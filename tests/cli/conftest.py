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


@pytest.fixture
def photos(tmp_path, drawn_face):
    """A folder with a photo of one face, one of two, and one of nobody."""
    folder = tmp_path / "photos"
    folder.mkdir()
    Image.fromarray(drawn_face).save(folder / "one.png")
    Image.fromarray(np.hstack([drawn_face, drawn_face])).save(folder / "two.jpg", quality=95)
    Image.fromarray(np.full((90, 120, 3), 128, np.uint8)).save(folder / "nobody.png")
    return folder
