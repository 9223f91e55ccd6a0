import io

import numpy as np
import pytest
from flask.testing import FlaskClient
from PIL import Image

from mien.web.app import create_app
from mien.web.settings import Settings


class Buffered(FlaskClient):
    """Reads every answer to its end, so that files are closed."""

    def open(self, *args, **options):
        return super().open(*args, **{"buffered": True} | options)


def made(settings):
    app = create_app(settings)
    app.testing = True
    app.test_client_class = Buffered
    return app.test_client()


@pytest.fixture
def client():
    """`client(**settings)`: Flask's client of an app that nobody else uses."""

    def make(**settings):
        return made(Settings(**settings))

    return make


@pytest.fixture(scope="session")
def shared_client():
    """One client for tests that leave the app as it was; the networks are loaded once."""
    return made(Settings(requests_per_s=1e6, burst=10**6))


@pytest.fixture(scope="session")
def encode():
    """`encode(image, "PNG")`: the bytes of a file."""

    def make(image, kind="PNG", **options):
        stream = io.BytesIO()
        Image.fromarray(image).save(stream, kind, **options)
        return stream.getvalue()

    return make


@pytest.fixture(scope="session")
def one_face(drawn_face, encode):
    """The PNG of one drawn face."""
    return encode(drawn_face)


@pytest.fixture(scope="session")
def nobody(encode):
    """The PNG of a picture without a face."""
    return encode(np.full((60, 80, 3), 128, np.uint8))
