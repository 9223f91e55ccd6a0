"""Photos of drawn people, and of real ones in the public domain."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from mien import samples
from mien.compat.notes import note
from mien.errors import DownloadError


@pytest.fixture(autouse=True)
def untold():
    """Whatever is told once is told in every test."""
    note.cache_clear()


@pytest.fixture(scope="session")
def bgr(draw_person):
    """`bgr(person, shot)`: a photo as cv2.imread gives it."""
    return lambda *person: np.ascontiguousarray(draw_person(*person)[:, :, ::-1])


@pytest.fixture(scope="session")
def wall():
    """A picture without a face."""
    return np.full((120, 160, 3), 128, np.uint8)


@pytest.fixture
def folder(tmp_path, draw_person):
    """A folder of three photos: two shots of one person, below a folder, and another person."""
    photos = tmp_path / "Fotos – Großmutter"
    for name, person in (("Ada/1.png", (1, 0)), ("Ada/2.png", (1, 1)), ("Bob.png", (2, 0))):
        path = photos / name
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(draw_person(*person)).save(path)
    return photos


@pytest.fixture(scope="session")
def portraits():
    """Name → path of the public-domain photos."""
    try:
        return {name: samples.fetch(name) for name in samples.SAMPLES}
    except DownloadError as error:
        pytest.skip(f"the sample photos cannot be had: {error}")
