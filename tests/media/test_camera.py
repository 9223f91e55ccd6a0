import sys

import pytest

from mien.errors import SourceLostError, VideoError
from mien.media import camera
from mien.media.sources import open_source
from mien.media.video_reader import FFMPEG, VideoReader

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="cameras are files on Linux only")


@pytest.fixture
def devices(tmp_path, monkeypatch):
    """An empty folder in place of /dev."""
    folder = tmp_path / "dev"
    folder.mkdir()
    monkeypatch.setattr(camera, "_DEVICES", folder)
    return folder


@pytest.fixture
def webcam(devices, tmp_path, write_video, monkeypatch):
    """Camera 0, which shows the frames of a video and is unplugged after the fourth; gives what was asked of it."""
    (devices / "video0").touch()
    path = write_video(tmp_path / "a.mp4", frames=4)
    asked = []

    def read(target, backend, settings):
        asked.append((target, settings))
        return VideoReader(str(path), FFMPEG, {})

    monkeypatch.setattr(camera, "VideoReader", read)
    return asked


def test_a_camera_that_is_not_there(devices):
    with pytest.raises(VideoError, match=r"camera 3: there is no .*video3; no camera is found; plug one in, or name"):
        open_source(3)
    for name in ("video10", "video2", "video-x", "null"):
        (devices / name).touch()
    with pytest.raises(VideoError, match=r"camera 3: there is no .*video3; cameras found: 2, 10$"):
        open_source("3")


def test_a_device_that_is_no_camera():
    with pytest.raises(VideoError, match="/dev/null: cannot be opened; close other programs that use it"):
        open_source("/dev/null")


def test_a_camera_that_may_not_be_used(devices, monkeypatch):
    (devices / "video0").touch()
    monkeypatch.setattr(camera.os, "access", lambda *_: False)  # those who run tests may use all files
    with pytest.raises(VideoError, match=r"camera 0: .* may not be used by you; add yourself to the group video"):
        open_source(0)


def test_a_camera_left_closed_until_it_is_there(devices):
    source = open_source(0, connect=False)
    assert (source.is_open, source.is_live, source.name) == (False, True, "camera 0")
    with pytest.raises(VideoError, match="camera 0: not open"):
        source.read()


def test_a_camera_that_is_unplugged_and_comes_back(webcam, greys):
    with open_source(0) as source:
        assert (source.is_live, source.fps, source.size, source.frame_count) == (True, 25.0, (64, 48), None)
        frames = [source.read() for _ in range(4)]
        with pytest.raises(SourceLostError, match="camera 0: gives no more pictures; check that it is plugged in"):
            source.read()
        source.open()
        frames += [source.read() for _ in range(4)]
    assert greys(frames) == [0, 1, 2, 3, 0, 1, 2, 3]
    assert [frame.index for frame in frames] == list(range(8))
    times = [frame.time_s for frame in frames]
    assert times == sorted(times)
    assert {frame.source for frame in frames} == {"camera 0"}
    assert [target for target, _ in webcam] == [0, 0]


def test_a_size_is_asked_for_compressed(webcam):
    open_source(0, camera_size=(1280, 720)).close()
    open_source(0).close()
    (_, sized), (_, plain) = webcam
    assert plain == {}
    fourcc = int.from_bytes(b"MJPG", "little")
    assert list(sized.items()) == [
        (camera.cv2.CAP_PROP_FOURCC, fourcc),
        (camera.cv2.CAP_PROP_FRAME_WIDTH, 1280),
        (camera.cv2.CAP_PROP_FRAME_HEIGHT, 720),
    ]
