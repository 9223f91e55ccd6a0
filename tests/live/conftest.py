"""Streams out of memory and stages that find bright squares, so that engines can be tested in no time."""

from __future__ import annotations

import threading

import cv2
import numpy as np
import pytest

from mien.errors import SourceLostError
from mien.faces import Faces
from mien.frames import Frame
from mien.geometry.align import box_keypoints
from mien.live.networks import Networks
from mien.media.source import Source
from mien.quality import Quality
from mien.vocabulary import EMOTIONS

LOST = "lost"
"""In the place of a picture: the camera is lost there."""


class Pictures(Source):
    """Pictures as a stream.

    Args:
        images: in order; `LOST` for a camera that is lost, an exception to raise it.
        fps: for the times.
        live: whether they are those of a camera.
        gate: given, each picture waits for one release of it.
    """

    def __init__(self, images, *, fps=25.0, live=False, gate=None):
        super().__init__("pictures", is_live=live)
        self.fps, self.given, self.closed = fps, 0, 0
        self._images, self._gate, self._open = iter(images), gate, True

    @property
    def is_open(self):
        return self._open

    def open(self):
        self._open = True

    def read(self):
        if self._gate is not None:
            self._gate.acquire()
        image = next(self._images, None)
        if image is None:
            return None
        if image is LOST:
            raise SourceLostError("pictures: unplugged")
        if isinstance(image, Exception):
            raise image
        frame = Frame(image=image, index=self.given, time_s=self.given / self.fps, source=self.name)
        self.given += 1
        return frame

    def close(self):
        self._open = False
        self.closed += 1


class Squares:
    """Finds squares as a detector finds faces; how bright they are is their score in parts of 255."""

    requires = frozenset()
    provides = frozenset({"keypoints"})

    def __init__(self):
        self.runs = 0

    def __call__(self, image, faces):
        self.runs += 1
        _, _, found, _ = cv2.connectedComponentsWithStats((image[..., 0] > 0).astype(np.uint8))
        boxes = np.array([[x, y, x + w, y + h] for x, y, w, h, _ in found[1:]], np.float32).reshape(-1, 4)
        scores = [image[int(y), int(x), 0] / 255 for x, y, _, _ in boxes]
        return Faces(boxes=boxes, scores=np.array(scores, np.float32), keypoints=box_keypoints(boxes))


class Told:
    """A reader that finds in every face what `tell(faces)` says: column → rows."""

    requires = frozenset({"keypoints"})

    def __init__(self, tell):
        self.provides = frozenset(tell(Faces.empty()))
        self._tell = tell
        self.faces = 0

    def __call__(self, image, faces):
        self.faces += len(faces)
        return faces.replace(**self._tell(faces))


@pytest.fixture
def pictures():
    """`pictures(images, fps=25.0, live=False, gate=None)`: a source of them."""
    return Pictures


@pytest.fixture
def lost():
    """In the place of a picture: the camera is lost there."""
    return LOST


@pytest.fixture
def reader():
    """`reader(tell)`: a stage that finds in every face what `tell(faces)` says, column → rows."""
    return Told


@pytest.fixture
def squares():
    """`squares([(x, y, side[, brightness]), …], size=(240, 320))`: a picture with these squares."""

    def draw(places, size=(240, 320)):
        image = np.zeros((*size, 3), np.uint8)
        for x, y, side, *brightness in places:
            image[y : y + side, x : x + side] = brightness[0] if brightness else 255
        return image

    return draw


@pytest.fixture
def happy():
    """A reader that finds everybody happy, with a probability of 0.76."""
    row = [0.04] * len(EMOTIONS)
    row[EMOTIONS.index("happy")] = 0.76
    return Told(lambda faces: {"emotion": np.tile(np.float32(row), (len(faces), 1))})


@pytest.fixture
def networks(happy):
    """`networks(attributes=…, hidden=(), **readers)`: squares are the faces, and everybody is happy."""

    def make(attributes=("emotion", "quality"), *, detect=None, hidden=(), **readers):
        readers = {"quality": Quality(), "emotion": happy, **readers}
        return Networks(detect=detect or Squares(), readers=readers, attributes=attributes, hidden=hidden)

    return make


@pytest.fixture(autouse=True)
def no_thread_is_left():
    """Whatever a test does to an engine, its threads end."""
    before = set(threading.enumerate())
    yield
    for thread in set(threading.enumerate()) - before:
        if thread.name.startswith("mien-"):
            thread.join(60)
            assert not thread.is_alive(), thread.name
