import os
import subprocess
import sys

import numpy as np
import pytest

from mien.errors import InputError, OutputError, ShapeError, UnknownNameError
from mien.media.sources import open_source
from mien.media.video_writer import VideoWriter


def grey(number, size=(64, 48)):
    return np.full((size[1], size[0], 3), 20 + 10 * (number % 20), np.uint8)


def written(path, times, fps=10.0, **settings):
    with VideoWriter(path, fps=fps, **settings) as video:
        for number, time_s in enumerate(times):
            video.write(grey(number), time_s)
    return video


@pytest.mark.parametrize("ending", [".mp4", ".mov", ".mkv", ".avi", ".webm", ".MP4"])
def test_what_is_written_can_be_read(tmp_path, greys, ending):
    path = tmp_path / f"a{ending}"
    video = written(path, [number / 10 for number in range(8)])
    assert (video.frames, video.path) == (8, path)
    assert [entry.name for entry in tmp_path.iterdir()] == [path.name]
    with open_source(path) as source:
        frames = list(source)
        assert (source.fps, source.size, source.problems) == (10.0, (64, 48), ())
    assert greys(frames) == list(range(8))
    assert [frame.time_s for frame in frames] == pytest.approx([number / 10 for number in range(8)])


def test_colours_are_kept(tmp_path):
    with VideoWriter(tmp_path / "a.avi") as video:
        video.write(np.full((48, 64, 3), (255, 0, 0), np.uint8), 0.0)
    image = open_source(tmp_path / "a.avi").read().image
    assert np.abs(image.astype(int) - (255, 0, 0)).max() <= 3


@pytest.mark.parametrize(
    ("times", "shown"),
    [
        ([5.0, 5.1, 5.2], [0, 1, 2]),  # the file starts with the first frame
        ([0.0, 0.3, 0.4], [0, 0, 0, 1, 2]),  # a frame stays until the next
        ([0.0, 0.03, 0.1, 0.13, 0.2], [0, 2, 4]),  # twice as many as the file has room for
        ([0.0, 0.104, 0.196, 0.31, 0.4], [0, 1, 2, 3, 4]),  # jitter
        ([0.0, 0.1, 0.05, 0.2], [0, 1, 3]),  # one that comes too late
        ([0.0, 0.1, 5.1, 5.2], [0, 1] + [1] * 20 + [2, 3]),  # an outage, shortened to two seconds
    ],
)
def test_frames_stand_where_their_times_say(tmp_path, greys, times, shown):
    written(tmp_path / "a.avi", times, longest_gap_s=2.0)
    assert greys(open_source(tmp_path / "a.avi")) == shown


def test_a_video_of_any_rate_keeps_its_duration(tmp_path):
    for fps in (23.976023976, 29.97, 59.94, 119.88, 0.5):
        path = tmp_path / f"{fps}.mp4"
        times = [number / 30 for number in range(31)]
        video = written(path, times, fps=fps)
        with open_source(path) as source:
            assert source.frame_count == video.frames
            assert source.fps == pytest.approx(fps, rel=2e-3)
            assert (video.frames - 1) / source.fps == pytest.approx(1.0, abs=1 / fps)


def test_sizes_that_change_are_fitted_in(tmp_path):
    with VideoWriter(tmp_path / "a.avi", fps=10) as video:
        for number, size in enumerate([(65, 49), (64, 48), (128, 48), (30, 90)]):
            video.write(np.full((size[1], size[0], 3), 200, np.uint8), number / 10)
    frames = [frame.image[..., 0] for frame in open_source(tmp_path / "a.avi")]
    assert {frame.shape for frame in frames} == {(48, 64)}
    assert frames[0].min() > 190
    assert frames[1].min() > 190
    assert frames[2][16:32].min() > 150  # 64 × 24, bars above and below
    assert frames[2][[2, 45]].max() < 30
    assert frames[3][:, 26:38].min() > 150  # 16 × 48, bars at the sides
    assert frames[3][:, [2, 60]].max() < 30


@pytest.mark.parametrize("kind", [KeyboardInterrupt, ValueError, SystemExit])
def test_what_was_written_before_an_interruption_is_kept(tmp_path, greys, kind):
    with pytest.raises(kind), VideoWriter(tmp_path / "a.mp4", fps=10) as video:  # noqa: PT012
        for number in range(5):
            video.write(grey(number), number / 10)
        raise kind
    assert greys(open_source(tmp_path / "a.mp4")) == [0, 1, 2, 3, 4]


def test_closing_twice_and_writing_after(tmp_path):
    video = VideoWriter(tmp_path / "a.mp4")
    video.write(grey(0), 0.0)
    assert not (tmp_path / "a.mp4").exists()
    video.close()
    video.close()
    assert (tmp_path / "a.mp4").exists()
    with pytest.raises(OutputError, match=r"a\.mp4: closed already"):
        video.write(grey(1), 0.1)


def test_without_a_frame_there_is_no_file(tmp_path):
    (tmp_path / "old.mp4").write_text("old")
    VideoWriter(tmp_path / "a.mp4").close()
    VideoWriter(tmp_path / "old.mp4", overwrite=True).close()
    assert [path.name for path in tmp_path.iterdir()] == ["old.mp4"]
    assert (tmp_path / "old.mp4").read_text() == "old"


def test_files_that_are_there_are_replaced_only_where_that_is_asked_for(tmp_path):
    path = tmp_path / "a.mp4"
    path.write_text("old")
    with pytest.raises(OutputError, match=r"a\.mp4: is there already; .*--overwrite"):
        VideoWriter(path)
    assert path.read_text() == "old"
    written(path, [0.0], overwrite=True)
    assert open_source(path).frame_count == 1


def test_targets_that_will_not_do(tmp_path):
    with pytest.raises(UnknownNameError, match=r"unknown ending of a video file '\.mp5'; did you mean \.mp4"):
        VideoWriter(tmp_path / "a.mp5")
    with pytest.raises(UnknownNameError, match="unknown ending of a video file 'video'"):
        VideoWriter(tmp_path / "video")
    with pytest.raises(OutputError, match="its folder is not there"):
        VideoWriter(tmp_path / "no" / "a.mp4")
    for fps in (0, -1, float("nan"), 90_000):
        with pytest.raises(InputError, match="fps must be"):
            VideoWriter(tmp_path / "a.mp4", fps=fps)
    assert list(tmp_path.iterdir()) == []
    for image in (np.zeros((4, 4), np.uint8), np.zeros((4, 4, 3), np.float32)):
        with VideoWriter(tmp_path / "a.mp4") as video, pytest.raises(ShapeError, match="image must be"):
            video.write(image, 0.0)


def test_a_folder_whose_name_is_no_text(tmp_path):
    folder = tmp_path / os.fsdecode(b"\xff")
    folder.mkdir()
    written(folder / "a.mp4", [0.0, 0.1])
    assert open_source(folder / "a.mp4").frame_count == 2


def test_the_disk_is_not_filled_up(tmp_path):
    with (
        pytest.raises(OutputError, match=r"a\.mp4: only [\d,]+ MB are left on the disk, so the video ends here"),
        VideoWriter(tmp_path / "a.mp4", fps=2, keep_free_bytes=1 << 60) as video,
    ):
        video.write(grey(0), 0.0)
    assert list(tmp_path.iterdir()) == []


FULL_DISK = """
import resource, sys
import numpy as np
from mien.errors import OutputError
from mien.media.video_writer import VideoWriter

noise = np.random.default_rng(0).integers(0, 256, (120, 160, 3), np.uint8)
resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))  # what is beyond cannot be written, as on a full disk
try:
    with VideoWriter(sys.argv[1], fps=10) as video:
        for number in range(50):
            video.write(noise, number / 10)
except OutputError as error:
    print(error)
"""


@pytest.mark.parametrize("ending", [".mp4", ".avi", ".mkv"])
def test_a_full_disk_is_told_and_leaves_nothing(tmp_path, ending):
    path = tmp_path / f"a{ending}"
    command = [sys.executable, "-c", FULL_DISK, path]
    told = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert told == f"{path}: could not be written whole; see whether the disk is full\n"
    assert list(tmp_path.iterdir()) == []
