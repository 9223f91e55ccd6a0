import os

import cv2
import numpy as np
import pytest

from mien.errors import InputError, UnknownNameError, VideoError
from mien.media.sources import open_source

ONE = 1 << 16  # 1.0 in the fixed-point numbers of MP4
TURNS = {
    90: (0, ONE, 0, -ONE, 0, 0, 0, 0, 1 << 30),
    180: (-ONE, 0, 0, 0, -ONE, 0, 0, 0, 1 << 30),
    270: (0, -ONE, 0, ONE, 0, 0, 0, 0, 1 << 30),
}
TKHD_MATRIX = 40  # bytes into a track header box of version 0 (ISO/IEC 14496-12, sec. 8.3.2)


def write_image(path, grey, size=(8, 6)):
    cv2.imwrite(str(path), np.full((size[1], size[0], 3), grey, np.uint8))
    return path


@pytest.mark.parametrize(("ending", "codec"), [("mp4", "mp4v"), ("avi", "MJPG"), ("mkv", "MJPG"), ("mov", "mp4v")])
def test_a_video_gives_every_frame_at_its_time(tmp_path, write_video, greys, ending, codec):
    path = write_video(tmp_path / f"a.{ending}", codec=codec)
    with open_source(path) as source:
        assert (source.fps, source.size, source.frame_count, source.is_live) == (25.0, (64, 48), 20, False)
        frames = list(source)
        assert source.read() is None
        assert source.problems == ()
    assert greys(frames) == list(range(20))
    assert [frame.index for frame in frames] == list(range(20))
    assert [frame.time_s for frame in frames] == pytest.approx([number / 25 for number in range(20)])
    assert {frame.source for frame in frames} == {str(path)}
    assert {(frame.image.shape, frame.image.dtype.name, frame.image.flags.c_contiguous) for frame in frames} == {
        ((48, 64, 3), "uint8", True)
    }


def test_frames_are_rgb(tmp_path, write_video):
    path = tmp_path / "red.avi"
    writer = cv2.VideoWriter(str(path), cv2.CAP_FFMPEG, cv2.VideoWriter.fourcc(*"MJPG"), 25.0, (64, 48))
    writer.write(np.full((48, 64, 3), (0, 0, 255), np.uint8))  # BGR
    writer.release()
    frame = open_source(path).read()
    assert np.abs(frame.image.astype(int) - (255, 0, 0)).max() <= 3


def test_a_file_opened_again_starts_anew(tmp_path, write_video, greys):
    source = open_source(write_video(tmp_path / "a.mp4", frames=4))
    for _ in range(2):
        frames = list(source)
        assert [frame.index for frame in frames] == [0, 1, 2, 3]
        assert greys(frames) == [0, 1, 2, 3]
        source.close()
        source.close()
        with pytest.raises(VideoError, match="not open; call open"):
            source.read()
        source.open()


@pytest.mark.parametrize("turn", TURNS)
def test_a_turned_video_comes_upright(tmp_path, patch_box, turn):
    upright = np.zeros((48, 64, 3), np.uint8)
    upright[:24, :32] = 255
    path = tmp_path / "turned.mp4"
    writer = cv2.VideoWriter(str(path), cv2.CAP_FFMPEG, cv2.VideoWriter.fourcc(*"mp4v"), 25.0, (64, 48))
    writer.write(upright)
    writer.release()
    patch_box(path, b"tkhd", TKHD_MATRIX, ">9i", *TURNS[turn])
    with open_source(path) as source:
        image = source.read().image
        assert source.size == (image.shape[1], image.shape[0])
    wanted = np.rot90(upright, -turn // 90)  # clockwise
    assert image.shape == wanted.shape
    assert np.abs(image.astype(int) - wanted).mean() < 5


def test_time_stamps_that_stand_still_are_spread(tmp_path, write_video, patch_box):
    path = write_video(tmp_path / "still.mp4", frames=4)
    patch_box(path, b"stts", 12, ">I", 0)  # the duration of every frame
    with open_source(path) as source:
        times = [frame.time_s for frame in source]
        assert times == pytest.approx([number / source.fps for number in range(4)])


def test_a_time_base_is_no_frame_rate(tmp_path, write_video, patch_box):
    path = write_video(tmp_path / "rate.avi", frames=60, codec="MJPG")
    patch_box(path, b"strh", 24, "<II", 1, 90_000)  # behind the size: scale and rate
    with open_source(path) as source:
        assert source.fps is None
        times = [frame.time_s for frame in source]
    assert times == pytest.approx([number / 25 for number in range(60)], abs=0.002)


def test_a_stated_rate_of_nothing(tmp_path, write_video, patch_box):
    path = write_video(tmp_path / "rate.avi", frames=4, codec="MJPG")
    patch_box(path, b"strh", 24, "<II", 0, 0)
    assert [frame.time_s for frame in open_source(path)] == pytest.approx([0, 0.04, 0.08, 0.12])


def test_pictures_joined_without_a_clock_that_change_their_size(tmp_path):
    def picture(width, height):
        image = np.zeros((height, width, 3), np.uint8)
        image[: height // 2, : width // 2] = 255
        return cv2.imencode(".jpg", image)[1].tobytes()

    path = tmp_path / "a.mjpeg"
    path.write_bytes(picture(64, 48) + picture(128, 96) + picture(32, 24) + picture(64, 48))
    frames = list(open_source(path))
    assert [frame.time_s for frame in frames] == pytest.approx([0, 0.04, 0.08, 0.12])
    for frame in frames:
        assert frame.image.shape == (48, 64, 3)
        assert frame.image[4:16, 4:24].min() > 240
        assert frame.image[30:, 40:].max() < 15


@pytest.mark.parametrize(("ending", "codec"), [("mkv", "MJPG"), ("avi", "MJPG"), ("webm", "VP80")])
def test_a_file_that_ends_mid_frame_gives_what_is_there(tmp_path, write_video, ending, codec):
    path = write_video(tmp_path / f"a.{ending}", codec=codec, noise=True)
    data = path.read_bytes()
    path.write_bytes(data[: len(data) // 2])
    with open_source(path) as source:
        frames = list(source)
        assert 7 <= len(frames) <= 11
        assert source.frame_count in (20, None)
        (problem,) = source.problems
    missing = len(data) - len(data) // 2
    assert problem.startswith(f"{path}: cut off, {missing:,} bytes are missing at the end; the {len(frames)} frames")


def test_a_file_that_ends_before_its_index_cannot_be_read(tmp_path, write_video):
    path = write_video(tmp_path / "a.mp4", noise=True)
    data = path.read_bytes()
    path.write_bytes(data[: len(data) // 2])
    with pytest.raises(VideoError, match=r"a\.mp4: cut off, [\d,]+ bytes are missing at the end, among them"):
        open_source(path)


def test_fewer_frames_than_stated_are_told(tmp_path, write_video):
    path = write_video(tmp_path / "a.mp4", codec="MJPG", noise=True)
    data = bytearray(path.read_bytes())
    middle, index = len(data) // 2, data.index(b"moov") - 4
    data[middle:index] = bytes(index - middle)
    path.write_bytes(data)
    source = open_source(path)
    count = len(list(source))
    assert 8 <= count <= 11
    assert source.problems == (f"{path}: ended after {count} of 20 frames; the rest is damaged or missing",)


def test_a_video_without_frames(tmp_path, write_video):
    path = write_video(tmp_path / "none.avi", codec="MJPG", frames=0)
    with pytest.raises(VideoError, match=r"none\.avi: a video without a single frame"):
        open_source(path)


@pytest.mark.parametrize("name", ["text.mp4", "text.txt"])
def test_a_text_is_no_video(tmp_path, name):
    (tmp_path / name).write_text("this is no video, whatever its name says\n" * 50)
    with pytest.raises(VideoError, match=rf"{name}: not a video that can be read; copy it again, or convert"):
        open_source(tmp_path / name)


def test_what_is_no_source_at_all(tmp_path):
    (tmp_path / "empty.mp4").touch()
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "folder").mkdir()
    for name, told in {
        "missing.mp4": "no such file or folder",
        "empty.mp4": r"empty \(0 bytes\)",
        "empty.mp4/a": "no such file or folder",
        "pipe": "a pipe or device, not a video",
        "folder": "no pictures in this folder or below it",
        "nu\0ll": "cannot be opened: .*null",
        "a" * 300: "cannot be opened: File name too long",
    }.items():
        with pytest.raises(VideoError, match=told):
            open_source(tmp_path / name)
    with pytest.raises(VideoError, match="an empty path names nothing"):
        open_source("")
    with pytest.raises(UnknownNameError, match=r"unknown kind of address 'rtps://'; did you mean rtsps:// or rtsp://"):
        open_source("rtps://camera/1")
    for nothing in (None, True, -1, 1.0, b"a.mp4", np.zeros((4, 4, 3), np.uint8)):
        with pytest.raises(InputError, match="a source must be the number of a camera, an address or a path"):
            open_source(nothing)


@pytest.mark.parametrize(
    "settings",
    [
        {"open_timeout_s": 0},
        {"read_timeout_s": -1},
        {"read_timeout_s": float("nan")},
        {"images_fps": 0},
        {"threads": 0},
        {"threads": 1.5},
    ],
)
def test_settings_are_checked(settings):
    with pytest.raises(InputError, match=f"{next(iter(settings))} must be"):
        open_source("a.mp4", **settings)


@pytest.mark.parametrize("name", ["a b:c.mp4", "%03d.mp4", "ü.mp4", os.fsdecode(b"\xff.mp4"), "concat:a.mp4"])
def test_file_names_that_mean_nothing_else(tmp_path, write_video, name, monkeypatch):
    write_video(tmp_path / "plain.mp4", frames=3).rename(tmp_path / name)
    monkeypatch.chdir(tmp_path)
    source = open_source(name)
    assert len(list(source)) == 3
    source.name.encode()


def test_a_folder_in_natural_order(tmp_path):
    for number in (10, 2, 1):
        write_image(tmp_path / f"shot{number}.png", number)
    (tmp_path / "more").mkdir()
    write_image(tmp_path / "more" / "a.png", 99, size=(20, 10))
    (tmp_path / "shot3.png").write_bytes(b"no picture")
    (tmp_path / "notes.txt").touch()
    with open_source(tmp_path, images_fps=2) as source:
        assert (source.fps, source.frame_count, source.is_live) == (2, 5, False)
        frames = list(source)
        assert [(frame.image[0, 0, 0], frame.index, frame.time_s) for frame in frames] == [
            (99, 0, 0.0),
            (1, 1, 0.5),
            (2, 2, 1.0),
            (10, 3, 2.0),
        ]
        assert frames[0].image.shape == (10, 20, 3)
        (problem,) = source.problems
        assert problem.startswith(f"{tmp_path / 'shot3.png'}: not a picture")


def test_a_folder_of_damaged_pictures(tmp_path):
    (tmp_path / "a.png").write_bytes(b"no picture")
    with open_source(tmp_path) as source, pytest.raises(VideoError, match=r"no picture can be read; .*a\.png"):
        source.read()


def test_a_single_picture(tmp_path):
    path = write_image(tmp_path / "a.jpg", 128)
    (frame,) = open_source(path)
    assert (frame.index, frame.time_s, frame.source, frame.image.shape) == (0, 0.0, str(path), (6, 8, 3))


def test_an_animated_gif_is_a_video(tmp_path):
    from PIL import Image

    shades = [Image.new("L", (16, 16), value) for value in (0, 128, 255)]
    shades[0].save(tmp_path / "a.gif", save_all=True, append_images=shades[1:], duration=[100, 300, 100])
    frames = list(open_source(tmp_path / "a.gif"))
    assert [frame.time_s for frame in frames] == pytest.approx([0, 0.1, 0.4])
    assert [frame.image[8, 8, 0] for frame in frames] == [0, 128, 255]
