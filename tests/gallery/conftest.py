"""Galleries in SQLite and PostgreSQL, and people made of random vectors."""

from __future__ import annotations

import numpy as np
import pytest

from mien.gallery.enrol import Newcomer
from mien.gallery.gallery import Gallery
from mien.gallery.postgres_schema import SCHEMA
from mien.gallery.records import NewTemplate

DIMENSIONS = 128


@pytest.fixture(params=["sqlite", "postgresql"])
def place(request, tmp_path):
    """Where a gallery may be made: a file, or a database without one."""
    return str(tmp_path / "people.db") if request.param == "sqlite" else request.getfixturevalue("server_place")


@pytest.fixture
def server_place(postgres):
    """A database without a gallery; it is the same one for all tests, as to make one takes a while."""
    import psycopg

    yield postgres
    with psycopg.connect(postgres, autocommit=True) as connection:
        connection.execute(f"DROP SCHEMA IF EXISTS {SCHEMA} CASCADE")


@pytest.fixture
def gallery(place):
    with Gallery(place) as opened:
        yield opened


@pytest.fixture
def sqlite_gallery(tmp_path):
    with Gallery(tmp_path / "people.db") as opened:
        yield opened


@pytest.fixture(scope="session")
def vectors():
    """`vectors(count, seed)`: (count, 128) of length 1 in random directions, whose cosines are near 0."""

    def make(count, seed=0):
        rows = np.random.default_rng(seed).normal(size=(count, DIMENSIONS)).astype(np.float32)
        return rows / np.linalg.norm(rows, axis=1, keepdims=True)

    return make


@pytest.fixture(scope="session")
def near():
    """`near(vector, similarity, seed)`: a unit vector with that cosine to another one."""

    def make(vector, similarity, seed=0):
        other = np.random.default_rng((seed, 99)).normal(size=len(vector))
        other -= (other @ vector) * vector
        other /= np.linalg.norm(other)
        return (similarity * vector + np.sqrt(1 - similarity**2) * other).astype(np.float32)

    return make


@pytest.fixture(scope="session")
def template():
    """`template(vector, photo)`: as if a photo of that name had been read."""

    def make(vector, photo="photo.jpg", crop=None, sha256=None):
        return NewTemplate(vector=vector, quality=0.9, photo=photo, photo_sha256=sha256 or photo, crop=crop)

    return make


@pytest.fixture(scope="session")
def put(template):
    """`put(gallery, name, *vectors)`: enrols somebody, each vector from a photo called `name` and its number."""

    def enrol(gallery, name, *vectors, **texts):
        templates = [template(vector, f"{name}-{number}") for number, vector in enumerate(vectors)]
        return gallery.add(Newcomer(name=name, **texts), templates)

    return enrol
