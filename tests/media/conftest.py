"""Videos made on the spot: every frame is one colour, so that a test can tell which it is."""

from __future__ import annotations

import struct

import cv2
import numpy as np
import pytest


def grey_of(number):
    """The grey of frame `number`; steps of 10 survive every codec."""
    return 20 + 10 * (number % 20)


def _write_video(path, *, frames=20, size=(64, 48), fps=25.0, codec="mp4v", noise=False):
    writer = cv2.VideoWriter(str(path), cv2.CAP_FFMPEG, cv2.VideoWriter.fourcc(*codec), fps, size)
    assert writer.isOpened()
    random = np.random.default_rng(0)
    for number in range(frames):
        image = np.full((size[1], size[0], 3), grey_of(number), np.uint8)
        if noise:  # so that the frames take up bytes
            image = random.integers(0, 255, image.shape, np.uint8)
        writer.write(image)
    writer.release()
    return path


@pytest.fixture(scope="session")
def write_video():
    """`write_video(path, frames=20, size=(64, 48), fps=25.0, codec="mp4v", noise=False)` makes one; gives its path."""
    return _write_video


@pytest.fixture(scope="session")
def greys():
    """The numbers of frames, told by their grey."""

    def numbers(frames):
        return [round((float(frame.image.mean()) - 20) / 10) for frame in frames]

    return numbers


@pytest.fixture(scope="session")
def patch_box():
    """`patch_box(path, kind, offset, format, *values)` overwrites numbers in the first MP4 box of that kind."""

    def patch(path, kind, offset, layout, *values):
        data = bytearray(path.read_bytes())
        struct.pack_into(layout, data, data.index(kind) + 4 + offset, *values)
        path.write_bytes(data)

    return patch
