import cv2
import numpy as np
import pytest

from mien.web.video.order import CLIP, Order


@pytest.fixture(scope="session")
def write_film(tmp_path_factory):
    """`write_film(name, frames, codec="mp4v", fps=25)`: the path of a video with these RGB frames."""

    def write(name, frames, *, codec="mp4v", fps=25.0):
        path = tmp_path_factory.mktemp("clip") / name
        frames = list(frames)
        size = (frames[0].shape[1], frames[0].shape[0])
        writer = cv2.VideoWriter(str(path), cv2.CAP_FFMPEG, cv2.VideoWriter.fourcc(*codec), fps, size)
        for frame in frames:
            writer.write(frame[..., ::-1])
        writer.release()
        return path

    return write


@pytest.fixture(scope="session")
def long_film(write_film):
    """Four minutes of nobody, which take longer to look at than any test."""
    return write_film("long.mp4", [np.full((120, 160, 3), 90, np.uint8)] * 6000)


@pytest.fixture
def order(tmp_path, film):
    """`order(**changes)`: to profile the film of one person who walks to the right, in a folder of its own."""
    folder = tmp_path / "job"
    folder.mkdir()

    def make(source=film, **changes):
        (folder / CLIP).write_bytes(source.read_bytes())
        usual = {"attributes": ("age", "emotion"), "detector": "yunet", "profile": "default", "blur": False}
        limits = {"max_s": 300.0, "max_pixels": 9_000_000, "timeout_s": 1800.0}
        return Order(**{"folder": folder, "name": "walk.mp4"} | usual | limits | changes)

    return make
